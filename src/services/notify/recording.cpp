#include "services/notify/recording.hpp"

#include "calendar/time_zone.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/notify/devices.hpp"

#include <fmt/format.h>

#include <map>

namespace ruck::notify {
namespace {
bool is_of_others(Setting setting) {
  return setting != Setting::kSystem && setting != Setting::kRuckMessage;
}

// To all their devices; `told` names each recipient once.
void enqueue_pushes(db::Session& q,
                    std::span<const std::pair<const store::RecipientRow*, Told>> told,
                    const News& news, UtcUs now) {
  struct Push {
    Told told;
    std::optional<UtcUs> held;
  };
  const KindRow& kind = row_of(news.kind);
  std::map<UserId, Push> pushes;
  std::vector<UserId> users;
  for (const auto& [to, each] : told) {
    const std::optional<UtcUs> held = held_until(*to, now);
    if (held && *held >= now + kind.useful_for) continue;
    users.push_back(to->user);
    pushes[to->user] = {.told = each, .held = held};
  }
  const std::string group = kind.groups ? screen_place(kind, news.ruck) : std::string();
  std::vector<jobs::NewJob> all;
  for (const OwnedDevice& device : devices_of_all(q, users)) {
    const Push& push = pushes.at(device.user);
    all.push_back({.kind = kPushJob,
                   .payload = json::to_text(PushJob{.user = device.user,
                                                    .notification = push.told.notification,
                                                    .device = device.id,
                                                    .group = group}),
                   .user = device.user,
                   .run_at = push.held});
  }
  jobs::enqueue_all(q, all, now);
}

void enqueue_email(db::Session& q, UserId user, NotificationId id, UtcUs now) {
  const EmailJob email{.user = user, .notification = id};
  jobs::enqueue(q, {.kind = kEmailJob, .payload = json::to_text(email), .user = user}, now);
}

// But for whom it is.
store::NewNotification to_store(const News& news) {
  return {.user = {},
          .kind = row_of(news.kind).name,
          .actor = news.actor,
          .object = news.object,
          .ruck = news.ruck,
          .data = to_json(news.data)};
}

bool is_nothing(const NotificationChannels& want) {
  return !want.in_app && !want.push && !want.email;
}
}  // namespace

std::string screen_place(const KindRow& kind, std::optional<RuckId> ruck) {
  return fmt::format("{}:{}", kind.name, ruck ? std::to_string(ruck->value()) : "me");
}

NotificationChannels& channels_of(NotificationChoices& choices, Setting setting) {
  switch (setting) {
    case Setting::kRuckStarted:
      return choices.ruck_started;
    case Setting::kRuckMessage:
      return choices.ruck_message;
    case Setting::kRuckLike:
      return choices.ruck_like;
    case Setting::kRuckComment:
      return choices.ruck_comment;
    case Setting::kRuckActivity:
      return choices.ruck_activity;
    case Setting::kFollow:
      return choices.follow;
    case Setting::kSystem:
      break;
  }
  return choices.system;
}

NotificationChoices choices_of(const store::RecipientRow& recipient) {
  return recipient.choices ? http::from_stored<NotificationChoices>(*recipient.choices)
                           : NotificationChoices();
}

NotificationChannels wanted(const store::RecipientRow& recipient, const KindRow& kind) {
  NotificationChoices choices = choices_of(recipient);
  NotificationChannels want = channels_of(choices, kind.setting);
  want.push = want.push && kind.pushes;
  want.email = want.email && kind.mails;
  if (is_of_others(kind.setting)) want.push = want.push && recipient.wants_buddies;
  return want;
}

calendar::TimeZone zone_of(const store::RecipientRow& recipient) {
  return calendar::TimeZone::find(recipient.time_zone).value_or(calendar::TimeZone::utc());
}

std::optional<UtcUs> held_until(const store::RecipientRow& recipient, UtcUs now) {
  if (!recipient.quiet_start_min || !recipient.quiet_end_min) return std::nullopt;
  return quiet_until(
      {.start_minute = *recipient.quiet_start_min, .end_minute = *recipient.quiet_end_min},
      zone_of(recipient), now);
}

Uuid object_of(RuckId ruck) {
  Uuid::Bytes bytes{};
  auto rest = static_cast<std::uint64_t>(ruck.value());
  for (std::size_t i = bytes.size(); rest > 0; rest >>= 8) {
    bytes[--i] = static_cast<std::uint8_t>(rest & 0xff);
  }
  return Uuid(bytes);
}

void Telling::send(const store::RecipientRow& to, Told told, const News& news,
                   const NotificationChannels& want) {
  told_.push_back(told);
  const std::pair push{&to, told};
  if (want.push) enqueue_pushes(q_, {&push, 1}, news, now_);
  if (want.email) enqueue_email(q_, to.user, told.notification, now_);
}

void Telling::tell_all_who_may(std::span<const store::RecipientRow* const> recipients,
                               const News& news) {
  struct Wish {
    const store::RecipientRow* recipient = nullptr;
    NotificationChannels want;
  };
  std::map<UserId, Wish> wishes;
  std::vector<store::NewRecipient> all;
  for (const store::RecipientRow* recipient : recipients) {
    const NotificationChannels want = wanted(*recipient, row_of(news.kind));
    if (is_nothing(want)) continue;
    wishes[recipient->user] = {.recipient = recipient, .want = want};
    all.push_back({.user = recipient->user, .is_listed = want.in_app});
  }
  std::vector<std::pair<const store::RecipientRow*, Told>> pushes;
  for (const store::Added& added : store::add_for_all(q_, to_store(news), all, now_)) {
    const Told told{.user = added.user, .notification = added.id};
    told_.push_back(told);
    const Wish& wish = wishes.at(added.user);
    if (wish.want.push) pushes.emplace_back(wish.recipient, told);
    if (wish.want.email) enqueue_email(q_, added.user, added.id, now_);
  }
  enqueue_pushes(q_, pushes, news, now_);
}

void Telling::tell(UserId user, const News& news) {
  const auto recipient = store::recipient(q_, user);
  if (!recipient) return;
  const NotificationChannels want = wanted(*recipient, row_of(news.kind));
  if (is_nothing(want)) return;
  store::NewNotification notification = to_store(news);
  notification.user = user;
  notification.is_listed = want.in_app;
  const auto id = store::add(q_, notification, now_);
  if (!id) return;
  // The rule of what may be seen is that of the list; it wants a row to look at.
  if (!store::find(q_, user, *id)) return store::remove(q_, user, *id);
  send(*recipient, {.user = user, .notification = *id}, news, want);
}

}  // namespace ruck::notify

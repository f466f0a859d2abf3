#include "services/notify/service.hpp"

#include "http/json/writer.hpp"
#include "jobs/runner.hpp"
#include "services/notify/devices.hpp"
#include "services/notify/store.hpp"
#include "services/notify/weekly.hpp"

#include <algorithm>
#include <iterator>

namespace ruck::notify {
namespace {
constexpr const char* kNoSuchNotification = "Notification not found";
constexpr const char* kBadMailLink = "This link is not valid";

NotificationsReply page_of(const std::vector<Entry>& entries, const NotificationsQuery& query,
                           UserId user) {
  const std::int64_t all = std::ssize(entries);
  const std::int64_t from = std::min(all, (query.page - 1) * query.limit);
  const std::int64_t to = std::min(all, from + query.limit);
  NotificationsReply reply{.page = query.page, .limit = query.limit, .has_more = to < all};
  for (auto entry = entries.begin() + from; entry != entries.begin() + to; ++entry) {
    reply.notifications.push_back(view_of(*entry, user));
  }
  reply.count = std::ssize(reply.notifications);
  return reply;
}

NotificationPreferences preferences_of(const store::RecipientRow& row) {
  NotificationPreferences out{.types = choices_of(row),
                              .time_zone = row.time_zone,
                              .weekly_digest = row.digest_week.has_value()};
  if (row.quiet_start_min && row.quiet_end_min) {
    out.quiet_hours = NotificationQuietHours{.start_minute = *row.quiet_start_min,
                                             .end_minute = *row.quiet_end_min};
  }
  return out;
}

void change(NotificationChannels& channels, const ChannelsUpdate& update) {
  channels.in_app = update.in_app.value_or(channels.in_app);
  channels.push = update.push.value_or(channels.push);
  channels.email = update.email.value_or(channels.email);
}

void change(NotificationPreferences& preferences, const PreferencesUpdate& update) {
  if (update.quiet_hours.given) preferences.quiet_hours = update.quiet_hours.value;
  preferences.weekly_digest = update.weekly_digest.value_or(preferences.weekly_digest);
  if (!update.types) return;
  NotificationChoices& choices = preferences.types;
  change(choices.ruck_started, update.types->ruck_started);
  change(choices.ruck_message, update.types->ruck_message);
  change(choices.ruck_like, update.types->ruck_like);
  change(choices.ruck_comment, update.types->ruck_comment);
  change(choices.ruck_activity, update.types->ruck_activity);
  change(choices.follow, update.types->follow);
  change(choices.system, update.types->system);
}

store::SettingsRow row_of(const NotificationPreferences& preferences) {
  store::SettingsRow row{.choices = json::to_text(preferences.types)};
  if (preferences.quiet_hours) {
    row.quiet_start_min = preferences.quiet_hours->start_minute;
    row.quiet_end_min = preferences.quiet_hours->end_minute;
  }
  return row;
}

// False for an account that is gone. Of one that is being deleted it is kept as well: that may be
// undone.
bool end_mails_of(db::Session& q, const MailKind& kind, UtcUs now) {
  const auto row = store::even_hidden(q, kind.user);
  if (!row) return false;
  if (!kind.setting) {
    store::plan_digest(q, kind.user, std::nullopt);
    return true;
  }
  NotificationPreferences preferences = preferences_of(*row);
  channels_of(preferences.types, *kind.setting).email = false;
  store::put_settings(q, kind.user, row_of(preferences), now);
  return true;
}
}  // namespace

void on_hidden(db::Session& q, UserId user) { remove_devices(q, user); }

void on_zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone) {
  const auto row = store::recipient(q, user);
  if (row && row->digest_week) store::plan_digest(q, user, digest_of(*row->digest_week, zone));
}

NotifyService::NotifyService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      links_(deps_.server_key, deps_.public_url),
      triggers_({.database = deps_.database, .bus = deps_.bus, .clock = deps_.clock}),
      pushes_({.database = deps_.database,
               .clock = deps_.clock,
               .sender = deps_.sender,
               .mailer = deps_.mailer,
               .pool = deps_.pool,
               .links = links_,
               .metrics = deps_.metrics}),
      digests_({.database = deps_.database,
                .clock = deps_.clock,
                .mailer = deps_.mailer,
                .pool = deps_.pool,
                .links = links_}) {}

std::vector<jobs::Kind> NotifyService::kinds() {
  std::vector<jobs::Kind> all = triggers_.kinds();
  std::ranges::move(pushes_.kinds(), std::back_inserter(all));
  std::ranges::move(digests_.kinds(), std::back_inserter(all));
  return all;
}

void NotifyService::add_jobs(jobs::Runner& runner) {
  for (jobs::Kind& kind : kinds()) runner.add(std::move(kind));
}

task<Result<NotificationsReply>> NotifyService::list(Viewer viewer, NotificationsQuery query) {
  co_return co_await deps_.database.read([me = viewer.user, query](db::Session& q) {
    return page_of(entries_of(store::listed(q, me)), query, me);
  });
}

task<Result<UnreadCount>> NotifyService::unread_count(Viewer viewer) {
  co_return co_await deps_.database.read([me = viewer.user](db::Session& q) {
    return UnreadCount{.unread_count = std::ssize(entries_of(store::unread(q, me)))};
  });
}

task<Result<NotificationsChanged>> NotifyService::read(Viewer viewer, NotificationId id) {
  co_return co_await deps_.database.write([me = viewer.user, id, now = deps_.clock.now()](
                                              db::Session& q) -> Result<NotificationsChanged> {
    const auto shown = store::shown(q, me, id);
    if (!shown) return fail(ErrorCode::kNotFound, kNoSuchNotification);
    store::read(q, *shown, now);
    return NotificationsChanged{.message = "Marked as read"};
  });
}

task<Result<NotificationsChanged>> NotifyService::read_all(Viewer viewer) {
  co_return co_await deps_.database.write(
      [me = viewer.user, now = deps_.clock.now()](db::Session& q) {
        store::read_all(q, me, now);
        return NotificationsChanged{.message = "All are marked as read"};
      });
}

task<Result<NotificationsChanged>> NotifyService::remove(Viewer viewer, NotificationId id) {
  co_return co_await deps_.database.write([me = viewer.user, id, now = deps_.clock.now()](
                                              db::Session& q) -> Result<NotificationsChanged> {
    const auto shown = store::shown(q, me, id);
    if (!shown) return fail(ErrorCode::kNotFound, kNoSuchNotification);
    store::unlist(q, *shown, now);
    return NotificationsChanged{.message = "Deleted"};
  });
}

task<Result<NotificationPreferences>> NotifyService::preferences(Viewer viewer) {
  co_return co_await deps_.database.read(
      [me = viewer.user](db::Session& q) -> Result<NotificationPreferences> {
        const auto row = store::recipient(q, me);
        if (!row) return fail(ErrorCode::kUserNotFound);
        return preferences_of(*row);
      });
}

task<Result<NotificationPreferences>> NotifyService::set_preferences(Viewer viewer,
                                                                     PreferencesUpdate update) {
  co_return co_await deps_.database.write([me = viewer.user, update = std::move(update),
                                           now = deps_.clock.now()](
                                              db::Session& q) -> Result<NotificationPreferences> {
    const auto row = store::recipient(q, me);
    if (!row) return fail(ErrorCode::kUserNotFound);
    NotificationPreferences preferences = preferences_of(*row);
    change(preferences, update);
    store::put_settings(q, me, row_of(preferences), now);
    if (preferences.weekly_digest != row->digest_week.has_value()) {
      store::plan_digest(
          q, me, preferences.weekly_digest ? std::optional(first_digest(*row, now)) : std::nullopt);
    }
    return preferences;
  });
}

task<Result<MailsEnded>> NotifyService::end_mails(http::Query<MailLinkQuery> query,
                                                  http::RawBody body) {
  if (!is_one_click(body.bytes)) {
    co_return fail(ErrorCode::kInvalidInput, "The body must be List-Unsubscribe=One-Click");
  }
  const std::optional<MailKind> kind = links_.read(query.value.token);
  if (!kind) co_return fail(ErrorCode::kInvalidInput, kBadMailLink);
  co_return co_await deps_.database.write(
      [kind = *kind, now = deps_.clock.now()](db::Session& q) -> Result<MailsEnded> {
        if (!end_mails_of(q, kind, now)) return fail(ErrorCode::kInvalidInput, kBadMailLink);
        return MailsEnded{.message = "There will be no more of these mails",
                          .type = std::string(name_of(kind))};
      });
}

task<Result<DeviceTokenReply>> NotifyService::put_device(Viewer viewer,
                                                         DeviceTokenRequest request) {
  const NewDeviceToken device{.user = viewer.user,
                              .session = viewer.session,
                              .service = service_name::kFcm,
                              .device_key = request.device_id.value_or(""),
                              .token = std::move(request.fcm_token),
                              .platform = std::move(request.device_type),
                              .app_version = std::move(request.app_version)};
  co_return co_await deps_.database.write([device, now = deps_.clock.now()](db::Session& q) {
    return DeviceTokenReply{.data = {.token_id = notify::put_device(q, device, now).to_string()}};
  });
}

task<Result<NotificationsChanged>> NotifyService::forget_token(Viewer viewer, std::string token) {
  co_return co_await deps_.database.write(
      [me = viewer.user, token = std::move(token)](db::Session& q) {
        const bool was_there = notify::remove_device(q, me, token);
        return NotificationsChanged{.message =
                                        was_there ? "Forgotten" : "It was not known, or not yours"};
      });
}

// Without a token nothing is taken away: to leave it out must not silence every other device.
task<Result<NotificationsChanged>> NotifyService::remove_device(
    Viewer viewer, http::Query<DeviceTokenRef> query, http::Lenient<DeviceTokenRef> body) {
  const auto& token = query.value.fcm_token ? query.value.fcm_token : body.value.fcm_token;
  if (!token) co_return fail(ErrorCode::kInvalidInput, "fcm_token: expected a token, got nothing");
  co_return co_await forget_token(viewer, *token);
}

task<Result<http::Created<DeviceTokenReply>>> NotifyService::subscribe(
    Viewer viewer, SubscriptionRequest request) {
  if (const auto origin = push::origin_of(request.endpoint, deps_.endpoints); !origin) {
    co_return fail(ErrorCode::kInvalidInput,
                   "$.endpoint: " + std::string(origin.error().client_text()));
  }
  const auto keys = push::read_keys(
      {.endpoint = request.endpoint, .p256dh = request.keys.p256dh, .auth = request.keys.auth});
  if (!keys) {
    co_return fail(ErrorCode::kInvalidInput, "$.keys: " + std::string(keys.error().client_text()));
  }
  const NewDeviceToken device{.user = viewer.user,
                              .session = viewer.session,
                              .service = service_name::kWeb,
                              .token = std::move(request.endpoint),
                              .p256dh = std::move(request.keys.p256dh),
                              .auth = std::move(request.keys.auth)};
  co_return co_await deps_.database.write([device, now = deps_.clock.now()](db::Session& q) {
    return http::Created<DeviceTokenReply>{
        {.data = {.token_id = notify::put_device(q, device, now).to_string()}}};
  });
}

task<Result<NotificationsChanged>> NotifyService::unsubscribe(Viewer viewer,
                                                              http::Query<SubscriptionRef> query,
                                                              http::Lenient<SubscriptionRef> body) {
  const auto& endpoint = query.value.endpoint ? query.value.endpoint : body.value.endpoint;
  if (!endpoint) {
    co_return fail(ErrorCode::kInvalidInput, "endpoint: expected an address, got nothing");
  }
  co_return co_await forget_token(viewer, *endpoint);
}

}  // namespace ruck::notify

#pragma once
// How something is told to somebody: recorded once, and a job for each way it travels. Inside a
// unit of work.
#include "services/notify/entries.hpp"
#include "services/notify/quiet.hpp"
#include "services/notify/store.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::notify {

// To one device; and to the mailbox.
inline constexpr std::string_view kPushJob = "push.send";
struct PushJob {
  UserId user;
  NotificationId notification;
  Uuid device;
  // What the notification is grouped by in the list; empty where it stands alone. One of a group
  // takes the place of another on the screen, so the newest must arrive last.
  std::string group;
};
BOOST_DESCRIBE_STRUCT(PushJob, (), (user, notification, device, group))
inline constexpr std::string_view kEmailJob = "notify.email";
struct EmailJob {
  UserId user;
  NotificationId notification;
};
BOOST_DESCRIBE_STRUCT(EmailJob, (), (user, notification))

// Where notifications of this kind about this ruck (none: about oneself) stand on a screen, one in
// place of the other: the collapse key of their pushes.
[[nodiscard]] std::string screen_place(const KindRow& kind, std::optional<RuckId> ruck);

[[nodiscard]] NotificationChannels& channels_of(NotificationChoices& choices, Setting setting);
[[nodiscard]] NotificationChoices choices_of(const store::RecipientRow& recipient);
// What the user wants of this kind.
[[nodiscard]] NotificationChannels wanted(const store::RecipientRow& recipient,
                                          const KindRow& kind);
// The user's own zone.
[[nodiscard]] calendar::TimeZone zone_of(const store::RecipientRow& recipient);
// When a push that would go out now may: after the quiet hours. Nothing: now.
[[nodiscard]] std::optional<UtcUs> held_until(const store::RecipientRow& recipient, UtcUs now);

struct News {
  Kind kind = Kind::kFollow;
  UserId actor;  // the user themselves where it is nobody else's doing
  Uuid object;
  std::optional<RuckId> ruck;
  TextPairs data;
};
// A ruck as an object.
[[nodiscard]] Uuid object_of(RuckId ruck);

// Somebody in whose list there is something new.
struct Told {
  UserId user;
  NotificationId notification;
};
using AllTold = std::vector<Told>;

// Tells people within one unit of work.
class Telling {
 public:
  Telling(db::Session& q, UtcUs now) : q_(q), now_(now) {}
  // Records it for one who may see it (store::find()); nothing happens for one who may not, who
  // wants none of it, or who was told before.
  void tell(UserId user, const News& news);
  // The same for many of whom it is known that they may see it, each of them named once.
  void tell_all_who_may(std::span<const store::RecipientRow* const> recipients, const News& news);
  // Who was told by this.
  [[nodiscard]] AllTold take() { return std::move(told_); }

 private:
  void send(const store::RecipientRow& to, Told told, const News& news,
            const NotificationChannels& want);

  db::Session& q_;
  UtcUs now_;
  AllTold told_;
};

}  // namespace ruck::notify

#pragma once
// Notifications: what people are told, on which devices, and what they have chosen about it
// (contract core §7).
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "calendar/time_zone.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "push/subscription.hpp"
#include "services/notify/digests.hpp"
#include "services/notify/mail_links.hpp"
#include "services/notify/pushes.hpp"
#include "services/notify/triggers.hpp"
#include "services/notify/types.hpp"

#include <string>
#include <vector>

namespace ruck::jobs {
class Runner;
}

namespace ruck::notify {

// For an account that is hidden from everybody, inside the unit of work: nobody is signed in to it,
// so no device is told anything.
void on_hidden(db::Session& q, UserId user);
// Monday morning is at another moment now; inside the unit of work.
void on_zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone);

class NotifyService {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    bus::Bus& bus;  // topics.hpp
    push::Sender& sender;
    mail::Mailer& mailer;
    runtime::BlockingPool& pool;  // mails
    telemetry::Metrics& metrics;
    push::EndpointScheme endpoints = push::EndpointScheme::kHttps;  // of browsers; as the sender's
    std::string server_key = {};                                    // as MailLinks has it
    std::string public_url = {};                                    // of links in mails
  };
  explicit NotifyService(Dependencies dependencies);

  // The jobs that it does: of causes in the services below, and its own.
  [[nodiscard]] std::vector<jobs::Kind> kinds();
  void add_jobs(jobs::Runner& runner);

  using Viewer = http::Viewer;
  task<Result<NotificationsReply>> list(Viewer viewer, NotificationsQuery query);
  task<Result<UnreadCount>> unread_count(Viewer viewer);
  task<Result<NotificationsChanged>> read(Viewer viewer, NotificationId id);
  task<Result<NotificationsChanged>> read_all(Viewer viewer);
  task<Result<NotificationsChanged>> remove(Viewer viewer, NotificationId id);

  task<Result<NotificationPreferences>> preferences(Viewer viewer);
  task<Result<NotificationPreferences>> set_preferences(Viewer viewer, PreferencesUpdate update);

  // For whoever has the link of a mail: no more mails of that kind. Again is the same.
  task<Result<MailsEnded>> end_mails(http::Query<MailLinkQuery> query, http::RawBody body);

  task<Result<DeviceTokenReply>> put_device(Viewer viewer, DeviceTokenRequest request);
  // The token stands in the query (as the mobile app sends it) or in the body.
  task<Result<NotificationsChanged>> remove_device(Viewer viewer, http::Query<DeviceTokenRef> query,
                                                   http::Lenient<DeviceTokenRef> body);
  task<Result<http::Created<DeviceTokenReply>>> subscribe(Viewer viewer,
                                                          SubscriptionRequest request);
  task<Result<NotificationsChanged>> unsubscribe(Viewer viewer, http::Query<SubscriptionRef> query,
                                                 http::Lenient<SubscriptionRef> body);

 private:
  task<Result<NotificationsChanged>> forget_token(Viewer viewer, std::string token);

  Dependencies deps_;
  MailLinks links_;
  Triggers triggers_;
  Pushes pushes_;
  Digests digests_;
};

void add_routes(http::Router& router, NotifyService& service);

}  // namespace ruck::notify

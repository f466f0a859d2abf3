#pragma once
// Notifications on their way to phones, browsers and mailboxes: one job for each device. What may
// be shown and what people want is asked again when it is sent.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "push/sender.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/notify/devices.hpp"
#include "services/notify/mail_links.hpp"
#include "services/notify/recording.hpp"
#include "telemetry/metrics.hpp"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace ruck::notify {

// What a push says.
[[nodiscard]] push::Message push_of(const Entry& entry, UserId user, UtcUs now);

// By the service that the device is of.
[[nodiscard]] task<push::Report> send_to(push::Sender& sender, Device device,
                                         push::Message message);

class Pushes {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    push::Sender& sender;
    mail::Mailer& mailer;
    runtime::BlockingPool& pool;  // mails
    const MailLinks& links;
    telemetry::Metrics& metrics;
  };
  explicit Pushes(Dependencies dependencies);

  [[nodiscard]] std::vector<jobs::Kind> kinds();

 private:
  // What is to be done with a push at this moment.
  struct Plan {
    std::optional<UtcUs> held_until;
    bool is_superseded = false;
    std::optional<Device> device;  // none of the three: nothing
    push::Message message;
  };
  static Plan plan(db::Session& q, const PushJob& job, UtcUs now);
  static bool would_overtake(db::Session& q, const PushJob& push, std::int64_t job, UtcUs now);
  task<jobs::Outcome> send(jobs::RunningJob job);
  task<jobs::Outcome> send_email(jobs::RunningJob job);
  jobs::Outcome outcome_of(const push::Report& report, const Device& device);
  void count(std::string_view outcome);

  Dependencies deps_;
  std::map<std::string_view, telemetry::Counter*> counters_;
};

}  // namespace ruck::notify

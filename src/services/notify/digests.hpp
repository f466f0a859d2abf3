#pragma once
// The weekly digest: a mail on Monday about the week before. `notify.digests` looks for those whose
// time has come and writes a job for each, `notify.digest`, which looks at the week and sends it.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/notify/mail_links.hpp"

#include <boost/describe/class.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace ruck::notify {

inline constexpr std::string_view kDigestsJob = "notify.digests";
inline constexpr std::string_view kDigestJob = "notify.digest";
struct DigestJob {
  UserId user;
  Day week;  // a Monday; the mail is about the seven days before
};
BOOST_DESCRIBE_STRUCT(DigestJob, (), (user, week))

class Digests {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    mail::Mailer& mailer;
    runtime::BlockingPool& pool;  // mails
    const MailLinks& links;
  };
  explicit Digests(const Dependencies& dependencies) : deps_(dependencies) {}

  [[nodiscard]] std::vector<jobs::Kind> kinds();

 private:
  task<jobs::Outcome> plan(jobs::RunningJob job);
  task<jobs::Outcome> send(jobs::RunningJob job);
  // Nothing where there is nothing to tell, or it is not wanted any more.
  [[nodiscard]] std::optional<mail::Message> message_of(db::Session& q, const DigestJob& job) const;

  Dependencies deps_;
};

}  // namespace ruck::notify

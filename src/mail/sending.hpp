#pragma once
// A message that a job sends.
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "runtime/blocking_pool.hpp"

namespace ruck::mail {

// Sends it on a thread of the pool. How the run ends: done; dead where it is refused for good; to
// be tried again otherwise. Both must outlive it.
[[nodiscard]] task<jobs::Outcome> send_in_job(runtime::BlockingPool& pool, Mailer& mailer,
                                              Message message);

}  // namespace ruck::mail

#include "mail/sending.hpp"

namespace ruck::mail {

task<jobs::Outcome> send_in_job(runtime::BlockingPool& pool, Mailer& mailer, Message message) {
  const Result<Result<>> sent =
      co_await pool.run([&mailer, message = std::move(message)] { return mailer.send(message); });
  if (!sent) co_return jobs::retry("too many mails wait");
  if (*sent) co_return jobs::done();
  std::string why(sent->error().client_text());
  const bool is_refused = sent->error().code == ErrorCode::kInvalidInput;
  co_return is_refused ? jobs::dead(std::move(why)) : jobs::retry(std::move(why));
}

}  // namespace ruck::mail

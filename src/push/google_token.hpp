#pragma once
// Access tokens of Google's OAuth 2.0 for a service account: a JWT that we sign is changed for a
// token that is good for an hour (RFC 7523).
//
// The token is kept. When it has to be replaced, the first who asks fetches another one and all
// others wait for that: there is never more than one request under way. After a failure nobody
// asks again for a while, longer each time; what is left of the old token's time is used meanwhile.
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "http/client/outbound.hpp"
#include "push/service_account.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ruck::push {

class GoogleToken {
 public:
  struct Dependencies {
    http::Outbound& outbound;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  GoogleToken(ServiceAccount account, const Dependencies& dependencies);
  ~GoogleToken();  // nobody may be waiting
  GoogleToken(const GoogleToken&) = delete;
  GoogleToken& operator=(const GoogleToken&) = delete;

  // A token for an Authorization header, on any core. `rejected` is one that was answered with 401:
  // another is given, unless it is younger than kGoogleTokenAgeMin. kUnavailable, with a reason for
  // operators and how long to wait, where there is none.
  [[nodiscard]] task<Result<std::string>> get(std::string rejected = {});

  [[nodiscard]] const std::string& project_id() const { return account_.project_id; }

 private:
  using Outcome = Result<std::string>;
  using Waiter = runtime::Promise<bool>;  // told that a fetch has ended; the value says nothing
  struct Granted {
    std::string token;
    std::chrono::seconds lifetime{};
  };
  class Flight;

  [[nodiscard]] std::optional<Outcome> known(const std::string& rejected, UtcUs now) const
      RUCK_REQUIRES(mutex_);
  [[nodiscard]] Outcome settled(const std::string& rejected) const;
  void wait(Waiter waiter);
  [[nodiscard]] std::string assertion(UtcUs now) const;
  [[nodiscard]] http::OutboundRequest make_request(UtcUs now) const;
  [[nodiscard]] task<Result<Granted>> fetch();
  void take(const Result<Granted>& fetched, UtcUs now) RUCK_REQUIRES(mutex_);
  void finish(const Result<Granted>& fetched);

  const ServiceAccount account_;
  const Dependencies deps_;
  telemetry::Counter& fetched_;
  telemetry::Counter& failed_;

  mutable Mutex mutex_;
  bool is_fetching_ RUCK_GUARDED_BY(mutex_) = false;
  std::vector<Waiter> waiters_ RUCK_GUARDED_BY(mutex_);
  std::string token_ RUCK_GUARDED_BY(mutex_);
  UtcUs fetched_at_ RUCK_GUARDED_BY(mutex_){};
  UtcUs use_until_ RUCK_GUARDED_BY(mutex_){};
  UtcUs expires_at_ RUCK_GUARDED_BY(mutex_){};
  int failures_ RUCK_GUARDED_BY(mutex_) = 0;  // in a row
  UtcUs not_before_ RUCK_GUARDED_BY(mutex_){};
  Error failure_ RUCK_GUARDED_BY(mutex_);  // the last
};

}  // namespace ruck::push

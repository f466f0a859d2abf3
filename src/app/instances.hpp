#pragma once
// What a server has for living beside others that share its database.
#include "bus/bus.hpp"
#include "cache/agreement.hpp"
#include "cache/own_writes.hpp"
#include "cache/shared_answers.hpp"
#include "db/clock_watch.hpp"
#include "http/rate_limit.hpp"
#include "redis/client.hpp"
#include "redis/redis_bus.hpp"
#include "runtime/config.hpp"

#include <memory>

namespace ruck::app {

class Instances {
 public:
  struct Dependencies {
    const runtime::Config& config;
    db::Database& database;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  explicit Instances(const Dependencies& deps) : deps_(deps) {}
  // Before all else. Gives what is wrong with RUCK_REDIS_URL.
  [[nodiscard]] Result<> make();

  [[nodiscard]] bus::Bus& bus() { return *bus_; }
  // Null: the database is this process's own.
  [[nodiscard]] cache::Agreement* agreement() { return agreement_.get(); }
  // Null: all is read at the primary.
  [[nodiscard]] http::OwnWrites* own_writes() { return own_writes_.get(); }

  // Null: no other server makes answers for this one.
  [[nodiscard]] cache::SharedAnswers* answers() { return answers_.get(); }
  [[nodiscard]] bool shares_limits() const { return client_ != nullptr; }
  // For a server with so many cores. It goes before this.
  [[nodiscard]] std::unique_ptr<http::RateLimiter> make_limiter(std::size_t cores);

  // From here on its threads call who listens. Waits for the database server's clock.
  void start(runtime::Cores& cores);
  // The cores must still run, and nothing be changed any more.
  void stop();

 private:
  Result<> make_bus();

  Dependencies deps_;
  std::unique_ptr<bus::Bus> bus_;
  redis::RedisBus* redis_ = nullptr;       // the bus, where it is that one
  std::unique_ptr<redis::Client> client_;  // null: no Redis
  std::unique_ptr<cache::SharedAnswers> answers_;
  std::unique_ptr<cache::Agreement> agreement_;
  std::unique_ptr<cache::OwnWrites> own_writes_;
  std::unique_ptr<db::ClockWatch> clock_watch_;
};

}  // namespace ruck::app

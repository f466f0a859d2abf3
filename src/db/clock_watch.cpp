#include "db/clock_watch.hpp"

#include "telemetry/log.hpp"

namespace ruck::db {
namespace {
using std::chrono::microseconds;

const Sql kServerClock{"db.server_clock",
                       "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint",
                       Dialect::kPostgres};

// By Cristian's method: the server's answer is taken for the middle of the round trip.
auto comparison(const Clock& clock) {
  return [&clock](Session& q) -> microseconds {
    const UtcUs asked = clock.now();
    const auto theirs = q.one<std::int64_t>(kServerClock);
    return asked + (clock.now() - asked) / 2 - utc_us(theirs);
  };
}
}  // namespace

ClockWatch::ClockWatch(Database& database, const Clock& clock, runtime::Core& core,
                       telemetry::Metrics& metrics)
    : database_(database), clock_(clock) {
  metrics.gauge_callback("ruck_db_clock_ahead_seconds",
                         "How far this host's clock is ahead of the database server's",
                         [this] { return std::chrono::duration<double>(ahead()).count(); });
  if (const auto seen = database.read_now(comparison(clock))) take(*seen);
  looks_ = std::make_unique<runtime::Periodic>(
      "clock", core, kClockLook, [this] { return look(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("db.clock_not_seen", name, failure);
      });
}

// A look that is not answered is no news: others tell that the database is away.
task<> ClockWatch::look() {
  if (const auto seen = co_await database_.read(comparison(clock_))) take(*seen);
}

void ClockWatch::take(microseconds ahead) {
  ahead_us_.store(ahead.count(), std::memory_order_relaxed);
  const bool are_apart = std::chrono::abs(ahead) > kClockApartMax;
  if (are_apart == are_apart_) return;
  are_apart_ = are_apart;
  const auto ahead_s = std::chrono::duration<double>(ahead).count();
  if (are_apart) {
    telemetry::log_warning("db.clocks_differ",
                           {{"ahead_seconds", ahead_s},
                            {"what_to_do",
                             "synchronize the clocks of this host and the database "
                             "server (NTP): instances compare times"}});
  } else {
    telemetry::log_info("db.clocks_agree", {{"ahead_seconds", ahead_s}});
  }
}

}  // namespace ruck::db

#include "app/instances.hpp"

#include "app/build_id.hpp"
#include "bus/in_process.hpp"
#include "cache/response_cache.hpp"
#include "cache/shared_limiter.hpp"
#include "telemetry/log.hpp"

namespace ruck::app {

Result<> Instances::make() {
  if (Result<> bus = make_bus(); !bus) return bus;
  const bool has_replicas = !deps_.config.database_replicas.empty();
  const bool is_alone = deps_.database.is_exclusive();
  if (has_replicas && (is_alone || redis_ == nullptr)) {
    telemetry::log_warning(
        "db.replicas_not_used",
        {{"reason", is_alone ? "the embedded database has none"
                             : "without RUCK_REDIS_URL nobody knows who has just changed what"}});
  }
  if (is_alone) return {};
  using Others = cache::Agreement::Others;
  agreement_ = std::make_unique<cache::Agreement>(cache::Agreement::Dependencies{
      .database = deps_.database,
      .bus = *bus_,
      .metrics = deps_.metrics,
      .others = redis_ != nullptr ? Others::kAreTold : Others::kCannotTell});
  if (has_replicas && redis_ != nullptr) {
    own_writes_ = std::make_unique<cache::OwnWrites>(*agreement_);
  }
  return {};
}

// Whoever shares the database shares the bus; the embedded one has one process.
Result<> Instances::make_bus() {
  using Others = bus::InProcessBus::Others;
  const bool is_alone = deps_.database.is_exclusive();
  const std::string& url = deps_.config.redis_url;
  if (url.empty() || is_alone) {
    bus_ = std::make_unique<bus::InProcessBus>(is_alone ? Others::kNone : Others::kUnknown);
  }
  if (url.empty()) return {};
  auto address = redis::parse_address(url);
  if (!address) return fail(std::move(address).error());
  if (is_alone) {
    telemetry::log_warning("redis.not_used", {{"reason", "the embedded database has one process"}});
    return {};
  }
  client_ = std::make_unique<redis::Client>(*address, redis::Client::Options{}, deps_.metrics);
  answers_ = std::make_unique<cache::SharedAnswers>(
      *client_, build_id(), cache::ResponseCache::Options{}.lifetime, deps_.metrics);
  auto made = std::make_unique<redis::RedisBus>(std::move(*address), deps_.metrics);
  redis_ = made.get();
  bus_ = std::move(made);
  return {};
}

std::unique_ptr<http::RateLimiter> Instances::make_limiter(std::size_t cores) {
  if (!client_) return std::make_unique<http::MemoryRateLimiter>();
  return std::make_unique<cache::SharedLimiter>(*client_, cores);
}

void Instances::start(runtime::Cores& cores) {
  if (client_) client_->start(cores);
  if (redis_ != nullptr) redis_->start();
  if (agreement_) agreement_->start(cores.at(0));
  if (deps_.database.is_exclusive()) return;
  clock_watch_ =
      std::make_unique<db::ClockWatch>(deps_.database, deps_.clock, cores.at(0), deps_.metrics);
}

void Instances::stop() {
  if (agreement_) agreement_->stop();
  clock_watch_.reset();
  if (client_) client_->stop();
  if (redis_ != nullptr) redis_->stop();
}

}  // namespace ruck::app

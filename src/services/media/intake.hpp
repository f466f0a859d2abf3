#pragma once
// From files that were received to photos that wait, and to photos that are ready: the file goes to
// the store, then one unit of work writes the row and the job that makes its sizes. What the store
// has and no row names is removed a day later.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "media/blob_store.hpp"
#include "services/media/store.hpp"
#include "services/media/uploads.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace ruck::photos {

struct Owner {
  UserId user;
  std::optional<RuckId> ruck;  // nothing: an avatar
};

class Intake {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    telemetry::Metrics& metrics;
    media::BlobStore& blobs;
  };
  explicit Intake(const Dependencies& dependencies);

  // The photo of each file; the same file is the same photo, also one that is there already.
  // kInvalidInput where the ruck would have too many.
  task<Result<std::vector<PhotoId>>> take(Owner owner, const Received& received);
  // Until none of them waits any more: each as it is then, nothing where it is gone. kRetryLater
  // after kWaitMax.
  task<Result<std::vector<std::optional<store::MediaRow>>>> wait_for(std::vector<PhotoId> photos);

  // What a request that failed is counted as; a full disk is logged, once in a while.
  [[nodiscard]] Error count_failure(Error error);

 private:
  using Keys = std::vector<std::string>;  // of each file in the store; empty: it was not put
  task<Result<std::vector<bool>>> known(Owner owner, const Received& received);
  task<Result<Keys>> put(const Received& received, std::vector<bool> known);
  struct Written {
    std::vector<PhotoId> photos;
    std::vector<std::string> unused;  // keys
  };
  Result<Written> write(db::Session& q, const Owner& owner, const Received& received,
                        const Keys& keys, UtcUs now) const;
  task<> drop(std::vector<std::string> keys);

  Dependencies deps_;
  telemetry::Counter& files_;
  telemetry::Counter& bytes_;
  telemetry::Counter& refused_;
  telemetry::Counter& slow_;
  telemetry::Counter& full_;
  telemetry::Counter& failed_;
  std::atomic<std::int64_t> full_logged_us_{0};
};

}  // namespace ruck::photos

#pragma once
// What happens to pictures in jobs: the sizes are made of a file that came in, blobs that nobody
// needs are removed, and what was left lying is tidied up.
//
// Blobs are named by their content, so two photos of one person may share some. Who needs which is
// kept in media_blobs: a picture claims its blobs before it puts them, and a blob is removed only
// while nobody claims it and nobody can.
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "media/blob_store.hpp"
#include "media/image.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/media/addresses.hpp"
#include "services/media/uploads.hpp"
#include "services/media/variants.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace ruck::photos {

// Where a file waits in the store.
[[nodiscard]] std::string new_incoming_key(std::string_view sha256);

class Processing {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    telemetry::Metrics& metrics;
    media::BlobStore& blobs;
    media::ImageWorker& images;
    runtime::BlockingPool& files;
    const Addresses& addresses;
    const Uploads& uploads;
  };
  explicit Processing(const Dependencies& dependencies);

  [[nodiscard]] std::vector<jobs::Kind> kinds();

  task<jobs::Outcome> process(jobs::RunningJob job);
  task<jobs::Outcome> remove(jobs::RunningJob job);
  task<jobs::Outcome> remove_all(jobs::RunningJob job);
  task<jobs::Outcome> tidy();

 private:
  // A blob that is to be put.
  struct Made {
    Variant variant;
    std::string bytes;
  };
  task<Result<>> make(store::MediaRow row);
  task<Result<media::Image>> decode(const store::MediaRow& row, const std::string& folder);
  task<Result<std::vector<Made>>> name_all(media::Image& image);
  // kConflict: one of them is just being removed. False: the photo is gone.
  task<Result<bool>> claim(const store::MediaRow& row, std::vector<std::string> blobs);
  task<Result<>> finish(store::MediaRow row);
  void finish_avatar(db::Session& q, const store::MediaRow& row, UtcUs now) const;
  task<Result<bool>> refuse(const store::MediaRow& row, std::string reason);
  task<> drop_incoming(std::string key);
  task<Result<>> remove_rows();
  task<Result<>> remove_incoming();

  Dependencies deps_;
  telemetry::Counter& ready_;
  telemetry::Counter& refused_;
  telemetry::Counter& failed_;
};

}  // namespace ruck::photos

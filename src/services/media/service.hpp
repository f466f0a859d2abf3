#pragma once
// Photos of rucks and avatars (contract core §2, §6; docs/decisions/0007-media.md).
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "http/body.hpp"
#include "http/handler.hpp"
#include "http/router.hpp"
#include "jobs/job.hpp"
#include "media/blob_store.hpp"
#include "media/image.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/media/addresses.hpp"
#include "services/media/intake.hpp"
#include "services/media/processing.hpp"
#include "services/media/serving.hpp"
#include "services/media/types.hpp"
#include "services/media/uploads.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace ruck::jobs {
class Runner;
}

namespace ruck::photos {

// For other services, inside their unit of work: what goes with a ruck, with an account, and with
// an avatar that its owner took out of their profile. The blobs go in jobs.
void on_ruck_removed(db::Session& q, RuckId ruck, UtcUs now);
void on_account_removed(db::Session& q, UserId user, UtcUs now);
void on_avatar_cleared(db::Session& q, UserId user, UtcUs now);

class MediaService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    telemetry::Metrics& metrics;
    media::BlobStore& blobs;
    media::ImageWorker& images;
    runtime::BlockingPool& files;
    std::string uploads;      // a folder of this process alone
    std::string public_url;   // empty: addresses are paths
    std::string signing_key;  // signing_key.hpp
  };
  explicit MediaService(Dependencies dependencies);

  using Viewer = http::Viewer;

  task<Result<PhotosReply>> list(Viewer viewer, PhotosQuery query);
  // Waits for the pictures to be ready. kRetryLater: they are still being made; the same request
  // sent again finds them.
  task<Result<http::Created<UploadReply>>> upload(Viewer viewer, http::FormStream<PhotosForm> form);
  task<Result<PhotoReply>> change(Viewer viewer, PhotoId photo, PhotoChange change);
  task<Result<PhotoRemoved>> remove(Viewer viewer, PhotoQuery query);

  task<Result<AvatarReply>> set_avatar(Viewer viewer, http::FormStream<AvatarForm> form);
  task<Result<AvatarReply>> set_avatar_text(Viewer viewer, AvatarText avatar);
  task<Result<AvatarReply>> remove_avatar(Viewer viewer);

  // For rucks and feeds, inside their unit of work: the first `each` of each ruck, as the viewer
  // gets them. Which of the rucks they may see is the caller's to know.
  [[nodiscard]] std::vector<rucks::RuckPhoto> of_rucks(db::Session& q, UserId viewer,
                                                       const std::vector<RuckId>& rucks,
                                                       std::int64_t each) const;

  [[nodiscard]] const Serving& serving() const { return serving_; }
  // Removes what an earlier process left in its folder of uploads.
  [[nodiscard]] Result<> start();
  void add_jobs(jobs::Runner& runner);
  [[nodiscard]] std::vector<jobs::Kind> kinds() { return processing_.kinds(); }

 private:
  task<Result<UploadReply>> add_photos(UserId user, const Received& received);
  task<Result<AvatarReply>> add_avatar(UserId user, Received received);

  Dependencies deps_;
  Addresses addresses_;
  Uploads uploads_;
  Processing processing_;
  Serving serving_;
  Intake intake_;
};

void add_routes(http::Router& router, MediaService& service);

}  // namespace ruck::photos

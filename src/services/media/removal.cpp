#include "services/media/removal.hpp"

#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/media/jobs.hpp"
#include "services/media/service.hpp"

namespace ruck::photos {

void release_blobs(db::Session& q, PhotoId photo, UtcUs now) {
  const std::vector<store::Blob> blobs = store::needed_by(q, photo);
  if (blobs.empty()) return;
  store::need_nothing(q, photo);
  RemoveJob job{.user = blobs.front().user, .blobs = {}};
  for (const store::Blob& blob : blobs) job.blobs.push_back(blob.blob);
  jobs::enqueue(q, {.kind = kRemoveJob, .payload = json::to_text(job)}, now);
}

void discard(db::Session& q, const store::MediaRow& row, UtcUs now) {
  release_blobs(q, row.id, now);
  store::remove(q, row.id);
}

void on_ruck_removed(db::Session& q, RuckId ruck, UtcUs now) {
  for (const store::MediaRow& row : store::all_of_ruck(q, ruck)) discard(q, row, now);
}

void on_account_removed(db::Session& q, UserId user, UtcUs now) {
  store::forget_blobs(q, user);
  const RemoveAllJob job{.user = user};
  jobs::enqueue(q, {.kind = kRemoveAllJob, .payload = json::to_text(job)}, now);
}

void on_avatar_cleared(db::Session& q, UserId user, UtcUs now) {
  for (const store::MediaRow& row : store::avatars(q, user)) discard(q, row, now);
}

}  // namespace ruck::photos

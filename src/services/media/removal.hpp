#pragma once
// How photos go: the row in the unit of work of whatever ends it, its blobs in a job, if no other
// photo of the same owner has the same.
#include "services/media/store.hpp"

namespace ruck::photos {

// The photo with its claims on blobs; their removal waits as a job.
void discard(db::Session& q, const store::MediaRow& row, UtcUs now);
// The same of claims alone, of a photo that is gone.
void release_blobs(db::Session& q, PhotoId photo, UtcUs now);

}  // namespace ruck::photos

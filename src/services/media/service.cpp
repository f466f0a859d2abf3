// Photos of rucks.
#include "services/media/service.hpp"

#include "jobs/runner.hpp"
#include "services/media/removal.hpp"
#include "services/media/store.hpp"
#include "services/media/views.hpp"

#include <fmt/format.h>

namespace ruck::photos {
namespace {
using store::MediaRow;
constexpr const char* kNoSuchPhoto = "Photo not found";

Result<rucks::RuckRef> ruck_in(std::string_view text) {
  const auto ref = http::PathParam<rucks::RuckRef>::parse(text);
  if (!ref) return fail(ErrorCode::kRuckNotFound);
  return *ref;
}

// The owner's own photo of a ruck, whatever its state.
std::optional<MediaRow> own_photo(db::Session& q, UserId user, PhotoId photo) {
  auto row = store::find(q, photo);
  if (!row || row->user_id != user || !row->ruck_id) return std::nullopt;
  return row;
}

Onlooker onlooker_of(UserId viewer, const rucks::SeenRuck& ruck, UtcUs now) {
  return {.viewer = viewer, .is_open = ruck.is_open, .now = now};
}
}  // namespace

MediaService::MediaService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      addresses_({.public_url = deps_.public_url, .key = deps_.signing_key}),
      uploads_(deps_.uploads, deps_.files),
      processing_({.database = deps_.database,
                   .revisions = deps_.revisions,
                   .clock = deps_.clock,
                   .metrics = deps_.metrics,
                   .blobs = deps_.blobs,
                   .images = deps_.images,
                   .files = deps_.files,
                   .addresses = addresses_,
                   .uploads = uploads_}),
      serving_({.database = deps_.database,
                .clock = deps_.clock,
                .metrics = deps_.metrics,
                .blobs = deps_.blobs,
                .addresses = addresses_}),
      intake_({.database = deps_.database,
               .clock = deps_.clock,
               .metrics = deps_.metrics,
               .blobs = deps_.blobs}) {}

Result<> MediaService::start() { return uploads_.clear(); }

void MediaService::add_jobs(jobs::Runner& runner) {
  for (jobs::Kind& kind : processing_.kinds()) runner.add(std::move(kind));
}

task<Result<PhotosReply>> MediaService::list(Viewer viewer, PhotosQuery query) {
  const Result<rucks::RuckRef> ref = ruck_in(query.ruck_id);
  if (!ref) co_return fail(ref.error());
  co_return co_await deps_.database.read(
      [this, user = viewer.user, ref = *ref,
       now = deps_.clock.now()](db::Session& q) -> Result<PhotosReply> {
        const Result<rucks::SeenRuck> ruck = rucks::see_ruck(q, user, ref);
        if (!ruck) return fail(ruck.error());
        PhotosReply reply;
        const Onlooker onlooker = onlooker_of(user, *ruck, now);
        for (const MediaRow& row : store::of_ruck(q, ruck->id)) {
          reply.data.push_back(photo_of(row, *ruck, onlooker, addresses_));
        }
        return reply;
      });
}

task<Result<http::Created<UploadReply>>> MediaService::upload(Viewer viewer,
                                                              http::FormStream<PhotosForm> form) {
  Result<Received> received = co_await uploads_.receive(std::move(form.body), kFilesMax);
  if (!received) co_return fail(intake_.count_failure(std::move(received).error()));
  Result<UploadReply> reply = co_await add_photos(viewer.user, *received);
  co_await uploads_.discard(std::move(*received));
  if (!reply) co_return fail(intake_.count_failure(std::move(reply).error()));
  co_return http::Created<UploadReply>{std::move(*reply)};
}

task<Result<UploadReply>> MediaService::add_photos(UserId user, const Received& received) {
  if (received.files.empty()) {
    co_return fail(ErrorCode::kInvalidInput, "form.photos: expected a file, got nothing");
  }
  const Result<rucks::RuckRef> ref = ruck_in(received.ruck_id);
  if (!ref) co_return fail(ref.error());
  const Result<RuckId> ruck =
      co_await deps_.database.read([user, ref = *ref](db::Session& q) -> Result<RuckId> {
        const Result<rucks::SeenRuck> seen = rucks::see_ruck(q, user, ref);
        if (!seen || !seen->is_owner) return fail(ErrorCode::kRuckNotFound);
        return seen->id;
      });
  if (!ruck) co_return fail(ruck.error());
  const Result<std::vector<PhotoId>> taken =
      co_await intake_.take({.user = user, .ruck = *ruck}, received);
  if (!taken) co_return fail(taken.error());
  Result<std::vector<std::optional<MediaRow>>> rows = co_await intake_.wait_for(*taken);
  if (!rows) co_return fail(std::move(rows).error());
  co_return co_await deps_.database.read(
      [this, user, ref = *ref, rows = std::move(*rows), &received,
       now = deps_.clock.now()](db::Session& q) -> Result<UploadReply> {
        const Result<rucks::SeenRuck> seen = rucks::see_ruck(q, user, ref);
        if (!seen) return fail(seen.error());
        const Onlooker onlooker = onlooker_of(user, *seen, now);
        UploadReply reply;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const std::optional<MediaRow>& row = rows[i];
          if (row && row->status == status::kReady) {
            reply.photos.push_back(photo_of(*row, *seen, onlooker, addresses_));
            continue;
          }
          // One that is gone was deleted while it was made.
          reply.refused.push_back({.filename = received.files[i].filename,
                                   .reason = row ? row->reason.value_or("") : kNoSuchPhoto});
        }
        if (reply.photos.empty()) {
          return fail(ErrorCode::kInvalidInput,
                      fmt::format("\"{}\": {}", reply.refused.front().filename,
                                  reply.refused.front().reason));
        }
        reply.data = {.count = std::ssize(reply.photos), .photos = reply.photos};
        return reply;
      });
}

task<Result<PhotoReply>> MediaService::change(Viewer viewer, PhotoId photo, PhotoChange change) {
  co_return co_await deps_.revisions.write(
      viewer.user,
      [this, user = viewer.user, photo, text = std::move(change.alt_text),
       now = deps_.clock.now()](db::Session& q) -> Result<PhotoReply> {
        auto row = own_photo(q, user, photo);
        if (!row || row->status != status::kReady) return fail(ErrorCode::kNotFound, kNoSuchPhoto);
        const rucks::RuckRef ref{.id = row->ruck_id, .client_key = {}};
        const Result<rucks::SeenRuck> ruck = rucks::see_ruck(q, user, ref);
        if (!ruck) return fail(ruck.error());
        store::set_alt_text(q, photo, text, now);
        row->alt_text = text;
        return PhotoReply{.data = photo_of(*row, *ruck, onlooker_of(user, *ruck, now), addresses_)};
      });
}

task<Result<PhotoRemoved>> MediaService::remove(Viewer viewer, PhotoQuery query) {
  co_return co_await deps_.revisions.write(
      viewer.user,
      [user = viewer.user, photo = PhotoId(query.photo_id),
       now = deps_.clock.now()](db::Session& q) -> Result<PhotoRemoved> {
        const auto row = own_photo(q, user, photo);
        if (!row) return fail(ErrorCode::kNotFound, kNoSuchPhoto);
        discard(q, *row, now);
        rucks::set_has_photos(q, user, *row->ruck_id, store::has_ready(q, *row->ruck_id));
        return PhotoRemoved{};
      });
}

std::vector<rucks::RuckPhoto> MediaService::of_rucks(db::Session& q, UserId viewer,
                                                     const std::vector<RuckId>& rucks,
                                                     std::int64_t each) const {
  std::vector<rucks::RuckPhoto> photos;
  if (rucks.empty()) return photos;
  const UtcUs now = deps_.clock.now();
  for (const store::CardRow& row : store::of_rucks(q, rucks, each)) {
    photos.push_back(
        card_of(row, {.viewer = viewer, .is_open = row.is_open, .now = now}, addresses_));
  }
  return photos;
}

}  // namespace ruck::photos

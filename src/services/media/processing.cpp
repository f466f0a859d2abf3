#include "services/media/processing.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "crypto/digest.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/processors.hpp"
#include "services/media/jobs.hpp"
#include "services/media/removal.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/service.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ruck::photos {
namespace {
constexpr std::string_view kIncoming = "incoming/";
constexpr const char* kLost = "The file was lost before it could be read. Please send it again";
constexpr const char* kNotProcessed = "This picture could not be processed";
constexpr auto kLookAgain = std::chrono::seconds(1);  // at a blob that is being removed

std::size_t processed_at_once() {
  return std::clamp<std::size_t>(runtime::processor_count() / 2, 1, kProcessAtOnceMax);
}

Error unavailable(Error error) {
  if (error.code != ErrorCode::kConflict) error.code = ErrorCode::kUnavailable;
  return error;
}

// For operators: what the store or the worker said; never the text for people.
std::string reason_of(const Error& error) {
  return error.detail.empty() ? std::string(error_row(error.code).id) : error.detail;
}

jobs::Outcome again(const Error& error) {
  std::optional<std::chrono::seconds> wait;
  if (error.retry_after_s) wait = std::chrono::seconds(*error.retry_after_s);
  if (error.code == ErrorCode::kConflict) wait = kLookAgain;
  return jobs::retry(reason_of(error), wait);
}
}  // namespace

std::string new_incoming_key(std::string_view sha256) {
  constexpr std::size_t kBytes = 16;
  return std::string(kIncoming) + to_hex(sha256) + "-" + to_hex(random_bytes(kBytes));
}

Processing::Processing(const Dependencies& dependencies)
    : deps_(dependencies),
      ready_(deps_.metrics.counter("ruck_media_processed_total", "Pictures by what came of them",
                                   {{"outcome", "ready"}})),
      refused_(deps_.metrics.counter("ruck_media_processed_total", "", {{"outcome", "refused"}})),
      failed_(deps_.metrics.counter("ruck_media_processed_total", "", {{"outcome", "failed"}})) {}

std::vector<jobs::Kind> Processing::kinds() {
  std::vector<jobs::Kind> all;
  all.push_back({.name = kProcessJob,
                 .priority = jobs::Priority::kHigh,  // somebody waits for it
                 .concurrency_max = processed_at_once(),
                 .attempts_max = kProcessAttemptsMax,
                 .run = [this](jobs::RunningJob job) { return process(std::move(job)); }});
  all.push_back({.name = kRemoveJob,
                 .priority = jobs::Priority::kLow,
                 .concurrency_max = 1,
                 .attempts_max = kRemoveAttemptsMax,
                 .run = [this](jobs::RunningJob job) { return remove(std::move(job)); }});
  all.push_back({.name = kRemoveAllJob,
                 .priority = jobs::Priority::kLow,
                 .concurrency_max = 1,
                 .attempts_max = kRemoveAttemptsMax,
                 .run = [this](jobs::RunningJob job) { return remove_all(std::move(job)); }});
  all.push_back({.name = kTidyJob,
                 .priority = jobs::Priority::kLow,
                 .concurrency_max = 1,
                 .is_recurring = true,
                 .run = [this](const jobs::RunningJob&) { return tidy(); }});
  return all;
}

// ---- from a file to its sizes ------------------------------------------------------------------

task<jobs::Outcome> Processing::process(jobs::RunningJob job) {
  const ProcessJob told = http::from_stored<ProcessJob>(job.payload);
  const PhotoId id(told.photo);
  const auto row =
      co_await deps_.database.read([id](db::Session& q) { return store::find(q, id); });
  if (!row) co_return again(row.error());
  if (!*row || (*row)->status != status::kWaiting || (*row)->incoming_key != told.incoming) {
    co_await drop_incoming(told.incoming);
    if (*row) co_return jobs::done();
    co_return jobs::done(
        [id, now = deps_.clock.now()](db::Session& q) { release_blobs(q, id, now); });
  }
  const Result<> made = co_await make(**row);
  if (made) {
    co_await drop_incoming(told.incoming);
    co_return jobs::done();
  }
  const bool is_theirs = made.error().code == ErrorCode::kInvalidInput;
  if (!is_theirs && job.attempt < kProcessAttemptsMax) co_return again(made.error());
  const Result<bool> refused = co_await refuse(
      **row, is_theirs ? std::string(made.error().client_text()) : std::string(kNotProcessed));
  if (!refused) co_return again(refused.error());
  (is_theirs ? refused_ : failed_).add();
  co_await drop_incoming(told.incoming);
  if (is_theirs) co_return jobs::done();
  co_return jobs::dead(reason_of(made.error()));
}

task<Result<>> Processing::make(store::MediaRow row) {
  Result<Temporary> folder = co_await deps_.uploads.make_folder();
  if (!folder) co_return fail(unavailable(std::move(folder).error()));
  Result<media::Image> image = co_await decode(row, folder->path());
  co_await deps_.uploads.discard(std::move(*folder));
  if (!image) co_return fail(std::move(image).error());
  Result<std::vector<Made>> made = co_await name_all(*image);
  if (!made) co_return fail(unavailable(std::move(made).error()));

  Variants variants;
  std::vector<std::string> blobs;
  for (const Made& each : *made) {
    variants.files.push_back(each.variant);
    blobs.push_back(each.variant.blob);
  }
  if (row.keep_original) row.original_key = to_hex(row.source_hash.data) + ".orig";
  if (row.original_key) blobs.push_back(*row.original_key);
  const Result<bool> claimed = co_await claim(row, std::move(blobs));
  if (!claimed) co_return fail(unavailable(claimed.error()));
  if (!*claimed) co_return Result<>();
  for (Made& each : *made) {
    const std::string key = key_of(row.user_id, each.variant.blob);
    if (Result<> put = co_await deps_.blobs.put(key, std::move(each.bytes)); !put) {
      co_return fail(unavailable(std::move(put).error()));
    }
  }
  if (row.original_key) {
    Result<std::optional<std::string>> original = co_await deps_.blobs.get(row.incoming_key);
    if (!original) co_return fail(unavailable(std::move(original).error()));
    if (!*original) co_return fail(ErrorCode::kInvalidInput, kLost);
    const std::string key = key_of(row.user_id, *row.original_key);
    if (Result<> put = co_await deps_.blobs.put(key, std::move(**original)); !put) {
      co_return fail(unavailable(std::move(put).error()));
    }
  }
  row.variants = json::to_text(variants);
  row.width = image->width;
  row.height = image->height;
  row.thumb_hash = {image->thumb_hash};
  row.taken_lat = image->taken.lat_deg;
  row.taken_lng = image->taken.lng_deg;
  if (image->taken.time_s) row.taken_at = utc_us(*image->taken.time_s * 1'000'000);
  co_return co_await finish(std::move(row));
}

task<Result<media::Image>> Processing::decode(const store::MediaRow& row,
                                              const std::string& folder) {
  const std::string path = folder + "/file";
  Result<bool> got = co_await deps_.blobs.get_file(row.incoming_key, path);
  if (!got) co_return fail(unavailable(std::move(got).error()));
  if (!*got) co_return fail(ErrorCode::kInvalidInput, kLost);
  Result<media::Image> image = co_await deps_.images.process(
      {.path = path, .sizes = wanted_sizes(!row.ruck_id), .temporary = folder});
  if (image) co_return image;
  Error error = std::move(image).error();
  if (error.code != ErrorCode::kInvalidInput) error = unavailable(std::move(error));
  co_return fail(std::move(error));
}

task<Result<std::vector<Processing::Made>>> Processing::name_all(media::Image& image) {
  co_return co_await deps_.files.run([&image] {
    std::vector<Made> all;
    for (media::Encoded& each : image.files) {
      const std::string blob = to_hex(crypto::sha256(each.bytes)) + "." + each.format;
      all.push_back({.variant = {.size = std::move(each.size),
                                 .format = std::move(each.format),
                                 .blob = blob,
                                 .width = each.width,
                                 .height = each.height,
                                 .bytes = std::ssize(each.bytes)},
                     .bytes = std::move(each.bytes)});
    }
    return all;
  });
}

task<Result<bool>> Processing::claim(const store::MediaRow& row, std::vector<std::string> blobs) {
  co_return co_await deps_.database.write(
      [id = row.id, user = row.user_id, blobs = std::move(blobs)](db::Session& q) -> Result<bool> {
        const auto now = store::find(q, id);
        if (!now || now->status != status::kWaiting) return false;
        for (const std::string& blob : blobs) {
          const store::Blob wanted{.user = user, .blob = blob};
          if (store::is_being_removed(q, wanted)) {
            return fail(ErrorCode::kConflict, "one of its files is just being removed");
          }
          store::need(q, wanted, id);
        }
        return true;
      });
}

task<Result<>> Processing::finish(store::MediaRow row) {
  row.updated_at = deps_.clock.now();
  const UserId owner = row.user_id;
  // Not an effect of the job: the owner's revision goes up with it, and it is guarded by the state
  // of the row, so that a second run changes nothing.
  const Result<bool> done =
      co_await deps_.revisions.write(owner, [this, row = std::move(row)](db::Session& q) {
        const UtcUs now = row.updated_at;
        if (!store::make_ready(q, row)) {
          if (!store::find(q, row.id)) release_blobs(q, row.id, now);
          return false;
        }
        if (row.ruck_id) {
          rucks::set_has_photos(q, row.user_id, *row.ruck_id, true);
        } else {
          finish_avatar(q, row, now);
        }
        return true;
      });
  if (!done) co_return fail(unavailable(done.error()));
  if (*done) ready_.add();
  co_return Result<>();
}

// The newest picture counts, in whatever order they are ready.
void Processing::finish_avatar(db::Session& q, const store::MediaRow& row, UtcUs now) const {
  const std::vector<store::MediaRow> all = store::avatars(q, row.user_id);
  const bool is_outdated = std::ranges::any_of(all, [&](const store::MediaRow& each) {
    return each.status == status::kReady && each.created_at > row.created_at;
  });
  if (is_outdated) {
    discard(q, row, now);
    return;
  }
  for (const store::MediaRow& each : all) {
    if (each.id != row.id && each.created_at <= row.created_at) discard(q, each, now);
  }
  profile::set_avatar(q, row.user_id, deps_.addresses.open(row.id, kAvatarFile), now);
}

task<Result<bool>> Processing::refuse(const store::MediaRow& row, std::string reason) {
  co_return co_await deps_.database.write([id = row.id, incoming = row.incoming_key,
                                           reason = std::move(reason),
                                           now = deps_.clock.now()](db::Session& q) {
    const bool was_waiting = store::refuse(q, id, incoming, reason, now);
    if (was_waiting) release_blobs(q, id, now);
    return was_waiting;
  });
}

// One that stays is found by the tidying a day later.
task<> Processing::drop_incoming(std::string key) {
  const Result<> removed = co_await deps_.blobs.remove(std::move(key));
  if (!removed) telemetry::log_warning("media.not_removed", {{"reason", removed.error().detail}});
}

// ---- blobs that nobody needs -------------------------------------------------------------------

task<jobs::Outcome> Processing::remove(jobs::RunningJob job) {
  const RemoveJob told = http::from_stored<RemoveJob>(job.payload);
  const Result<std::vector<store::Blob>> unneeded =
      co_await deps_.database.write([told](db::Session& q) {
        std::vector<store::Blob> free;
        for (const std::string& name : told.blobs) {
          store::Blob blob{.user = told.user, .blob = name};
          if (store::is_needed(q, blob)) continue;
          store::begin_removal(q, blob);
          free.push_back(std::move(blob));
        }
        return free;
      });
  if (!unneeded) co_return again(unneeded.error());
  for (const store::Blob& blob : *unneeded) {
    const Result<> removed = co_await deps_.blobs.remove(key_of(blob.user, blob.blob));
    if (!removed) co_return again(removed.error());
  }
  co_return jobs::done([blobs = *unneeded](db::Session& q) {
    for (const store::Blob& blob : blobs) store::end_removal(q, blob);
  });
}

task<jobs::Outcome> Processing::remove_all(jobs::RunningJob job) {
  const RemoveAllJob told = http::from_stored<RemoveAllJob>(job.payload);
  std::int64_t removed = 0;
  for (;;) {
    if (co_await runtime::is_cancelled()) co_return jobs::retry("the server stopped");
    const auto entries = co_await deps_.blobs.list(prefix_of(told.user), {}, kListedAtOnce);
    if (!entries) co_return again(entries.error());
    if (entries->empty()) break;
    for (const media::BlobStore::Entry& entry : *entries) {
      if (const Result<> gone = co_await deps_.blobs.remove(entry.key); !gone) {
        co_return again(gone.error());
      }
      removed += 1;
    }
  }
  telemetry::log_info("media.account_removed", {{"files", removed}});
  co_return jobs::done();
}

// ---- what was left lying -----------------------------------------------------------------------

task<jobs::Outcome> Processing::tidy() {
  Result<> done = co_await remove_rows();
  if (done) done = co_await remove_incoming();
  co_await deps_.uploads.remove_older(deps_.clock.now() - kTidyEvery);
  if (!done) telemetry::log_warning("media.not_tidied", {{"reason", reason_of(done.error())}});
  co_return jobs::again_at(deps_.clock.now() + kTidyEvery);
}

// Photos that nobody waits for any more: refused, or their job died with its server.
task<Result<>> Processing::remove_rows() {
  const UtcUs before = deps_.clock.now() - kUnfinishedKept;
  for (;;) {
    if (co_await runtime::is_cancelled()) co_return Result<>();
    const Result<std::int64_t> removed =
        co_await deps_.database.write([before, now = deps_.clock.now()](db::Session& q) {
          const auto rows = store::unfinished(q, before, kRowsAtOnce);
          for (const store::MediaRow& row : rows) discard(q, row, now);
          return std::ssize(rows);
        });
    if (!removed) co_return fail(removed.error());
    if (*removed < kRowsAtOnce) co_return Result<>();
  }
}

// Files of uploads that ended between the store and the database. What a photo waits for is
// younger: remove_rows() has just seen to that.
task<Result<>> Processing::remove_incoming() {
  const UtcUs before = deps_.clock.now() - kIncomingKept;
  std::string after;
  for (;;) {
    if (co_await runtime::is_cancelled()) co_return Result<>();
    auto entries = co_await deps_.blobs.list(std::string(kIncoming), after, kListedAtOnce);
    if (!entries) co_return fail(std::move(entries).error());
    for (const media::BlobStore::Entry& entry : *entries) {
      if (entry.written_at < before) co_await drop_incoming(entry.key);
      after = entry.key;
    }
    if (entries->size() < kListedAtOnce) co_return Result<>();
  }
}

}  // namespace ruck::photos

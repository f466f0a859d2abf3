#include "services/media/intake.hpp"

#include "base/random.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/sleep.hpp"
#include "services/media/jobs.hpp"
#include "services/media/processing.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>

namespace ruck::photos {
namespace {
using store::MediaRow;

// Not by time, as other ids are: others are told it, and no more of when than the day.
PhotoId new_photo_id() {
  Uuid::Bytes bytes{};
  fill_random(std::span(bytes));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // RFC 9562 §5.4, version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return PhotoId(Uuid(bytes));
}

std::size_t first_with(const Received& received, std::string_view sha256) {
  const auto found = std::ranges::find(received.files, sha256, &ReceivedFile::sha256);
  return static_cast<std::size_t>(found - received.files.begin());
}

MediaRow new_row(const Owner& owner, const Received& received, std::size_t index, UtcUs now) {
  const ReceivedFile& file = received.files[index];
  const bool has_text = index < received.alt_texts.size();
  return {.id = new_photo_id(),
          .user_id = owner.user,
          .ruck_id = owner.ruck,
          .status = std::string(status::kWaiting),
          .source_hash = {file.sha256},
          .source_bytes = file.bytes,
          .incoming_key = {},
          .keep_original = received.keep_original,
          .filename = file.filename,
          .alt_text = has_text ? received.alt_texts[index] : "",
          .variants = "{}",
          // Photos of one upload keep their order.
          .created_at = now + std::chrono::microseconds(index),
          .updated_at = now};
}

// One that has a job already gets no other.
void enqueue(db::Session& q, const MediaRow& row, UtcUs now) {
  const ProcessJob job{.photo = row.id.value(), .incoming = row.incoming_key};
  const std::string key = row.id.value().to_string();
  jobs::enqueue(q, {.kind = kProcessJob, .payload = json::to_text(job), .key = key}, now);
}
}  // namespace

Intake::Intake(const Dependencies& dependencies)
    : deps_(dependencies),
      files_(deps_.metrics.counter("ruck_media_files_total", "Pictures that were sent and kept")),
      bytes_(deps_.metrics.counter("ruck_media_file_bytes_total", "Bytes of these")),
      refused_(deps_.metrics.counter("ruck_media_failed_uploads_total",
                                     "Uploads of pictures that came to nothing, by reason",
                                     {{"reason", "refused"}})),
      slow_(deps_.metrics.counter("ruck_media_failed_uploads_total", "", {{"reason", "slow"}})),
      full_(deps_.metrics.counter("ruck_media_failed_uploads_total", "", {{"reason", "full"}})),
      failed_(
          deps_.metrics.counter("ruck_media_failed_uploads_total", "", {{"reason", "failed"}})) {}

task<Result<std::vector<PhotoId>>> Intake::take(Owner owner, const Received& received) {
  Result<std::vector<bool>> there = co_await known(owner, received);
  if (!there) co_return fail(std::move(there).error());
  Result<Keys> keys = co_await put(received, std::move(*there));
  if (!keys) co_return fail(std::move(keys).error());
  Result<Written> written = co_await deps_.database.write(
      [this, &owner, &received, &keys = *keys, now = deps_.clock.now()](db::Session& q) {
        return write(q, owner, received, keys, now);
      });
  if (!written) {
    co_await drop(std::move(*keys));
    co_return fail(std::move(written).error());
  }
  co_await drop(std::move(written->unused));
  co_return std::move(written->photos);
}

// Those that are ready or wait need not be put again; nor does a file that is twice in this upload.
task<Result<std::vector<bool>>> Intake::known(Owner owner, const Received& received) {
  co_return co_await deps_.database.read([owner, &received](db::Session& q) {
    std::vector<bool> known;
    for (std::size_t i = 0; i < received.files.size(); ++i) {
      const std::string& hash = received.files[i].sha256;
      const auto row = store::find_source(q, owner.user, owner.ruck, hash);
      known.push_back((row && row->status != status::kRefused) || first_with(received, hash) != i);
    }
    return known;
  });
}

task<Result<Intake::Keys>> Intake::put(const Received& received, std::vector<bool> known) {
  Keys keys(received.files.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (known[i]) continue;
    const std::string key = new_incoming_key(received.files[i].sha256);
    Result<> put = co_await deps_.blobs.put_file(key, received.files[i].file.path());
    if (!put) {
      co_await drop(std::move(keys));
      co_return fail(std::move(put).error());
    }
    keys[i] = key;
  }
  co_return keys;
}

Result<Intake::Written> Intake::write(db::Session& q, const Owner& owner, const Received& received,
                                      const Keys& keys, UtcUs now) const {
  Written out;
  std::int64_t count = owner.ruck ? store::count(q, *owner.ruck) : 0;
  for (std::size_t i = 0; i < received.files.size(); ++i) {
    const std::size_t first = first_with(received, received.files[i].sha256);
    if (first != i) {
      out.photos.push_back(out.photos[first]);
      continue;
    }
    auto row = store::find_source(q, owner.user, owner.ruck, received.files[i].sha256);
    if (row && row->status != status::kRefused) {
      if (row->status == status::kWaiting) enqueue(q, *row, now);  // if its job has died
      out.photos.push_back(row->id);
      if (!keys[i].empty()) out.unused.push_back(keys[i]);
      continue;
    }
    // Deleted, or refused, since it was looked up.
    if (keys[i].empty()) return fail(ErrorCode::kRetryLater);
    if (owner.ruck && ++count > kPhotosPerRuck) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("A ruck can have {} photos at most", kPhotosPerRuck));
    }
    MediaRow fresh = new_row(owner, received, i, now);
    if (row) fresh.id = row->id;
    fresh.incoming_key = keys[i];
    if (row) {
      store::wait_again(q, fresh);
    } else if (!store::insert(q, fresh)) {
      return fail(ErrorCode::kRetryLater);
    }
    enqueue(q, fresh, now);
    out.photos.push_back(fresh.id);
    files_.add();
    bytes_.add(static_cast<std::uint64_t>(fresh.source_bytes));
  }
  return out;
}

// One that stays is found by the tidying a day later.
task<> Intake::drop(std::vector<std::string> keys) {
  for (std::string& key : keys) {
    if (!key.empty()) static_cast<void>(co_await deps_.blobs.remove(std::move(key)));
  }
}

task<Result<std::vector<std::optional<MediaRow>>>> Intake::wait_for(std::vector<PhotoId> photos) {
  using SteadyClock = std::chrono::steady_clock;
  const auto end = SteadyClock::now() + kWaitMax;
  for (;;) {
    Result<std::vector<std::optional<MediaRow>>> rows =
        co_await deps_.database.read([&photos](db::Session& q) {
          std::vector<std::optional<MediaRow>> found;
          for (const PhotoId id : photos) found.push_back(store::find(q, id));
          return found;
        });
    if (!rows) co_return fail(std::move(rows).error());
    const bool is_waiting = std::ranges::any_of(
        *rows, [](const auto& row) { return row && row->status == status::kWaiting; });
    if (!is_waiting) co_return std::move(*rows);
    if (SteadyClock::now() >= end || co_await runtime::is_cancelled()) break;
    co_await runtime::sleep_for(kWaitLook);
  }
  co_return fail(Error{.code = ErrorCode::kRetryLater,
                       .message = "The picture has arrived and is still being prepared."
                                  " Try again in a moment",
                       .retry_after_s = kRetryWaiting_s});
}

Error Intake::count_failure(Error error) {
  const int status = error_row(error.code).http_status;
  if (error.code == ErrorCode::kStorageFull) {
    full_.add();
    const std::int64_t now = deps_.clock.now().time_since_epoch().count();
    std::int64_t last = full_logged_us_.load();
    const std::int64_t every = std::chrono::microseconds(kFullLogEvery).count();
    if (now - last >= every && full_logged_us_.compare_exchange_strong(last, now)) {
      telemetry::log_error("media.storage_full", {{"reason", error.detail}});
    }
  } else if (error.code == ErrorCode::kRetryLater) {
    slow_.add();
  } else {
    (status < 500 ? refused_ : failed_).add();
  }
  return error;
}

}  // namespace ruck::photos

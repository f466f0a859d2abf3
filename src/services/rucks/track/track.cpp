#include "services/rucks/track/track.hpp"

#include "http/bind.hpp"
#include "rucking/track_codec.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/track/packing.hpp"

#include <algorithm>
#include <limits>

namespace ruck::rucks {
namespace {
using rucking::HeartRateSample;
using rucking::TrackPoint;

std::expected<std::vector<TrackPoint>, rucking::CodecError> decode(std::string_view bytes,
                                                                   TrackPoint) {
  return rucking::decode_points(bytes);
}
std::expected<std::vector<HeartRateSample>, rucking::CodecError> decode(std::string_view bytes,
                                                                        HeartRateSample) {
  return rucking::decode_heart_rate(bytes);
}

constexpr auto kByTime = [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; };
constexpr auto kSameTime = [](const auto& a, const auto& b) { return a.time_ms == b.time_ms; };

template <class Sample>
Result<> append_decoded(std::string_view blocks, std::vector<Sample>& out) {
  auto samples = decode(blocks, Sample{});
  if (!samples) {
    return fail(Error{.code = ErrorCode::kDamagedData, .detail = "a track block is damaged"});
  }
  out.insert(out.end(), samples->begin(), samples->end());
  return {};
}

template <class Sample>
Result<std::vector<Sample>> load(db::Session& q, store::Key key, store::Track track,
                                 std::string_view tail) {
  std::vector<Sample> all;
  for (const ChunkRow& chunk : store::chunks(q, track, key)) {
    const Result<std::string> blocks = unpack(chunk.packing, chunk.data.data);
    if (!blocks) return fail(blocks.error());
    if (const Result<> ok = append_decoded(*blocks, all); !ok) return fail(ok.error());
  }
  if (const Result<> ok = append_decoded(tail, all); !ok) return fail(ok.error());
  // Late blocks lie behind earlier ones; where a time is there twice, the first stored wins.
  std::ranges::stable_sort(all, kByTime);
  const auto repeated = std::ranges::unique(all, kSameTime);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

// The last chunk and the tail.
template <class Sample>
Result<> append_newest(db::Session& q, store::Key key, store::Track track, std::string_view tail,
                       std::vector<Sample>& out) {
  if (const auto chunk = store::last_chunk(q, track, key)) {
    const Result<std::string> blocks = unpack(chunk->packing, chunk->data.data);
    if (!blocks) return fail(blocks.error());
    if (const Result<> ok = append_decoded(*blocks, out); !ok) return ok;
  }
  return append_decoded(tail, out);
}

template <class Sample>
std::vector<Sample> merge_into(std::vector<Sample>& all, std::span<const Sample> incoming) {
  std::vector<Sample> fresh(incoming.begin(), incoming.end());
  std::stable_sort(fresh.begin(), fresh.end(), kByTime);
  fresh.erase(std::unique(fresh.begin(), fresh.end(), kSameTime), fresh.end());
  std::erase_if(fresh, [&](const Sample& sample) {
    return std::binary_search(all.begin(), all.end(), sample, kByTime);
  });
  const auto middle = static_cast<std::ptrdiff_t>(all.size());
  all.insert(all.end(), fresh.begin(), fresh.end());
  std::inplace_merge(all.begin(), all.begin() + middle, all.end(), kByTime);
  return fresh;
}

template <class Sample>
void store_chunks(db::Session& q, store::Key key, store::Track track,
                  const std::vector<Sample>& all, Packing packing) {
  store::remove_chunks(q, track, key);
  for (std::size_t from = 0; from < all.size(); from += kPointsPerChunk) {
    const auto part = std::span(all).subspan(from, std::min(kPointsPerChunk, all.size() - from));
    std::string blocks;
    rucking::append_block(blocks, part);
    store::add_chunk(q, track, key,
                     {.first_ms = part.front().time_ms,
                      .points = static_cast<std::int64_t>(part.size()),
                      .packing = std::string(kPackingZstd),
                      .data = {pack(blocks, packing)}});
  }
}

rucking::AltitudeSource altitude_source_of(std::string_view name) {
  if (name == "barometer") return rucking::AltitudeSource::kBarometer;
  if (name == "terrain") return rucking::AltitudeSource::kTerrainModel;
  return rucking::AltitudeSource::kGps;
}

std::optional<double> as_double(const std::optional<std::int64_t>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

// Fed in the order of their times, so nothing can be out of order.
void apply(rucking::TrackEngine& engine, const EventRow& event) {
  rucking::FeedResult fed = rucking::FeedResult::kTaken;
  if (event.kind == "pause") {
    fed = engine.pause(event.at_ms);
  } else if (event.kind == "resume") {
    fed = engine.resume(event.at_ms);
  } else {
    fed = engine.set_load(event.at_ms, event.load_kg.value_or(0));
  }
  RUCK_ASSERT(fed != rucking::FeedResult::kOutOfOrder);
}
}  // namespace

Result<Track> load_track(db::Session& q, store::Key key, const ProgressRow& progress) {
  auto points = load<TrackPoint>(q, key, store::Track::kPoints, progress.tail.data);
  if (!points) return fail(std::move(points).error());
  auto heart_rate =
      load<HeartRateSample>(q, key, store::Track::kHeartRate, progress.heart_rate_tail.data);
  if (!heart_rate) return fail(std::move(heart_rate).error());
  return Track{.points = std::move(*points),
               .heart_rate = std::move(*heart_rate),
               .events = store::events(q, key)};
}

Result<Newest> load_newest(db::Session& q, store::Key key, const ProgressRow& progress) {
  Newest out;
  if (const auto ok = append_newest(q, key, store::Track::kPoints, progress.tail.data, out.points);
      !ok) {
    return fail(ok.error());
  }
  if (const auto ok = append_newest(q, key, store::Track::kHeartRate, progress.heart_rate_tail.data,
                                    out.heart_rate);
      !ok) {
    return fail(ok.error());
  }
  return out;
}

Result<rucking::TrackEngine> engine_of(db::Session& q, const RuckRow& row,
                                       const Progress& progress) {
  auto engine = rucking::TrackEngine::restore(engine_config(row), progress.state.data);
  const auto since = [](const db::Bytes& tail, std::size_t covered) {
    return std::string_view(tail.data).substr(covered);
  };
  const auto points = rucking::decode_points(since(progress.tail, progress.covered_bytes));
  const auto samples =
      rucking::decode_heart_rate(since(progress.heart_rate_tail, progress.covered_hr_bytes));
  if (!engine || !points || !samples) {
    // Of another version of the engine, a ruck without points yet, or damaged.
    auto track = load_track(q, {row.user_id, row.id}, progress);
    if (!track) return fail(std::move(track).error());
    return replay(row, *track).engine;
  }
  for (const TrackPoint& point : *points) static_cast<void>(engine->feed(point));
  for (const HeartRateSample& sample : *samples) static_cast<void>(engine->feed(sample));
  static_cast<void>(engine->drain_splits());
  return std::move(*engine);
}

std::vector<TrackPoint> merge(Track& track, std::span<const TrackPoint> points) {
  return merge_into(track.points, points);
}
std::vector<HeartRateSample> merge(Track& track, std::span<const HeartRateSample> samples) {
  return merge_into(track.heart_rate, samples);
}

void store_merged(db::Session& q, store::Key key, const Track& track, Packing packing) {
  store_chunks(q, key, store::Track::kPoints, track.points, packing);
  store_chunks(q, key, store::Track::kHeartRate, track.heart_rate, packing);
}

profile::Body body_of(const RuckRow& row) { return http::from_stored<profile::Body>(row.body); }

rucking::EngineConfig engine_config(const RuckRow& row) {
  const profile::Body body = body_of(row);
  return {.rucker = {.weight_kg = body.weight_kg,
                     .height_cm = body.height_cm,
                     .age_years = body.age_years,
                     .sex = profile::sex_of(body),
                     .resting_bpm = as_double(body.resting_hr),
                     .max_bpm = as_double(body.max_hr)},
          .load_kg = row.ruck_weight_kg,
          .altitude_source = altitude_source_of(row.altitude_source)};
}

Replayed replay(const RuckRow& row, const Track& track) {
  const std::int64_t end_ms = row.trim_end_ms.value_or(std::numeric_limits<std::int64_t>::max());
  Replayed out{.engine = rucking::TrackEngine(engine_config(row)), .splits = {}};
  auto event = track.events.begin();
  for (const TrackPoint& point : track.points) {
    if (point.time_ms > end_ms) break;
    for (; event != track.events.end() && event->at_ms < point.time_ms; ++event)
      apply(out.engine, *event);
    RUCK_ASSERT(out.engine.feed(point) != rucking::FeedResult::kOutOfOrder);
  }
  for (; event != track.events.end() && event->at_ms <= end_ms; ++event) apply(out.engine, *event);
  for (const HeartRateSample& sample : track.heart_rate) {
    if (sample.time_ms <= end_ms) static_cast<void>(out.engine.feed(sample));
  }
  out.splits = out.engine.drain_splits();
  const auto open = out.engine.open_splits();
  out.splits.insert(out.splits.end(), open.begin(), open.end());
  rucking::add_heart_rate(out.splits, track.heart_rate);
  return out;
}

}  // namespace ruck::rucks

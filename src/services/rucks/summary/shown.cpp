#include "services/rucks/summary/shown.hpp"

#include "rucking/ruck_ends.hpp"
#include "rucking/track_codec.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ruck::rucks {
namespace {
using rucking::RuckEnd;
using rucking::TrackPoint;

struct TimeRange {
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
};

std::vector<RuckEnd> all_ends(const RuckRow& row, const Track& track, std::vector<RuckEnd> known) {
  rucking::add_ends(known, rucking::ends_of(track.points));
  if (!row.trim_end_ms) return known;
  // Where the owner cut it is an end, too; where it really ended stays one.
  const auto cut =
      std::ranges::upper_bound(track.points, *row.trim_end_ms, {}, &TrackPoint::time_ms);
  rucking::add_ends(known, rucking::ends_of({track.points.begin(), cut}));
  return known;
}

// The part of a recording that lies in a range of time, as a recording of its own: with the load
// that was carried then.
Track part_of(const Track& track, TimeRange range, double& load_kg) {
  Track part;
  const auto is_in = [&](std::int64_t ms) { return ms >= range.first_ms && ms <= range.last_ms; };
  for (const TrackPoint& point : track.points) {
    if (is_in(point.time_ms)) part.points.push_back(point);
  }
  for (const rucking::HeartRateSample& sample : track.heart_rate) {
    if (is_in(sample.time_ms)) part.heart_rate.push_back(sample);
  }
  for (const EventRow& event : track.events) {
    if (event.kind == "load" && event.at_ms < range.first_ms) load_kg = event.load_kg.value_or(0);
    if (is_in(event.at_ms)) part.events.push_back(event);
  }
  return part;
}

rucking::ExactTotals totals_of(const RuckRow& row, const Track& track,
                               std::span<const TimeRange> ranges) {
  rucking::ExactTotals sum{.load_kg = row.ruck_weight_kg};
  for (const TimeRange& range : ranges) {
    RuckRow part_row = row;
    const Track part = part_of(track, range, part_row.ruck_weight_kg);
    const rucking::Totals totals = replay(part_row, part).engine.totals();
    sum.distance_m += totals.distance_m;
    sum.duration_s += totals.active_s();
    sum.elevation_gain_m += totals.gain_m;
    sum.elevation_loss_m += totals.loss_m;
    sum.calories_kcal += server_kcal(part_row, totals);
  }
  return sum;
}

rucking::ExactTotals exact_totals(const RuckRow& row) {
  return {.distance_m = row.distance_m,
          .duration_s = row.duration_s,
          .elevation_gain_m = row.elevation_gain_m,
          .elevation_loss_m = row.elevation_loss_m,
          .calories_kcal = row.calories_kcal,
          .load_kg = row.ruck_weight_kg};
}

// Others are told the hour: with the minute of the last visible point and the moment at which a
// finished ruck appears in a list, the length of the hidden way home would be known.
UtcUs hour_of(UtcUs time) { return UtcUs(std::chrono::floor<std::chrono::hours>(time)); }

void show_nothing(RuckRow& row) {
  row.shown_started_at.reset();
  row.shown_at = 0;
  row.shown_distance_m = 0;
  row.shown_duration_s = 0;
  row.shown_gain_m = 0;
  row.shown_loss_m = 0;
  row.shown_kcal = 0;
  row.place_cell.reset();
}

// Stored rounded: lists sort by what is shown, to the last digit.
void take(RuckRow& row, const rucking::ExactTotals& totals) {
  const rucking::PublicTotals shown = rucking::public_totals(totals);
  row.shown_distance_m = std::round(shown.distance_km * 10) * 100;
  row.shown_duration_s = static_cast<double>(shown.duration_s);
  row.shown_gain_m = static_cast<double>(shown.elevation_gain_m);
  row.shown_loss_m = static_cast<double>(shown.elevation_loss_m);
  row.shown_kcal = static_cast<double>(shown.calories_kcal);
}

// The end follows from the start and the time that is shown.
void take_times(RuckRow& row, UtcUs started) {
  row.shown_started_at = hour_of(started);
  const UtcUs ended =
      *row.shown_started_at + std::chrono::seconds(static_cast<std::int64_t>(row.shown_duration_s));
  row.shown_at = std::max<std::int64_t>(1, ended.time_since_epoch().count());
}

void show_whole(RuckRow& row) {
  take(row, exact_totals(row));
  take_times(row, row.started_at.value_or(row.created_at));
}

void show_visible(RuckRow& row, const Track& track, std::span<const TrackPoint> line,
                  std::span<const rucking::Piece> pieces) {
  if (pieces.empty()) return;
  std::vector<TimeRange> ranges;
  for (const rucking::Piece& piece : pieces) {
    ranges.push_back({.first_ms = line[piece.first].time_ms,
                      .last_ms = line[piece.first + piece.count - 1].time_ms});
  }
  take(row, totals_of(row, track, ranges));
  take_times(row, to_us(utc_ms(ranges.front().first_ms)));
}

std::string encode_ends(std::span<const RuckEnd> ends) {
  std::vector<TrackPoint> points;
  for (const RuckEnd& end : ends) {
    points.push_back({.time_ms = std::ssize(points),
                      .lat_e7 = static_cast<std::int32_t>(std::llround(end.at.lat_deg * 1e7)),
                      .lng_e7 = static_cast<std::int32_t>(std::llround(end.at.lng_deg * 1e7)),
                      .accuracy_hm = static_cast<std::uint16_t>(std::lround(end.accuracy_m * 2))});
  }
  std::string bytes;
  rucking::append_block(bytes, points);
  return bytes;
}

std::vector<RuckEnd> decode_ends(std::string_view bytes) {
  std::vector<RuckEnd> ends;
  const auto points = rucking::decode_points(bytes);
  if (!points) return std::vector<RuckEnd>(rucking::kRuckEndsMax);  // damaged: nothing is shown
  for (const TrackPoint& point : *points) {
    ends.push_back({.at = point.position(), .accuracy_m = point.accuracy_m().value_or(0)});
  }
  return ends;
}

Result<Track> track_of(db::Session& q, const RuckRow& row) {
  const store::Key key{row.user_id, row.id};
  const auto progress = find_progress(q, key);
  if (!progress) return fail(ErrorCode::kRuckNotFound);
  return load_track(q, key, *progress);
}

std::vector<TrackPoint> points_of(std::string_view line) {
  auto points = rucking::decode_points(line);
  return points ? std::move(*points) : std::vector<TrackPoint>();
}
}  // namespace

Shown show(RuckRow& row, const Track& track, std::span<const TrackPoint> line,
           const people::OwnerPrivacy& privacy, std::vector<RuckEnd> known_ends) {
  Shown out;
  show_nothing(row);
  row.shown_epoch = privacy.epoch;
  if (track.points.empty()) {
    show_whole(row);
    return out;
  }
  out.ends = all_ends(row, track, std::move(known_ends));
  if (out.ends.size() < rucking::kRuckEndsMax) out.hidden = privacy.hide(row.id, out.ends);
  const std::vector<rucking::Piece> pieces = rucking::visible_pieces(line, out.hidden);
  if (privacy.show_full_totals) {
    show_whole(row);
  } else {
    show_visible(row, track, line, pieces);
  }
  const std::int64_t start_us =
      row.shown_started_at ? row.shown_started_at->time_since_epoch().count() : 0;
  out.pieces = rucking::cut(line, pieces, start_us / 1000);
  const auto longest = std::ranges::max_element(out.pieces, {}, &std::vector<TrackPoint>::size);
  if (longest != out.pieces.end()) {
    row.place_cell = place_cell_of((*longest)[longest->size() / 2].position());
  }
  return out;
}

void show_and_keep(db::Session& q, RuckRow& row, const Track& track, const std::string& line) {
  const store::Key key{row.user_id, row.id};
  const auto known = store::shown(q, key);
  const people::OwnerPrivacy privacy = people::privacy_of(q, row.user_id);
  const Shown shown = show(row, track, points_of(line), privacy,
                           decode_ends(known && known->ends ? known->ends->data : std::string()));
  people::keep_anchors(q, row.user_id, shown.hidden.new_anchors());
  store::put_line(q, key,
                  {.line = {line},
                   .shown = db::Bytes{encode_pieces(shown.pieces)},
                   .ends = db::Bytes{encode_ends(shown.ends)}});
}

PublicSide public_side(db::Session& q, RuckRow row) {
  PublicSide side{.row = std::move(row), .pieces = {}};
  const bool is_current = side.row.shown_epoch == store::privacy_epoch(q, side.row.user_id);
  if (!is_current || side.row.shown_at == 0) {
    show_nothing(side.row);
    return side;
  }
  const auto kept = store::shown(q, {side.row.user_id, side.row.id});
  if (kept && kept->shown) side.pieces = decode_pieces(kept->shown->data);
  return side;
}

Result<Preview> preview_of(db::Session& q, RuckRow row) {
  const Result<Track> track = track_of(q, row);
  if (!track) return fail(track.error());
  const store::Key key{row.user_id, row.id};
  const auto known = store::shown(q, key);
  const auto line = store::line(q, key);
  Preview preview{.side = {.row = std::move(row), .pieces = {}}, .hidden = {}};
  Shown shown =
      show(preview.side.row, *track, points_of(line.value_or("")), people::privacy_of(q, key.user),
           decode_ends(known && known->ends ? known->ends->data : std::string()));
  preview.side.pieces = std::move(shown.pieces);
  preview.hidden = shown.hidden.circles();
  return preview;
}

Result<bool> refresh_some(db::Session& q, UserId owner, std::int64_t limit) {
  const std::int64_t epoch = store::privacy_epoch(q, owner);
  const auto rows = store::shown_before(q, owner, epoch, limit);
  std::set<Day> days;
  for (RuckRow row : rows) {
    const Result<Track> track = track_of(q, row);
    if (track) {
      const auto line = store::line(q, {row.user_id, row.id});
      show_and_keep(q, row, *track, line.value_or(""));
    } else {
      // One damaged ruck must not keep the others hidden; nothing of it is shown.
      show_nothing(row);
      row.shown_epoch = epoch;
    }
    store::update(q, row);
    if (row.local_day) days.insert(*row.local_day);
  }
  for (const Day day : days) refresh_day(q, owner, day);
  if (std::ssize(rows) == limit) return true;
  static_cast<void>(people::end_refresh(q, owner, epoch));
  return false;
}

std::string encode_pieces(std::span<const std::vector<TrackPoint>> pieces) {
  std::string bytes;
  for (const std::vector<TrackPoint>& piece : pieces) rucking::append_block(bytes, piece);
  return bytes;
}

std::vector<std::vector<TrackPoint>> decode_pieces(std::string_view bytes) {
  std::vector<std::vector<TrackPoint>> pieces;
  while (!bytes.empty()) {
    std::vector<TrackPoint> piece;
    const auto taken = rucking::decode_block(bytes, piece);
    if (!taken) return {};
    bytes.remove_prefix(*taken);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace ruck::rucks

// Lists of rucks: everybody's, of those one follows, near, of one user. One query each, whatever
// the size of the page: what others are shown is kept with each ruck.
#include "base/text.hpp"
#include "base/whole_number.hpp"
#include "services/feed/service.hpp"
#include "services/feed/store.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/shown.hpp"
#include "services/rucks/summary/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ruck::feed {
namespace {
using store::FeedRow;
using store::Slice;

constexpr double kTopKey = 9e15;  // above every time in microseconds, distance and energy
constexpr std::int64_t kTopId = std::int64_t{1} << 60;

Sort sort_of(std::string_view name) {
  if (name == "proximity_asc") return Sort::kNearby;
  if (name == "distance_desc") return Sort::kDistance;
  if (name == "duration_desc") return Sort::kDuration;
  if (name == "calories_desc") return Sort::kCalories;
  if (name == "elevation_gain_desc") return Sort::kClimb;
  return Sort::kRecent;
}

double key_of(const store::KeysRow& keys, Sort sort) {
  switch (sort) {
    case Sort::kDistance:
      return keys.distance_m;
    case Sort::kDuration:
      return keys.duration_s;
    case Sort::kCalories:
      return keys.calories_kcal;
    case Sort::kClimb:
      return keys.elevation_gain_m;
    case Sort::kRecent:
    case Sort::kNearby:
      break;
  }
  return static_cast<double>(keys.shown_at);
}

// A cursor is the id of the last ruck of a page. It stands for what is shown of that ruck: with
// exact keys a ruck of one's own would be a ruler to measure others by.
Result<Slice> slice_of(db::Session& q, UserId viewer, const Window& window, Sort sort,
                       bool is_own_list = false) {
  Slice slice{.key = kTopKey,
              .id = kTopId,
              .limit = window.per_page + 1,  // one more: whether there is a next page
              .offset = (window.page - 1) * window.per_page};
  if (!window.cursor) return slice;
  const auto id = parse_number<std::int64_t>(*window.cursor);
  const auto keys = id ? store::keys(q, viewer, RuckId(*id)) : std::nullopt;
  if (!keys || (is_own_list && keys->user_id != viewer)) {
    return fail(ErrorCode::kInvalidInput,
                "query.cursor: expected the next_cursor of a reply; its ruck may be gone");
  }
  slice.key = is_own_list ? static_cast<double>(keys->listed_at) : key_of(*keys, sort);
  slice.id = *id;
  slice.offset = 0;
  return slice;
}

// Of one's own ruck the whole line, of others' the pieces that are kept for others.
std::vector<std::vector<rucking::TrackPoint>> pieces_of(const FeedRow& row) {
  return row.line ? rucks::decode_pieces(row.line->data)
                  : std::vector<std::vector<rucking::TrackPoint>>();
}

std::vector<CardPoint> card_line(const std::vector<rucks::RoutePoint>& points) {
  const auto rounded = [](double degrees) { return std::round(degrees * 1e6) / 1e6; };
  std::vector<CardPoint> line;
  line.reserve(points.size());
  for (const rucks::RoutePoint& point : points) {
    line.push_back(
        {.lat = rounded(point.lat), .lng = rounded(point.lng), .timestamp = point.timestamp});
  }
  return line;
}

void take_exact(FeedRuck& out, const FeedRow& row) {
  out.distance_km = std::round(row.distance_m) / 1000;
  out.duration_seconds = whole_number(row.duration_s);
  out.calories_burned = whole_number(row.calories_kcal);
  out.elevation_gain_m = std::round(row.elevation_gain_m * 10) / 10;
  out.elevation_loss_m = std::round(row.elevation_loss_m * 10) / 10;
  out.average_pace = row.distance_m < 10 ? 0 : std::round(row.duration_s / row.distance_m * 1000);
  out.started_at = row.started_at;
  out.completed_at = row.completed_at;
  out.created_at = row.created_at;
  const auto pieces = pieces_of(row);
  if (!pieces.empty()) {
    out.location_points = card_line(rucks::route_of(pieces.front(), kRoutePointsMax));
  }
}

void take_public(FeedRuck& out, const FeedRow& row) {
  const rucking::PublicTotals totals = rucking::public_totals({.distance_m = row.shown_distance_m,
                                                               .duration_s = row.shown_duration_s,
                                                               .elevation_gain_m = row.shown_gain_m,
                                                               .elevation_loss_m = row.shown_loss_m,
                                                               .calories_kcal = row.shown_kcal,
                                                               .load_kg = row.ruck_weight_kg});
  out.distance_km = totals.distance_km;
  out.duration_seconds = totals.duration_s;
  out.calories_burned = totals.calories_kcal;
  out.elevation_gain_m = static_cast<double>(totals.elevation_gain_m);
  out.elevation_loss_m = static_cast<double>(totals.elevation_loss_m);
  out.average_pace = totals.pace_s_per_km;
  out.power_points = totals.power_points;
  out.started_at = row.shown_started_at;
  out.completed_at = utc_us(row.shown_at);
  // When the phone created it is when the rucker left the door.
  out.created_at = row.shown_started_at.value_or(utc_us(row.shown_at));
  const rucks::PublicRoute route = rucks::public_route(pieces_of(row), kRoutePointsMax);
  out.location_points = card_line(route.longest);
  if (route.pieces.size() < 2) return;
  std::vector<std::vector<CardPoint>> pieces;
  for (const auto& piece : route.pieces) pieces.push_back(card_line(piece));
  out.route_pieces = std::move(pieces);
}

FeedRuck view_of(const FeedRow& row, UserId viewer) {
  const people::Visibility visibility = people::visibility_of(row.visibility);
  FeedRuck out{.id = row.id,
               .user_id = row.user_id,
               .username = row.username,
               .avatar_url = row.avatar_url,
               .gender = row.gender,
               .title = row.title,
               .status = row.status,
               .ruck_weight_kg = row.ruck_weight_kg,
               .is_public = visibility != people::Visibility::kPrivate,
               .visibility = visibility,
               .is_manual = row.is_manual,
               .like_count = row.likes,
               .comment_count = row.comments,
               .is_liked_by_current_user = row.is_liked,
               .first_ruck = row.is_first,
               .user = {.id = row.user_id,
                        .username = row.username,
                        .avatar_url = row.avatar_url,
                        .gender = row.gender}};
  if (row.user_id == viewer) {
    take_exact(out, row);
  } else {
    take_public(out, row);
  }
  return out;
}

// Beside each ruck its own; both are in the order of the rucks they name.
void add_photos(FeedReply& reply, std::vector<rucks::RuckPhoto> photos) {
  for (FeedRuck& ruck : reply.ruck_sessions) {
    for (rucks::RuckPhoto& photo : photos) {
      if (photo.ruck_id == ruck.id) ruck.photos.push_back(std::move(photo));
    }
  }
}

// One's own cell and those around it; the columns close around the Earth.
std::array<std::int64_t, store::kCells> cells_around(rucking::Position at) {
  const std::int64_t own = rucks::place_cell_of(at);
  const std::int64_t row = own / rucks::kPlaceCellsAround;
  const std::int64_t column = own % rucks::kPlaceCellsAround;
  std::array<std::int64_t, store::kCells> cells{};
  std::size_t i = 0;
  for (std::int64_t up = -kNearbyCells; up <= kNearbyCells; ++up) {
    for (std::int64_t east = -kNearbyCells; east <= kNearbyCells; ++east) {
      const std::int64_t wrapped =
          (column + east + rucks::kPlaceCellsAround) % rucks::kPlaceCellsAround;
      cells.at(i++) = (row + up) * rucks::kPlaceCellsAround + wrapped;
    }
  }
  return cells;
}

template <class T>
T clamped(const std::optional<T>& value, T fallback, T most) {
  return std::clamp<T>(value.value_or(fallback), 1, most);
}
}  // namespace

FeedReply FeedService::reply_of(db::Session& q, UserId viewer, std::vector<FeedRow> rows,
                                const Window& window) const {
  FeedReply reply{.meta = {.per_page = window.per_page, .page = window.page}};
  reply.meta.has_more = std::ssize(rows) > window.per_page;
  if (reply.meta.has_more) {
    rows.pop_back();
    reply.meta.next_cursor = std::to_string(rows.back().id.value());
  }
  reply.ruck_sessions.reserve(rows.size());
  std::vector<RuckId> with_photos;
  for (const FeedRow& row : rows) {
    reply.ruck_sessions.push_back(view_of(row, viewer));
    if (row.has_photos) with_photos.push_back(row.id);
  }
  if (!with_photos.empty()) {
    add_photos(reply, photos_.of(q, viewer, with_photos, kPhotosOnCardMax));
  }
  reply.meta.count = std::ssize(reply.ruck_sessions);
  return reply;
}

task<Result<FeedReply>> FeedService::feed(Viewer viewer, FeedQuery query) {
  const UtcUs since = clock_.now() - kFollowingWindow;
  co_return co_await database_.read([this, me = viewer.user, query = std::move(query),
                                     since](db::Session& q) -> Result<FeedReply> {
    Sort sort = sort_of(query.sort_by);
    const bool knows_place = query.latitude && query.longitude;
    if (sort == Sort::kNearby && (!knows_place || query.following_only)) sort = Sort::kRecent;
    const Window window{.page = query.page, .per_page = query.per_page, .cursor = query.cursor};
    const Result<Slice> slice = slice_of(q, me, window, sort);
    if (!slice) return fail(slice.error());
    std::vector<FeedRow> rows;
    if (query.following_only) {
      rows = store::following(q, me, sort, *slice, since);
    } else if (sort == Sort::kNearby) {
      rows = store::nearby(
          q, me, cells_around({.lat_deg = *query.latitude, .lng_deg = *query.longitude}), *slice);
    } else {
      rows = store::feed(q, me, sort, *slice);
    }
    FeedReply reply = reply_of(q, me, std::move(rows), window);
    reply.meta.sort_by = query.sort_by;
    return reply;
  });
}

task<Result<FeedReply>> FeedService::public_sessions(Viewer viewer,
                                                     http::Lenient<PublicSessionsCall> call) {
  const PublicSessionsCall& c = call.value;
  co_return co_await feed(viewer, {.page = clamped(c.p_page, std::int64_t{1}, kPageMax),
                                   .per_page = clamped(c.p_per_page, std::int64_t{20}, kPerPageMax),
                                   .sort_by = c.p_sort_by.value_or("created_at_desc"),
                                   .following_only = c.p_following_only.value_or(false),
                                   .latitude = c.p_latitude,
                                   .longitude = c.p_longitude});
}

task<Result<FeedReply>> FeedService::rucks_of(Viewer viewer, UserId user, UserRucksQuery query) {
  co_return co_await database_.read([this, me = viewer.user, user, query = std::move(query)](
                                        db::Session& q) -> Result<FeedReply> {
    const auto standing = people::standing_of(q, me, user);
    if (!standing || (standing->is_blocked && !standing->is_self))
      return fail(ErrorCode::kUserNotFound);
    const Window window{.page = query.page, .per_page = query.per_page, .cursor = query.cursor};
    const Result<Slice> slice = slice_of(q, me, window, Sort::kRecent, standing->is_self);
    if (!slice) return fail(slice.error());
    auto rows = standing->is_self ? store::own(q, me, *slice) : store::of_user(q, me, user, *slice);
    FeedReply reply = reply_of(q, me, std::move(rows), window);
    reply.meta.sort_by = "completed_at_desc";
    return reply;
  });
}

task<Result<std::vector<RecentSession>>> FeedService::recent_sessions(
    Viewer viewer, http::Lenient<RecentSessionsCall> call) {
  const UserId user = call.value.p_user_id ? UserId(*call.value.p_user_id) : viewer.user;
  Result<FeedReply> reply = co_await rucks_of(
      viewer, user, {.per_page = clamped(call.value.p_limit, std::int64_t{20}, kPerPageMax)});
  if (!reply) co_return fail(std::move(reply).error());
  std::vector<RecentSession> sessions;
  for (FeedRuck& ruck : reply->ruck_sessions) {
    RecentSession session{std::move(ruck)};
    session.route = session.location_points;
    session.locationPoints = session.location_points;
    sessions.push_back(std::move(session));
  }
  co_return sessions;
}

}  // namespace ruck::feed

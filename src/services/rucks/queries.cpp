// What is read of rucks.
#include "http/json/writer.hpp"
#include "rucking/track_codec.hpp"
#include "services/people/visibility.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/rules.hpp"
#include "services/rucks/service.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/summary/shown.hpp"
#include "services/rucks/summary/views.hpp"
#include "services/rucks/track/progress.hpp"

namespace ruck::rucks {
namespace {
struct Found {
  RuckRow row;
  bool is_owner = false;
};

// The ruck as this viewer may see it; whoever may not gets what an unknown id gets. Under way it is
// the owner's only: others follow it live, on routes of their own.
Result<Found> find_for(db::Session& q, UserId viewer, const RuckRef& ref) {
  if (auto own = find(q, viewer, ref)) return Found{.row = std::move(*own), .is_owner = true};
  const auto access = ref.id ? people::access_to_ruck(q, viewer, *ref.id) : std::nullopt;
  if (!access || access->status != status::kCompleted) return fail(ErrorCode::kRuckNotFound);
  auto row = store::find(q, {access->owner, *ref.id});
  if (!row) return fail(ErrorCode::kRuckNotFound);
  return Found{.row = std::move(*row), .is_owner = false};
}

Result<Track> track_of(db::Session& q, const RuckRow& row) {
  const auto progress = find_progress(q, {row.user_id, row.id});
  if (!progress) return fail(ErrorCode::kRuckNotFound);
  Result<Track> track = load_track(q, {row.user_id, row.id}, *progress);
  if (track && row.trim_end_ms) {
    std::erase_if(track->points, [&](const auto& p) { return p.time_ms > *row.trim_end_ms; });
    std::erase_if(track->heart_rate, [&](const auto& s) { return s.time_ms > *row.trim_end_ms; });
  }
  return track;
}

profile::PublicUser public_user(db::Session& q, UserId user) {
  const auto row = profile::find_user(q, user);
  if (!row) return {.id = user};
  return {
      .id = user, .username = row->username, .avatar_url = row->avatar_url, .gender = row->gender};
}

// Drawn from the simplified line, which lists and maps use, never from the points.
std::vector<rucking::TrackPoint> line_points(db::Session& q, const RuckRow& row) {
  const auto line = store::line(q, {row.user_id, row.id});
  auto points = line ? rucking::decode_points(*line)
                     : std::expected<std::vector<rucking::TrackPoint>, rucking::CodecError>();
  return points ? std::move(*points) : std::vector<rucking::TrackPoint>();
}

std::string words_for(people::Visibility visibility, bool is_private_profile) {
  if (visibility == people::Visibility::kPrivate) return "Only you can see this ruck";
  if (visibility == people::Visibility::kFollowers || is_private_profile) {
    return "Your followers can see this ruck as shown here";
  }
  return "Everybody can see this ruck as shown here";
}
}  // namespace

namespace {
// The date that a text begins with, which may go on with a time.
Day day_in(const std::optional<std::string>& text, Day otherwise) {
  constexpr std::size_t kDateLength = 10;
  return parse_date(std::string_view(text ? *text : "").substr(0, kDateLength)).value_or(otherwise);
}
store::Page page_of(const ListQuery& query) {
  constexpr Day kFirst = Day(std::chrono::days(0));
  constexpr Day kLast = Day(std::chrono::days(100'000));  // the year 2243
  return {.limit = query.limit,
          .offset = query.offset,
          .first = day_in(query.start_date, kFirst),
          .last = day_in(query.end_date, kLast),
          .min_distance_m = query.min_distance_km * 1000,
          .min_load_kg = query.min_load_kg};
}
json::Omittable<RuckView> best_view(db::Session& q, UserId user, store::Measure measure,
                                    double min_distance_km) {
  const auto row = store::best(q, user, measure, min_distance_km * 1000);
  return row ? json::Omittable<RuckView>(view_of(*row)) : json::Omittable<RuckView>();
}
}  // namespace
Result<SeenRuck> see_ruck(db::Session& q, UserId viewer, const RuckRef& ref) {
  const Result<Found> found = find_for(q, viewer, ref);
  if (!found) return fail(found.error());
  const RuckRow& row = found->row;
  SeenRuck seen{.id = row.id, .owner = row.user_id, .is_owner = found->is_owner, .pieces = {}};
  const auto nobody = people::standing_of(q, std::nullopt, row.user_id);
  const auto visibility = people::visibility_of(row.visibility);
  seen.is_open = nobody && row.status == status::kCompleted &&
                 people::access_to(*nobody, visibility) != people::Access::kHidden;
  if (!seen.is_owner) {
    seen.pieces = public_route(public_side(q, row).pieces, kDetailsPointsMax).pieces;
  }
  return seen;
}

void set_has_photos(db::Session& q, UserId owner, RuckId ruck, bool has_photos) {
  store::set_has_photos(q, {owner, ruck}, has_photos);
}

std::vector<json::Raw> recent_rucks(db::Session& q, UserId viewer, UserId owner,
                                    std::size_t limit) {
  std::vector<json::Raw> rendered;
  const auto count = static_cast<std::int64_t>(limit);
  if (viewer == owner) {  // one's own, exact and whole
    for (const RuckRow& row : store::recent_own(q, owner, count)) {
      rendered.push_back({json::to_text(view_of(row))});
    }
    return rendered;
  }
  for (const RuckRow& row : store::recent_visible(q, viewer, owner, count)) {
    rendered.push_back({json::to_text(public_view_of(row))});
  }
  return rendered;
}

PublicRuckDetails RuckService::details_for_others(db::Session& q, UserId viewer,
                                                  const PublicSide& side) const {
  PublicRuckDetails shown{public_view_of(side.row), extra_of(q, viewer, side.row), {}};
  shown.elevation_gain_meters = shown.elevation_gain_m;
  shown.elevation_loss_meters = shown.elevation_loss_m;
  PublicRoute route = public_route(side.pieces, kDetailsPointsMax);
  shown.route = std::move(route.longest);
  shown.location_points = shown.route;
  shown.route_pieces = std::move(route.pieces);
  return shown;
}

std::vector<RuckPhoto> RuckService::photos_of(db::Session& q, UserId viewer,
                                              const RuckRow& row) const {
  if (!row.has_photos) return {};
  return deps_.photos.of(q, viewer, {row.id}, kPhotosShownMax);
}

DetailsExtra RuckService::extra_of(db::Session& q, UserId viewer, const RuckRow& row) const {
  const Reactions reactions = deps_.reactions.of(q, viewer, row.id);
  return {.user = public_user(q, row.user_id),
          .like_count = reactions.likes,
          .comment_count = reactions.comments,
          .is_liked_by_current_user = reactions.is_liked,
          .photos = photos_of(q, viewer, row)};
}

task<Result<std::vector<RuckView>>> RuckService::list(Viewer viewer, ListQuery query) {
  co_return co_await deps_.database.read(
      [user = viewer.user, page = page_of(query)](db::Session& q) {
        std::vector<RuckView> views;
        for (const RuckRow& row : store::list(q, user, page)) views.push_back(view_of(row));
        return views;
      });
}

task<Result<RecordsView>> RuckService::records(Viewer viewer) {
  co_return co_await deps_.database.read([user = viewer.user](db::Session& q) {
    using store::Measure;
    return RecordsView{
        .longest = best_view(q, user, Measure::kDistance, 0),
        .longest_time = best_view(q, user, Measure::kDuration, 0),
        .fastest = best_view(q, user, Measure::kPace, kRecordPaceMinKm),
        .most_climb = best_view(q, user, Measure::kClimb, 0),
        .heaviest = best_view(q, user, Measure::kLoad, kRecordLoadMinKm),
        .most_energy = best_view(q, user, Measure::kEnergy, 0),
    };
  });
}

task<Result<RecordedTrack>> RuckService::recorded(Viewer viewer, RuckRef ref) {
  co_return co_await deps_.database.read(
      [user = viewer.user, ref](db::Session& q) -> Result<RecordedTrack> {
        const auto row = find(q, user, ref);  // the owner's only
        if (!row) return fail(ErrorCode::kRuckNotFound);
        Result<Track> track = track_of(q, *row);
        if (!track) return fail(track.error());
        return RecordedTrack{.ruck = view_of(*row), .track = std::move(*track)};
      });
}

task<Result<RuckService::RuckReply>> RuckService::get(Viewer viewer, RuckRef ref) {
  co_return co_await deps_.database.read([this, user = viewer.user,
                                          ref](db::Session& q) -> Result<RuckReply> {
    const Result<Found> found = find_for(q, user, ref);
    if (!found) return fail(found.error());
    if (!found->is_owner) {
      const PublicSide side = public_side(q, found->row);
      PublicRuckWithRoute shown{public_view_of(side.row)};
      PublicRoute route = public_route(side.pieces, kDetailsPointsMax);
      shown.route = std::move(route.longest);
      shown.location_points = shown.route;
      shown.locationPoints = shown.route;
      shown.route_pieces = std::move(route.pieces);
      shown.photos = photos_of(q, user, found->row);
      return RuckReply(std::move(shown));
    }
    const Result<Track> track = track_of(q, found->row);
    if (!track) return fail(track.error());
    const bool under_way = is_live(found->row.status);
    RuckWithTrack own{under_way ? view_of(found->row, replay(found->row, *track).engine.totals())
                                : view_of(found->row)};
    own.splits = own_splits(q, found->row);
    own.location_points = points_as_json(track->points);
    own.locationPoints = own.location_points;
    own.route = own.location_points;
    own.photos = photos_of(q, user, found->row);
    return RuckReply(std::move(own));
  });
}

task<Result<RuckService::DetailsReply>> RuckService::details(Viewer viewer, RuckRef ref) {
  co_return co_await deps_.database.read(
      [this, user = viewer.user, ref](db::Session& q) -> Result<DetailsReply> {
        const Result<Found> found = find_for(q, user, ref);
        if (!found) return fail(found.error());
        const RuckRow& row = found->row;
        if (!found->is_owner) {
          return DetailsReply(details_for_others(q, user, public_side(q, row)));
        }
        const RuckView view = view_of(row);
        DetailsExtra extra = extra_of(q, user, row);
        extra.elevation_gain_meters = view.elevation_gain_m;
        extra.elevation_loss_meters = view.elevation_loss_m;
        extra.route = route_of(line_points(q, row), kDetailsPointsMax);
        extra.location_points = extra.route;
        return DetailsReply(RuckDetails{view, std::move(extra), own_splits(q, row)});
      });
}

task<Result<PreviewReply>> RuckService::preview(Viewer viewer, RuckRef ref) {
  co_return co_await deps_.database.read(
      [this, user = viewer.user, ref](db::Session& q) -> Result<PreviewReply> {
        const auto row = find(q, user, ref);  // the owner's only
        if (!row) return fail(ErrorCode::kRuckNotFound);
        const people::Visibility visibility = people::visibility_of(row->visibility);
        const Result<Preview> seen = preview_of(q, *row);
        if (!seen) return fail(seen.error());
        RuckPreview preview{.ruck = details_for_others(q, user, seen->side)};
        for (RuckPhoto& photo : preview.ruck.photos) photo = public_photo(std::move(photo));
        for (const rucking::Circle& circle : seen->hidden) {
          preview.hidden.push_back({.latitude = circle.centre.lat_deg,
                                    .longitude = circle.centre.lng_deg,
                                    .radius_m = circle.radius_m});
        }
        const auto owner = profile::find_user(q, user);
        preview.visible_to = words_for(visibility, owner && owner->is_private);
        return PreviewReply{.data = std::move(preview)};
      });
}

task<Result<std::vector<HeartRateView>>> RuckService::heart_rate(Viewer viewer, RuckRef ref,
                                                                 HeartRateQuery query) {
  co_return co_await deps_.database.read(
      [user = viewer.user, ref, query](db::Session& q) -> Result<std::vector<HeartRateView>> {
        const auto row = find(q, user, ref);  // the owner's only
        if (!row) return fail(ErrorCode::kRuckNotFound);
        const Result<Track> track = track_of(q, *row);
        if (!track) return fail(track.error());
        std::vector<HeartRateView> views;
        const std::size_t all = track->heart_rate.size();
        const std::size_t count = query.all ? all : std::min(all, kHeartRateShownMax);
        for (std::size_t k = 0; k < count; ++k) {
          const std::size_t index = count == 1 ? 0 : k * (all - 1) / (count - 1);
          const rucking::HeartRateSample& sample = track->heart_rate[index];
          views.push_back({.id = static_cast<std::int64_t>(index) + 1,
                           .session_id = row->id,
                           .timestamp = utc_ms(sample.time_ms),
                           .bpm = sample.bpm});
        }
        return views;
      });
}

}  // namespace ruck::rucks

#include "services/people/service.hpp"

#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/people/jobs.hpp"
#include "services/people/store.hpp"
#include "services/people/zones.hpp"
#include "services/profile/names.hpp"
#include "services/profile/topics.hpp"
#include "services/stats/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ruck::people {
namespace {
std::optional<std::string> as_text(const std::optional<RuckId>& id) {
  return id ? std::optional(std::to_string(id->value())) : std::nullopt;
}

Person person_of(const store::PersonRow& row) {
  return {.id = row.id,
          .username = row.username,
          .avatarUrl = row.avatar_url,
          .isFollowing = row.is_following,
          .isPrivateProfile = row.is_private,
          .followedAt = row.followed_at,
          .activeRuckId = as_text(row.active_ruck),
          .allowLiveFollowing = row.active_ruck.has_value(),
          .isFollowRequested = row.is_requested};
}

FoundUser found_user(const store::FoundRow& row) {
  return {.id = row.id,
          .username = row.username,
          .avatarUrl = row.avatar_url,
          .isFollowing = row.is_following,
          .isPrivateProfile = row.is_private,
          .isFollowRequested = row.is_requested};
}

// "<microseconds>_<id>" of the last row of a page.
std::string cursor_of(const Person& last) {
  return fmt::format("{}_{}", last.followedAt.time_since_epoch().count(),
                     last.id.value().to_string());
}

// One row more than a page is read: whether there is a next one.
Result<store::Slice> slice_of(const PageQuery& query, std::int64_t per_page) {
  constexpr std::uint8_t kAll = 0xff;
  Uuid::Bytes last{};
  last.fill(kAll);
  store::Slice slice{.before_us = std::numeric_limits<std::int64_t>::max(),
                     .before_id = Uuid(last),
                     .limit = per_page + 1,
                     .offset = (query.page - 1) * per_page};
  if (!query.cursor) return slice;
  const std::string_view text = *query.cursor;
  const std::size_t bar = text.find('_');
  const auto before = parse_number<std::int64_t>(text.substr(0, bar));
  const auto id = bar == std::string_view::npos ? std::nullopt : Uuid::parse(text.substr(bar + 1));
  if (!before || !id) {
    return fail(ErrorCode::kInvalidInput, "query.cursor: expected the nextCursor of a reply");
  }
  slice.before_us = *before;
  slice.before_id = *id;
  slice.offset = 0;
  return slice;
}

struct PeoplePage {
  std::vector<Person> people;
  Pagination pagination;
};
using ListOf = std::vector<store::PersonRow> (*)(db::Session&, UserId, UserId, const store::Slice&);

// The lists of a private profile are its followers' to see.
Result<PeoplePage> page_of(db::Session& q, UserId viewer, UserId user, const PageQuery& query,
                           std::int64_t per_page, ListOf list) {
  const auto standing = standing_of(q, viewer, user);
  if (!standing || (standing->is_blocked && !standing->is_self))
    return fail(ErrorCode::kUserNotFound);
  const Result<store::Slice> slice = slice_of(query, per_page);
  if (!slice) return fail(slice.error());
  PeoplePage page{.pagination = {.page = query.page}};
  if (access_to(*standing, Visibility::kPublic) == Access::kHidden) return page;
  for (const store::PersonRow& row : list(q, viewer, user, *slice)) {
    page.people.push_back(person_of(row));
  }
  page.pagination.hasMore = std::ssize(page.people) > per_page;
  if (page.pagination.hasMore) {
    page.people.pop_back();
    page.pagination.nextCursor = cursor_of(page.people.back());
  }
  return page;
}

// What a viewer may see of all of a user's rucks together; the user sees everything.
struct Sums {
  std::int64_t rucks = 0;
  rucking::ExactTotals totals;
};
Sums sums_for(db::Session& q, const Standing& standing, UserId user) {
  if (standing.is_self) {
    const stats::DayTotals all = stats::all_time(q, user);
    return {.rucks = all.rucks,
            .totals = {.distance_m = all.distance_m,
                       .duration_s = all.duration_s,
                       .elevation_gain_m = all.elevation_gain_m,
                       .calories_kcal = all.calories_kcal}};
  }
  const stats::DayShown shown = stats::shown_lifetime(q, user);
  Sums sums{.rucks = shown.public_rucks,
            .totals = {.distance_m = shown.public_distance_m,
                       .duration_s = shown.public_duration_s,
                       .elevation_gain_m = shown.public_gain_m,
                       .calories_kcal = shown.public_kcal}};
  if (!standing.follows) return sums;
  sums.rucks += shown.follower_rucks;
  sums.totals.distance_m += shown.follower_distance_m;
  sums.totals.duration_s += shown.follower_duration_s;
  sums.totals.elevation_gain_m += shown.follower_gain_m;
  sums.totals.calories_kcal += shown.follower_kcal;
  return sums;
}

PublicStats stats_of(const store::PageRow& row, const Sums& sums) {
  const rucking::PublicTotals shown = rucking::public_totals(sums.totals);
  return {.totalRucks = sums.rucks,
          .totalDistanceKm = shown.distance_km,
          .totalDurationSeconds = shown.duration_s,
          .totalElevationGainM = shown.elevation_gain_m,
          .totalCaloriesBurned = shown.calories_kcal,
          .duelsWon = 0,
          .duelsLost = 0,
          .eventsCompleted = 0,
          .followersCount = row.followers,
          .followingCount = row.following,
          .clubsCount = 0};
}

PrivacyZone view_of(const store::ZoneRow& row) {
  return {.id = row.id,
          .name = row.name,
          .latitude = row.lat,
          .longitude = row.lng,
          .radius_m = row.radius_m,
          .created_at = row.created_at};
}

store::ZoneRow row_of(ZoneId id, const ZoneInput& zone, UtcUs now) {
  return {.id = id,
          .name = zone.name,
          .lat = zone.latitude,
          .lng = zone.longitude,
          .radius_m = zone.radius_m,
          .created_at = now};
}

rucking::Circle circle_of(const store::ZoneRow& row) {
  return {.centre = {.lat_deg = row.lat, .lng_deg = row.lng}, .radius_m = row.radius_m};
}

// A zone was put here. Its anchor is kept before anything is drawn around it, so that the zone and
// the rucks that start in it are hidden by circles with one middle.
void hide_anew(db::Session& q, UserId owner, const rucking::Circle& zone, UtcUs now) {
  const OwnerPrivacy privacy = privacy_of(q, owner);
  const rucking::Anchor anchor = rucking::anchor_of_zone(zone);
  const bool is_known =
      privacy.anchors && rucking::anchor_near(*privacy.anchors, zone.centre) != nullptr;
  if (!is_known) keep_anchors(q, owner, {&anchor, 1});
  begin_refresh(q, owner, now);
}

// What a zone hid stays hidden for a while, so that a change of mind shows nothing.
Result<> keep_former(db::Session& q, UserId owner, const store::ZoneRow& zone, UtcUs now) {
  if (store::count_former_zones(q, owner) >= static_cast<std::int64_t>(kFormerZonesMax)) {
    return fail(ErrorCode::kInvalidState,
                fmt::format("Privacy zones can be changed {} times in {} days", kFormerZonesMax,
                            kFormerZoneKept.count()));
  }
  store::add_former_zone(q, owner, zone, now + kFormerZoneKept);
  return {};
}

// Who cannot be met is unknown.
Result<Standing> meet(db::Session& q, UserId viewer, UserId user) {
  const auto standing = standing_of(q, viewer, user);
  if (!standing || (standing->is_blocked && !standing->is_self))
    return fail(ErrorCode::kUserNotFound);
  return *standing;
}

// Its follower is whose it is: with their account there is nothing to tell.
void enqueue_follow(db::Session& q, store::Pair pair, FollowNews news, UtcUs now) {
  const FollowChanged change{.news = news, .follower = pair.from, .followed = pair.to};
  jobs::enqueue(q, {.kind = kFollowChangedJob, .payload = json::to_text(change), .user = pair.from},
                now);
}

// Neither a follow nor a request is left.
void part(db::Session& q, store::Pair pair, UtcUs now) {
  const bool followed = store::unfollow(q, pair);
  const bool asked = store::drop_request(q, pair);
  if (followed || asked) enqueue_follow(q, pair, FollowNews::kEnded, now);
}

// A private profile shows its numbers to its followers only, here too.
std::int64_t shown_followers(db::Session& q, const Standing& standing, UserId user) {
  const bool is_hidden = access_to(standing, Visibility::kPublic) == Access::kHidden;
  return is_hidden ? 0 : store::followers_count(q, user);
}
}  // namespace

std::vector<UserId> on_hidden(db::Session& q, UserId user) {
  store::count_of_others(q, user, -1);
  return store::acquainted(q, user);
}
std::vector<UserId> on_shown(db::Session& q, UserId user) {
  store::count_of_others(q, user, 1);
  return store::acquainted(q, user);
}

template <class T, class Fn>
task<Result<T>> PeopleService::write_both(UserId first, UserId second, Fn fn) {
  Result<T> outcome = co_await deps_.revisions.write(
      first, [this, second, fn = std::move(fn)](db::Session& q) -> Result<T> {
        deps_.revisions.bump(q, second);
        return fn(q);
      });
  co_await deps_.revisions.changed(second);
  co_return outcome;
}

task<Result<ProfilePageReply>> PeopleService::profile(Viewer viewer, UserId user) {
  co_return co_await deps_.database.read(
      [this, me = viewer.user, user](db::Session& q) -> Result<ProfilePageReply> {
        const Result<Standing> standing = meet(q, me, user);
        if (!standing) return fail(standing.error());
        const auto row = store::page(q, me, user);
        if (!row) return fail(ErrorCode::kUserNotFound);
        ProfilePage page{.user = {.id = user,
                                  .username = row->username,
                                  .avatarUrl = row->avatar_url,
                                  .createdAt = row->created_at,
                                  .preferMetric = row->prefer_metric,
                                  .isFollowing = standing->follows,
                                  .isFollowedBy = standing->is_followed_by,
                                  .isOwnProfile = standing->is_self,
                                  .isPrivateProfile = standing->is_private_profile,
                                  .gender = row->gender,
                                  .activeRuckId = as_text(row->active_ruck),
                                  .isFollowRequested = row->is_requested}};
        if (access_to(*standing, Visibility::kPublic) != Access::kHidden) {
          page.stats = stats_of(*row, sums_for(q, *standing, user));
          page.recentRucks = deps_.recent_rucks.of(q, me, user, kRecentRucks);
        }
        return ProfilePageReply{.data = std::move(page)};
      });
}

task<Result<FollowersReply>> PeopleService::followers(Viewer viewer, UserId user, PageQuery query) {
  Result<PeoplePage> page = co_await deps_.database.read(
      [me = viewer.user, user, query = std::move(query)](db::Session& q) {
        return page_of(q, me, user, query, kFollowersPerPage, store::followers);
      });
  if (!page) co_return fail(std::move(page).error());
  co_return FollowersReply{.data = {std::move(page->people), std::move(page->pagination)}};
}

task<Result<FollowingReply>> PeopleService::following(Viewer viewer, UserId user, PageQuery query) {
  Result<PeoplePage> page = co_await deps_.database.read(
      [me = viewer.user, user, query = std::move(query)](db::Session& q) {
        return page_of(q, me, user, query, kFollowingPerPage, store::following);
      });
  if (!page) co_return fail(std::move(page).error());
  co_return FollowingReply{.data = {std::move(page->people), std::move(page->pagination)}};
}

task<Result<OutNowReply>> PeopleService::out_now(Viewer viewer) {
  co_return co_await deps_.database.read([me = viewer.user](db::Session& q) {
    OutNowReply reply;
    for (const store::OutRow& row : store::out_now(q, me)) {
      OutNow out{.id = row.id,
                 .username = row.username,
                 .avatarUrl = row.avatar_url,
                 .activeRuckId = std::to_string(row.ruck.value()),
                 .status = row.status,
                 .ruckWeightKg = row.load_kg};
      if (row.started_at) {
        // The hour: with the moment of the start and that of appearing on the map, whoever watches
        // would know the length of the hidden way.
        out.startedAt = UtcUs(std::chrono::floor<std::chrono::hours>(*row.started_at));
      }
      reply.data.people.push_back(std::move(out));
    }
    return reply;
  });
}

task<Result<FollowReply>> PeopleService::follow(Viewer viewer, UserId user) {
  const store::Pair pair{viewer.user, user};
  co_return co_await write_both<FollowReply>(
      viewer.user, user, [pair, now = deps_.clock.now()](db::Session& q) -> Result<FollowReply> {
        const Result<Standing> standing = meet(q, pair.from, pair.to);
        if (!standing) return fail(standing.error());
        if (standing->is_self) return fail(ErrorCode::kInvalidState, "You cannot follow yourself");
        if (standing->follows)
          return fail(ErrorCode::kInvalidState, "You already follow this user");
        if (standing->is_private_profile)
          return fail(ErrorCode::kInvalidState, "This profile is private");
        const bool must_wait = store::approves_followers(q, pair.to);
        if (must_wait) {
          store::request(q, pair, now);
        } else {
          store::drop_request(q, pair);
          store::follow(q, pair, now);
        }
        enqueue_follow(q, pair, must_wait ? FollowNews::kRequested : FollowNews::kFollowed, now);
        return FollowReply{.isFollowing = !must_wait,
                           .followersCount = shown_followers(q, *standing, pair.to),
                           .isFollowRequested = must_wait};
      });
}

task<Result<FollowReply>> PeopleService::unfollow(Viewer viewer, UserId user) {
  const store::Pair pair{viewer.user, user};
  Result<FollowReply> reply = co_await write_both<FollowReply>(
      viewer.user, user, [pair, now = deps_.clock.now()](db::Session& q) -> Result<FollowReply> {
        Result<Standing> standing = meet(q, pair.from, pair.to);
        if (!standing) return fail(standing.error());
        part(q, pair, now);
        standing->follows = false;
        return FollowReply{.isFollowing = false,
                           .followersCount = shown_followers(q, *standing, pair.to)};
      });
  // Also after a failure: a COMMIT whose answer was lost may have happened.
  profile::publish_parted(deps_.bus, viewer.user, user);
  co_return reply;
}

// Nobody who is not there is an error: twice is as good as once.
task<Result<FollowersChanged>> PeopleService::remove_follower(Viewer viewer, UserId follower) {
  const store::Pair pair{follower, viewer.user};
  Result<FollowersChanged> reply = co_await write_both<FollowersChanged>(
      viewer.user, follower,
      [pair, now = deps_.clock.now()](db::Session& q) -> Result<FollowersChanged> {
        if (!standing_of(q, pair.to, pair.from)) return fail(ErrorCode::kUserNotFound);
        if (store::unfollow(q, pair)) enqueue_follow(q, pair, FollowNews::kEnded, now);
        return FollowersChanged{.followersCount = store::followers_count(q, pair.to)};
      });
  profile::publish_parted(deps_.bus, viewer.user, follower);
  co_return reply;
}

task<Result<FollowRequestsReply>> PeopleService::follow_requests(Viewer viewer) {
  co_return co_await deps_.database.read([me = viewer.user](db::Session& q) {
    FollowRequestsReply reply;
    for (const store::RequestRow& row : store::requests(q, me, kRequestsShownMax + 1)) {
      reply.data.requests.push_back({.id = row.id,
                                     .username = row.username,
                                     .avatarUrl = row.avatar_url,
                                     .requestedAt = row.requested_at});
    }
    reply.data.hasMore = std::ssize(reply.data.requests) > kRequestsShownMax;
    if (reply.data.hasMore) reply.data.requests.pop_back();
    return reply;
  });
}

task<Result<FollowersChanged>> PeopleService::approve_follower(Viewer viewer, UserId follower) {
  const store::Pair pair{follower, viewer.user};
  co_return co_await write_both<FollowersChanged>(
      viewer.user, follower,
      [pair, now = deps_.clock.now()](db::Session& q) -> Result<FollowersChanged> {
        if (!store::drop_request(q, pair)) return fail(ErrorCode::kNotFound);
        store::follow(q, pair, now);
        enqueue_follow(q, pair, FollowNews::kApproved, now);
        return FollowersChanged{.followersCount = store::followers_count(q, pair.to)};
      });
}

task<Result<FollowersChanged>> PeopleService::decline_follower(Viewer viewer, UserId follower) {
  const store::Pair pair{follower, viewer.user};
  co_return co_await write_both<FollowersChanged>(
      viewer.user, follower,
      [pair, now = deps_.clock.now()](db::Session& q) -> Result<FollowersChanged> {
        if (!store::drop_request(q, pair)) return fail(ErrorCode::kNotFound);
        enqueue_follow(q, pair, FollowNews::kEnded, now);
        return FollowersChanged{.followersCount = store::followers_count(q, pair.to)};
      });
}

task<Result<BlockReply>> PeopleService::block(Viewer viewer, UserId user) {
  const store::Pair pair{viewer.user, user};
  Result<BlockReply> reply = co_await write_both<BlockReply>(
      viewer.user, user, [pair, now = deps_.clock.now()](db::Session& q) -> Result<BlockReply> {
        // Also of somebody who has blocked first: that must not be found out here.
        const auto standing = standing_of(q, pair.from, pair.to);
        if (!standing) return fail(ErrorCode::kUserNotFound);
        if (standing->is_self) return fail(ErrorCode::kInvalidState, "You cannot block yourself");
        store::block(q, pair, now);
        for (const store::Pair each : {pair, store::Pair{pair.to, pair.from}}) {
          part(q, each, now);
        }
        return BlockReply{.isBlocked = true};
      });
  profile::publish_parted(deps_.bus, viewer.user, user);
  co_return reply;
}

task<Result<BlockReply>> PeopleService::unblock(Viewer viewer, UserId user) {
  const store::Pair pair{viewer.user, user};
  co_return co_await write_both<BlockReply>(viewer.user, user,
                                            [pair](db::Session& q) -> Result<BlockReply> {
                                              store::unblock(q, pair);
                                              return BlockReply{.isBlocked = false};
                                            });
}

task<Result<BlockedReply>> PeopleService::blocked(Viewer viewer) {
  co_return co_await deps_.database.read([me = viewer.user](db::Session& q) {
    BlockedReply reply;
    for (const store::BlockedRow& row : store::blocked(q, me)) {
      reply.data.blocked.push_back({.id = row.id,
                                    .username = row.username,
                                    .avatarUrl = row.avatar_url,
                                    .blockedAt = row.blocked_at});
    }
    return reply;
  });
}

// Names that begin so; where these do not fill the page, names that share most of their trigrams.
task<Result<SearchReply>> PeopleService::search(Viewer viewer, SearchQuery query) {
  const std::string key = profile::name_key(query.q);
  if (key.empty()) co_return fail(ErrorCode::kInvalidInput, "query.q: expected a name, got blanks");
  co_return co_await deps_.database.read([me = viewer.user, key,
                                          limit = query.limit](db::Session& q) {
    SearchReply reply;
    std::vector<FoundUser>& users = reply.data.users;
    for (const auto& row : store::names_from(q, me, key, limit)) users.push_back(found_user(row));
    std::vector<std::string> trigrams = profile::name_trigrams(key);
    if (std::ssize(users) >= limit || trigrams.size() < 2) return reply;
    trigrams.resize(std::min(trigrams.size(), kSearchTrigramsMax));
    // A wrong letter spoils three trigrams, so a third of them must do for a short name.
    const auto shared_min = std::max<std::int64_t>(1, std::ssize(trigrams) / 3);
    for (const auto& row : store::names_like(
             q, me, {.trigrams = std::move(trigrams), .shared_min = shared_min, .limit = limit})) {
      const bool is_there =
          std::ranges::any_of(users, [&](const FoundUser& u) { return u.id == row.id; });
      if (!is_there && std::ssize(users) < limit) users.push_back(found_user(row));
    }
    return reply;
  });
}

task<Result<ZonesReply>> PeopleService::zones(Viewer viewer) {
  co_return co_await deps_.database.read([me = viewer.user](db::Session& q) {
    ZonesReply reply;
    for (const store::ZoneRow& row : store::zones(q, me)) reply.data.push_back(view_of(row));
    return reply;
  });
}

task<Result<http::Created<ZoneReply>>> PeopleService::add_zone(Viewer viewer, ZoneInput zone) {
  const UtcUs now = deps_.clock.now();
  const store::ZoneRow row = row_of(ZoneId(Uuid::make_v7(to_ms(now))), zone, now);
  const Result<> added = co_await deps_.revisions.write(
      viewer.user, [me = viewer.user, row](db::Session& q) -> Result<> {
        if (store::zones(q, me).size() >= kZonesMax) {
          return fail(ErrorCode::kInvalidState,
                      fmt::format("There can be {} privacy zones at most", kZonesMax));
        }
        store::put_zone(q, me, row);
        hide_anew(q, me, circle_of(row), row.created_at);
        return {};
      });
  if (!added) co_return fail(added.error());
  profile::publish_privacy(deps_.bus, viewer.user);
  co_return http::Created<ZoneReply>{{.data = view_of(row)}};
}

task<Result<ZoneReply>> PeopleService::change_zone(Viewer viewer, ZoneId id, ZoneInput zone) {
  Result<ZoneReply> reply = co_await deps_.revisions.write(
      viewer.user,
      [me = viewer.user, id, zone, now = deps_.clock.now()](db::Session& q) -> Result<ZoneReply> {
        const auto all = store::zones(q, me);
        const auto found = std::ranges::find(all, id, &store::ZoneRow::id);
        if (found == all.end()) return fail(ErrorCode::kNotFound);
        const store::ZoneRow row = row_of(id, zone, found->created_at);
        const bool is_elsewhere =
            row.lat != found->lat || row.lng != found->lng || row.radius_m != found->radius_m;
        if (is_elsewhere) {
          if (const Result<> kept = keep_former(q, me, *found, now); !kept) {
            return fail(kept.error());
          }
        }
        store::put_zone(q, me, row);
        if (is_elsewhere) hide_anew(q, me, circle_of(row), now);
        return ZoneReply{.data = view_of(row)};
      });
  if (reply) profile::publish_privacy(deps_.bus, viewer.user);
  co_return reply;
}

task<Result<ZoneDeleted>> PeopleService::remove_zone(Viewer viewer, ZoneId id) {
  Result<ZoneDeleted> reply = co_await deps_.revisions.write(
      viewer.user,
      [me = viewer.user, id, now = deps_.clock.now()](db::Session& q) -> Result<ZoneDeleted> {
        const auto all = store::zones(q, me);
        const auto found = std::ranges::find(all, id, &store::ZoneRow::id);
        if (found == all.end()) return fail(ErrorCode::kNotFound);
        if (const Result<> kept = keep_former(q, me, *found, now); !kept) return fail(kept.error());
        store::remove_zone(q, me, id);
        begin_refresh(q, me, now);
        return ZoneDeleted{.message = fmt::format("The zone is gone: what lies in it is shown again"
                                                  " in {} days",
                                                  kFormerZoneKept.count())};
      });
  if (reply) profile::publish_privacy(deps_.bus, viewer.user);
  co_return reply;
}

}  // namespace ruck::people

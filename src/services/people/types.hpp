#pragma once
// People on the wire (contract core §8), in the contract's own spelling. Every reply is
// {success, data}.
#include "base/ids.hpp"
#include "http/values.hpp"
#include "rucking/privacy.hpp"
#include "services/people/limits.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::people {

using ZoneId = Id<struct ZoneIdTag, Uuid>;

// ---- profiles ----------------------------------------------------------------------------------

struct ProfileUser {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  UtcUs createdAt{};
  bool preferMetric = false;
  bool isFollowing = false;
  bool isFollowedBy = false;
  bool isOwnProfile = false;
  bool isPrivateProfile = false;
  std::optional<std::string> gender;
  std::optional<std::string> activeRuckId;  // null unless this viewer may follow it live
  bool isFollowRequested = false;           // this viewer waits to be approved
};
BOOST_DESCRIBE_STRUCT(ProfileUser, (),
                      (id, username, avatarUrl, createdAt, preferMetric, isFollowing, isFollowedBy,
                       isOwnProfile, isPrivateProfile, gender, activeRuckId, isFollowRequested))

// Of the rucks that the viewer may see. All left out where the profile is private.
struct PublicStats {
  json::Omittable<std::int64_t> totalRucks;
  json::Omittable<double> totalDistanceKm;
  json::Omittable<std::int64_t> totalDurationSeconds;
  json::Omittable<std::int64_t> totalElevationGainM;
  json::Omittable<std::int64_t> totalCaloriesBurned;
  json::Omittable<std::int64_t> duelsWon;
  json::Omittable<std::int64_t> duelsLost;
  json::Omittable<std::int64_t> eventsCompleted;
  json::Omittable<std::int64_t> followersCount;
  json::Omittable<std::int64_t> followingCount;
  json::Omittable<std::int64_t> clubsCount;
};
BOOST_DESCRIBE_STRUCT(PublicStats, (),
                      (totalRucks, totalDistanceKm, totalDurationSeconds, totalElevationGainM,
                       totalCaloriesBurned, duelsWon, duelsLost, eventsCompleted, followersCount,
                       followingCount, clubsCount))

struct ProfilePage {
  ProfileUser user;
  PublicStats stats;
  std::vector<json::Raw> clubs;
  std::vector<json::Raw> recentRucks;
};
BOOST_DESCRIBE_STRUCT(ProfilePage, (), (user, stats, clubs, recentRucks))
struct ProfilePageReply {
  bool success = true;
  ProfilePage data;
};
BOOST_DESCRIBE_STRUCT(ProfilePageReply, (), (success, data))

// ---- lists of people ---------------------------------------------------------------------------

struct PageQuery {
  std::int64_t page = 1;
  std::optional<std::string> cursor;  // of the page before; then `page` does not count
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (page, cursor))

struct Pagination {
  std::int64_t page = 1;
  bool hasMore = false;
  json::Omittable<std::string> nextCursor;
};
BOOST_DESCRIBE_STRUCT(Pagination, (), (page, hasMore, nextCursor))

struct Person {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  bool isFollowing = false;
  bool isPrivateProfile = false;
  UtcUs followedAt{};
  std::optional<std::string> activeRuckId;  // null unless this viewer may follow it live
  bool allowLiveFollowing = false;
  bool isFollowRequested = false;  // the viewer waits to be approved
};
BOOST_DESCRIBE_STRUCT(Person, (),
                      (id, username, avatarUrl, isFollowing, isPrivateProfile, followedAt,
                       activeRuckId, allowLiveFollowing, isFollowRequested))

struct Followers {
  std::vector<Person> followers;
  Pagination pagination;
};
BOOST_DESCRIBE_STRUCT(Followers, (), (followers, pagination))
struct FollowersReply {
  bool success = true;
  Followers data;
};
BOOST_DESCRIBE_STRUCT(FollowersReply, (), (success, data))
struct Following {
  std::vector<Person> following;
  Pagination pagination;
};
BOOST_DESCRIBE_STRUCT(Following, (), (following, pagination))
struct FollowingReply {
  bool success = true;
  Following data;
};
BOOST_DESCRIBE_STRUCT(FollowingReply, (), (success, data))

// Somebody whom the viewer follows, and may follow live now.
struct OutNow {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  std::string activeRuckId;
  std::string status;
  std::optional<UtcUs> startedAt;  // rounded, as all times that others see
  double ruckWeightKg = 0;
};
BOOST_DESCRIBE_STRUCT(OutNow, (),
                      (id, username, avatarUrl, activeRuckId, status, startedAt, ruckWeightKg))
struct OutNowList {
  std::vector<OutNow> people;
};
BOOST_DESCRIBE_STRUCT(OutNowList, (), (people))
struct OutNowReply {
  bool success = true;
  OutNowList data;
};
BOOST_DESCRIBE_STRUCT(OutNowReply, (), (success, data))

struct FollowReply {
  bool success = true;
  bool isFollowing = false;
  std::int64_t followersCount = 0;
  bool isFollowRequested = false;  // it waits to be approved
};
BOOST_DESCRIBE_STRUCT(FollowReply, (), (success, isFollowing, followersCount, isFollowRequested))

// Somebody who waits to follow.
struct FollowRequest {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  UtcUs requestedAt{};
};
BOOST_DESCRIBE_STRUCT(FollowRequest, (), (id, username, avatarUrl, requestedAt))
struct FollowRequests {
  std::vector<FollowRequest> requests;
  bool hasMore = false;  // they come when these have been answered
};
BOOST_DESCRIBE_STRUCT(FollowRequests, (), (requests, hasMore))
struct FollowRequestsReply {
  bool success = true;
  FollowRequests data;
};
BOOST_DESCRIBE_STRUCT(FollowRequestsReply, (), (success, data))
// Of one's own followers, after a change.
struct FollowersChanged {
  bool success = true;
  std::int64_t followersCount = 0;
};
BOOST_DESCRIBE_STRUCT(FollowersChanged, (), (success, followersCount))

struct SearchQuery {
  std::string q;
  std::int64_t limit = 20;
};
BOOST_DESCRIBE_STRUCT(SearchQuery, (), (q, limit))
struct FoundUser {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  bool isFollowing = false;
  bool isPrivateProfile = false;
  bool isFollowRequested = false;  // the viewer waits to be approved
};
BOOST_DESCRIBE_STRUCT(FoundUser, (),
                      (id, username, avatarUrl, isFollowing, isPrivateProfile, isFollowRequested))
struct FoundUsers {
  std::vector<FoundUser> users;
};
BOOST_DESCRIBE_STRUCT(FoundUsers, (), (users))
struct SearchReply {
  bool success = true;
  FoundUsers data;
};
BOOST_DESCRIBE_STRUCT(SearchReply, (), (success, data))

struct BlockReply {
  bool success = true;
  bool isBlocked = false;
};
BOOST_DESCRIBE_STRUCT(BlockReply, (), (success, isBlocked))
struct BlockedUser {
  UserId id;
  std::string username;
  std::optional<std::string> avatarUrl;
  UtcUs blockedAt{};
};
BOOST_DESCRIBE_STRUCT(BlockedUser, (), (id, username, avatarUrl, blockedAt))
struct BlockedUsers {
  std::vector<BlockedUser> blocked;
};
BOOST_DESCRIBE_STRUCT(BlockedUsers, (), (blocked))
struct BlockedReply {
  bool success = true;
  BlockedUsers data;
};
BOOST_DESCRIBE_STRUCT(BlockedReply, (), (success, data))

// ---- privacy zones: the owner's only -----------------------------------------------------------

struct ZoneInput {
  std::string name;
  double latitude = 0;
  double longitude = 0;
  double radius_m = 0;
};
BOOST_DESCRIBE_STRUCT(ZoneInput, (), (name, latitude, longitude, radius_m))
struct PrivacyZone {
  ZoneId id;
  std::string name;
  double latitude = 0;
  double longitude = 0;
  double radius_m = 0;
  UtcUs created_at{};
};
BOOST_DESCRIBE_STRUCT(PrivacyZone, (), (id, name, latitude, longitude, radius_m, created_at))
struct ZonesReply {
  bool success = true;
  std::vector<PrivacyZone> data;
};
BOOST_DESCRIBE_STRUCT(ZonesReply, (), (success, data))
struct ZoneReply {
  bool success = true;
  PrivacyZone data;
};
BOOST_DESCRIBE_STRUCT(ZoneReply, (), (success, data))
struct ZoneDeleted {
  bool success = true;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(ZoneDeleted, (), (success, message))

}  // namespace ruck::people

template <>
struct ruck::http::PathParam<ruck::people::ZoneId> {
  static std::optional<ruck::people::ZoneId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(ruck::people::ZoneId(*uuid)) : std::nullopt;
  }
};
template <>
struct ruck::http::RulesOf<ruck::people::PageQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("page", "From 1; deep pages are better reached by the cursor")
                               .between(1, static_cast<double>(ruck::people::kPageMax)),
                           rule("cursor", "nextCursor of the page before").length(1, 100)});
};
template <>
struct ruck::http::RulesOf<ruck::people::SearchQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("q", "The beginning of a name, or something like it").length(1, 50).required(),
       rule("limit", "At most so many")
           .between(1, static_cast<double>(ruck::people::kSearchLimitMax))});
};
template <>
struct ruck::http::RulesOf<ruck::people::ZoneInput> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("name", "For the owner: home, work").length(1, 60).required().name(),
       rule("latitude", "Of the centre").between(-90, 90).also("lat").required(),
       rule("longitude", "Of the centre").between(-180, 180).also("lng").required(),
       rule("radius_m", "Nothing inside it is shown to others")
           .between(ruck::rucking::kZoneRadiusMinM, ruck::rucking::kZoneRadiusMaxM)
           .required()});
};

#pragma once
// The feed, likes and comments on the wire (contract core §3.8, §9, §10).
#include "http/values.hpp"
#include "services/feed/limits.hpp"
#include "services/people/types.hpp"
#include "services/profile/types.hpp"
#include "services/rucks/types.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::feed {

using CommentId = Id<struct CommentIdTag, Uuid>;

// ---- the feed ----------------------------------------------------------------------------------

enum class Sort : std::uint8_t { kRecent, kNearby, kDistance, kDuration, kCalories, kClimb };

struct FeedQuery {
  std::int64_t page = 1;
  std::int64_t per_page = 20;
  std::string sort_by = "created_at_desc";
  bool following_only = false;
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(FeedQuery, (),
                      (page, per_page, sort_by, following_only, latitude, longitude, cursor))

// The same as the mobile app sends it to the database of the old server.
struct PublicSessionsCall {
  std::optional<std::int64_t> p_page;
  std::optional<std::int64_t> p_per_page;
  std::optional<std::string> p_sort_by;
  std::optional<bool> p_following_only;
  std::optional<double> p_latitude;
  std::optional<double> p_longitude;
};
BOOST_DESCRIBE_STRUCT(PublicSessionsCall, (),
                      (p_page, p_per_page, p_sort_by, p_following_only, p_latitude, p_longitude))

// Of the small map on a card: a decimetre is enough (contract core §9).
struct CardPoint {
  double lat = 0;
  double lng = 0;
  UtcMs timestamp{};
};
BOOST_DESCRIBE_STRUCT(CardPoint, (), (lat, lng, timestamp))

// A ruck on a card. Of others' rucks the totals are rounded and the line is cut.
struct FeedRuck {
  RuckId id;
  UserId user_id;
  std::string username;
  std::optional<std::string> avatar_url;
  std::optional<std::string> gender;
  json::Omittable<std::string> title;
  std::string status;
  double distance_km = 0;
  std::int64_t duration_seconds = 0;
  std::int64_t calories_burned = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double ruck_weight_kg = 0;
  double average_pace = 0;
  std::int64_t power_points = 0;
  std::optional<std::int64_t> avg_heart_rate;  // always null: private to the owner
  std::optional<UtcUs> started_at;
  std::optional<UtcUs> completed_at;
  UtcUs created_at{};
  bool is_public = false;
  people::Visibility visibility = people::Visibility::kPrivate;
  bool is_manual = false;
  std::int64_t like_count = 0;
  std::int64_t comment_count = 0;
  bool is_liked_by_current_user = false;
  bool first_ruck = false;
  std::vector<CardPoint> location_points;  // the longest part that may be shown
  json::Omittable<std::vector<std::vector<CardPoint>>> route_pieces;  // all, if there are several
  std::vector<rucks::RuckPhoto> photos;                               // the first few
  profile::PublicUser user;
};
BOOST_DESCRIBE_STRUCT(FeedRuck, (),
                      (id, user_id, username, avatar_url, gender, title, status, distance_km,
                       duration_seconds, calories_burned, elevation_gain_m, elevation_loss_m,
                       ruck_weight_kg, average_pace, power_points, avg_heart_rate, started_at,
                       completed_at, created_at, is_public, visibility, is_manual, like_count,
                       comment_count, is_liked_by_current_user, first_ruck, location_points,
                       route_pieces, photos, user))

struct FeedMeta {
  std::int64_t count = 0;
  std::int64_t per_page = 0;
  std::int64_t page = 1;
  std::string sort_by;
  bool has_more = false;
  json::Omittable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(FeedMeta, (), (count, per_page, page, sort_by, has_more, next_cursor))
struct FeedReply {
  std::vector<FeedRuck> ruck_sessions;
  FeedMeta meta;
};
BOOST_DESCRIBE_STRUCT(FeedReply, (), (ruck_sessions, meta))

// ---- the rucks of one user ---------------------------------------------------------------------

struct UserRucksQuery {
  std::int64_t page = 1;
  std::int64_t per_page = 20;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(UserRucksQuery, (), (page, per_page, cursor))

struct RecentSessionsCall {
  std::optional<std::int64_t> p_limit;
  std::optional<Uuid> p_user_id;
};
BOOST_DESCRIBE_STRUCT(RecentSessionsCall, (), (p_limit, p_user_id))
// One list under the three names the app reads.
struct RecentSession : FeedRuck {
  std::vector<CardPoint> route;
  std::vector<CardPoint> locationPoints;
};
BOOST_DESCRIBE_STRUCT(RecentSession, (FeedRuck), (route, locationPoints))

// ---- likes -------------------------------------------------------------------------------------

struct RuckQuery {
  RuckId ruck_id;
};
BOOST_DESCRIBE_STRUCT(RuckQuery, (), (ruck_id))
struct LikeRequest {
  RuckId ruck_id;
};
BOOST_DESCRIBE_STRUCT(LikeRequest, (), (ruck_id))
struct LikeView {
  std::string id;
  RuckId ruck_id;
  UserId user_id;
  std::string user_display_name;
  std::optional<std::string> user_avatar_url;
  UtcUs created_at{};
};
BOOST_DESCRIBE_STRUCT(LikeView, (),
                      (id, ruck_id, user_id, user_display_name, user_avatar_url, created_at))
struct LikesReply {
  bool success = true;
  std::vector<LikeView> data;
};
BOOST_DESCRIBE_STRUCT(LikesReply, (), (success, data))
struct LikedReply {
  bool success = true;
  std::string message;
  std::int64_t like_count = 0;
};
BOOST_DESCRIBE_STRUCT(LikedReply, (), (success, message, like_count))
struct HasLiked {
  bool has_liked = false;
};
BOOST_DESCRIBE_STRUCT(HasLiked, (), (has_liked))
struct HasLikedReply {
  bool success = true;
  HasLiked data;
};
BOOST_DESCRIBE_STRUCT(HasLikedReply, (), (success, data))
struct LikesBatchQuery {
  std::string ruck_ids;
};
BOOST_DESCRIBE_STRUCT(LikesBatchQuery, (), (ruck_ids))
// Of one ruck, under its id; both spellings that clients read.
struct RuckReactions {
  std::int64_t likes = 0;
  std::int64_t like_count = 0;
  std::int64_t likes_count = 0;
  std::int64_t comments_count = 0;
  bool user_has_liked = false;
};
BOOST_DESCRIBE_STRUCT(RuckReactions, (),
                      (likes, like_count, likes_count, comments_count, user_has_liked))
struct LikesBatchReply {
  bool success = true;
  json::Raw data;
};
BOOST_DESCRIBE_STRUCT(LikesBatchReply, (), (success, data))

// ---- comments ----------------------------------------------------------------------------------

struct CommentRequest {
  std::string content;
};
BOOST_DESCRIBE_STRUCT(CommentRequest, (), (content))
struct CommentEdit {
  Uuid comment_id;
  std::string content;
};
BOOST_DESCRIBE_STRUCT(CommentEdit, (), (comment_id, content))
struct CommentQuery {
  Uuid comment_id;
};
BOOST_DESCRIBE_STRUCT(CommentQuery, (), (comment_id))
struct CommentView {
  std::string id;
  RuckId ruck_id;
  UserId user_id;
  std::string user_display_name;
  std::optional<std::string> user_avatar_url;
  std::string content;
  UtcUs created_at{};
  UtcUs updated_at{};
};
BOOST_DESCRIBE_STRUCT(CommentView, (),
                      (id, ruck_id, user_id, user_display_name, user_avatar_url, content,
                       created_at, updated_at))
struct CommentsReply {
  bool success = true;
  std::vector<CommentView> data;
};
BOOST_DESCRIBE_STRUCT(CommentsReply, (), (success, data))
struct CommentReply {
  bool success = true;
  CommentView data;
};
BOOST_DESCRIBE_STRUCT(CommentReply, (), (success, data))
struct CommentDeleted {
  bool success = true;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(CommentDeleted, (), (success, message))

}  // namespace ruck::feed

template <>
struct ruck::http::PathParam<ruck::feed::CommentId> {
  static std::optional<ruck::feed::CommentId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(ruck::feed::CommentId(*uuid)) : std::nullopt;
  }
};

namespace ruck::http {
namespace feed_rules {
inline constexpr auto kPageMax = static_cast<double>(feed::kPageMax);
inline constexpr auto kPerPageMax = static_cast<double>(feed::kPerPageMax);
}  // namespace feed_rules

template <>
struct RulesOf<feed::FeedQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("page", "From 1; deep pages are better reached by the cursor")
           .between(1, feed_rules::kPageMax),
       rule("per_page", "Rucks of a page").between(1, feed_rules::kPerPageMax),
       rule("sort_by",
            "created_at_desc, proximity_asc, distance_desc, duration_desc, calories_desc or "
            "elevation_gain_desc; anything else is the first")
           .length(0, 40),
       rule("following_only", "Of those one follows, their rucks for followers too"),
       rule("latitude", "Where one is, for proximity_asc").between(-90, 90),
       rule("longitude", "Where one is, for proximity_asc").between(-180, 180),
       rule("cursor", "next_cursor of the page before").length(1, 100)});
};
template <>
struct RulesOf<feed::PublicSessionsCall> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("p_page", "From 1").between(0, feed_rules::kPageMax),
                           rule("p_per_page", "Rucks of a page").between(1, 1000),
                           rule("p_sort_by", "As sort_by of /api/ruck-buddies").length(0, 40),
                           rule("p_latitude", "Where one is").between(-90, 90),
                           rule("p_longitude", "Where one is").between(-180, 180)});
};
template <>
struct RulesOf<feed::UserRucksQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("page", "From 1").between(1, feed_rules::kPageMax),
                           rule("per_page", "Rucks of a page").between(1, feed_rules::kPerPageMax),
                           rule("cursor", "next_cursor of the page before").length(1, 100)});
};
template <>
struct RulesOf<feed::RecentSessionsCall> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("p_limit", "At most so many").between(1, 1000),
                           rule("p_user_id", "Whose; one's own when absent")});
};
template <>
struct RulesOf<feed::RuckQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("ruck_id", "Of the ruck").required().text_numbers()});
};
template <>
struct RulesOf<feed::LikeRequest> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("ruck_id", "Of the ruck").required().text_numbers()});
};
template <>
struct RulesOf<feed::LikesBatchQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("ruck_ids", "Ids with commas between").length(1, 1000).required()});
};
template <>
struct RulesOf<feed::CommentRequest> {
  static constexpr auto kRules = std::to_array<Rule>({rule("content", "What one has to say")
                                                          .length(1, feed::kCommentLengthMax)
                                                          .required()
                                                          .paragraphs()});
};
template <>
struct RulesOf<feed::CommentEdit> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("comment_id", "Of the comment").also("id").required(),
                           rule("content", "What one has to say")
                               .length(1, feed::kCommentLengthMax)
                               .required()
                               .paragraphs()});
};
template <>
struct RulesOf<feed::CommentQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("comment_id", "Of the comment").also("id").required()});
};
}  // namespace ruck::http

#pragma once
// SQL of the feed, likes and comments, and nothing else.
#include "db/session.hpp"
#include "services/feed/types.hpp"

#include <array>
#include <vector>

namespace ruck::feed::store {

struct FeedRow {
  RuckId id;
  UserId user_id;
  std::optional<std::string> title;
  std::string status;
  std::string visibility;
  bool is_manual = false;
  bool has_photos = false;
  std::optional<UtcUs> started_at;
  std::optional<UtcUs> completed_at;
  UtcUs created_at{};
  std::int64_t listed_at = 0;
  double ruck_weight_kg = 0;
  double distance_m = 0;
  double duration_s = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double calories_kcal = 0;
  std::optional<UtcUs> shown_started_at;
  std::int64_t shown_at = 0;
  double shown_distance_m = 0;
  double shown_duration_s = 0;
  double shown_gain_m = 0;
  double shown_loss_m = 0;
  double shown_kcal = 0;
  std::string username;
  std::optional<std::string> avatar_url;
  std::optional<std::string> gender;
  std::int64_t likes = 0;
  std::int64_t comments = 0;
  bool is_liked = false;
  bool is_first = false;
  std::optional<db::Bytes> line;
};
BOOST_DESCRIBE_STRUCT(FeedRow, (),
                      (id, user_id, title, status, visibility, is_manual, has_photos, started_at,
                       completed_at, created_at, listed_at, ruck_weight_kg, distance_m, duration_s,
                       elevation_gain_m, elevation_loss_m, calories_kcal, shown_started_at,
                       shown_at, shown_distance_m, shown_duration_s, shown_gain_m, shown_loss_m,
                       shown_kcal, username, avatar_url, gender, likes, comments, is_liked,
                       is_first, line))

// Where a page begins: after this key and id, or `offset` rows from the top.
struct Slice {
  double key = 0;  // of the sort; times are whole microseconds below 2^53
  std::int64_t id = 0;
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};
// Where a ruck stands in each order, by what is shown of it; nothing for one that the viewer may
// not see, or of which nothing is shown.
struct KeysRow {
  UserId user_id;
  std::int64_t listed_at = 0;  // the order of its owner's own list
  std::int64_t shown_at = 0;
  double distance_m = 0;
  double duration_s = 0;
  double calories_kcal = 0;
  double elevation_gain_m = 0;
};
BOOST_DESCRIBE_STRUCT(KeysRow, (),
                      (user_id, listed_at, shown_at, distance_m, duration_s, calories_kcal,
                       elevation_gain_m))
[[nodiscard]] std::optional<KeysRow> keys(db::Session& q, UserId viewer, RuckId ruck);
// Everybody's rucks, in any order but kNearby.
[[nodiscard]] std::vector<FeedRow> feed(db::Session& q, UserId viewer, Sort sort,
                                        const Slice& slice);
[[nodiscard]] std::vector<FeedRow> following(db::Session& q, UserId viewer, Sort sort,
                                             const Slice& slice, UtcUs since);
inline constexpr std::size_t kCells = (2 * kNearbyCells + 1) * (2 * kNearbyCells + 1);
[[nodiscard]] std::vector<FeedRow> nearby(db::Session& q, UserId viewer,
                                          const std::array<std::int64_t, kCells>& cells,
                                          const Slice& slice);
// One's own completed rucks, all of them, by their true end.
[[nodiscard]] std::vector<FeedRow> own(db::Session& q, UserId user, const Slice& slice);
// Another user's completed rucks that show the viewer something.
[[nodiscard]] std::vector<FeedRow> of_user(db::Session& q, UserId viewer, UserId user,
                                           const Slice& slice);

// ---- likes -------------------------------------------------------------------------------------
struct LikeRow {
  Uuid id;
  UserId user_id;
  std::string username;
  std::optional<std::string> avatar_url;
  UtcUs created_at{};
};
BOOST_DESCRIBE_STRUCT(LikeRow, (), (id, user_id, username, avatar_url, created_at))
[[nodiscard]] std::vector<LikeRow> likes(db::Session& q, UserId viewer, RuckId ruck);
// False if it was so already. The counts move along.
bool like(db::Session& q, UserId user, RuckId ruck, UtcUs now);
bool unlike(db::Session& q, UserId user, RuckId ruck);

struct CountsRow {
  RuckId ruck_id;
  std::int64_t likes = 0;
  std::int64_t comments = 0;
  bool is_liked = false;  // by the viewer
};
BOOST_DESCRIBE_STRUCT(CountsRow, (), (ruck_id, likes, comments, is_liked))
[[nodiscard]] CountsRow counts(db::Session& q, UserId viewer, RuckId ruck);
// At most kLikesBatchMax; of existing rucks only.
[[nodiscard]] std::vector<CountsRow> counts(db::Session& q, UserId viewer,
                                            const std::vector<RuckId>& rucks);

// ---- comments ----------------------------------------------------------------------------------
struct CommentRow {
  CommentId id;
  RuckId ruck_id;
  UserId user_id;
  std::string content;
  UtcUs created_at{};
  UtcUs updated_at{};
  std::string username;
  std::optional<std::string> avatar_url;
};
BOOST_DESCRIBE_STRUCT(CommentRow, (),
                      (id, ruck_id, user_id, content, created_at, updated_at, username, avatar_url))
[[nodiscard]] std::vector<CommentRow> comments(db::Session& q, UserId viewer, RuckId ruck);
[[nodiscard]] std::optional<CommentRow> comment(db::Session& q, CommentId id);
struct NewComment {
  CommentId id;
  RuckId ruck_id;
  UserId user_id;
  std::string content;
};
void add_comment(db::Session& q, const NewComment& comment, UtcUs now);
void change_comment(db::Session& q, CommentId id, const std::string& content, UtcUs now);
void remove_comment(db::Session& q, const CommentRow& comment);

// Who has liked a ruck or commented on it: of each the latest `limit`, in no order.
[[nodiscard]] std::vector<UserId> reacted(db::Session& q, RuckId ruck, std::int64_t limit);
// By others, to rucks of the owner, at such a time; not of people who are blocked or being deleted.
struct ReceivedRow {
  std::int64_t likes = 0;
  std::int64_t comments = 0;
};
BOOST_DESCRIBE_STRUCT(ReceivedRow, (), (likes, comments))
[[nodiscard]] ReceivedRow received(db::Session& q, UserId owner, UtcUs from, UtcUs until);
// What the user's likes and comments add to the counts of rucks: `by` is 1 or -1.
void count_of(db::Session& q, UserId user, int by);

}  // namespace ruck::feed::store

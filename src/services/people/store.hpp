#pragma once
// SQL of follows, blocks, zones and names, and nothing else.
#include "db/session.hpp"
#include "rucking/privacy.hpp"
#include "services/people/types.hpp"

#include <vector>

namespace ruck::people::store {

// ---- visibility --------------------------------------------------------------------------------
struct StandingRow {
  bool is_private = true;
  bool follows = false;
  bool is_followed_by = false;
  bool is_blocked = true;
  std::string live_audience;
};
BOOST_DESCRIBE_STRUCT(StandingRow, (),
                      (is_private, follows, is_followed_by, is_blocked, live_audience))
[[nodiscard]] std::optional<StandingRow> standing(db::Session& q, UserId viewer, UserId owner);
struct ViewerStandingRow : StandingRow {
  UserId viewer;
};
BOOST_DESCRIBE_STRUCT(ViewerStandingRow, (StandingRow), (viewer))
// Of at most kBatchMax viewers, in no order.
[[nodiscard]] std::vector<ViewerStandingRow> standings(db::Session& q,
                                                       const std::vector<UserId>& viewers,
                                                       UserId owner);

struct AccessRow {
  RuckId id;
  UserId user_id;
  std::string visibility;
  std::string status;
  bool is_private = true;
  bool follows = false;
  bool is_blocked = true;
};
BOOST_DESCRIBE_STRUCT(AccessRow, (),
                      (id, user_id, visibility, status, is_private, follows, is_blocked))
[[nodiscard]] std::vector<AccessRow> access_rows(db::Session& q, UserId viewer,
                                                 const std::vector<RuckId>& rucks);

enum class PrivacyPart : std::uint8_t { kOwner = 0, kZone = 1, kAnchor = 2 };
struct PrivacyRow {
  std::int64_t part = 0;  // PrivacyPart: says which of the others count
  std::optional<db::Bytes> secret;
  bool show_full_totals = false;
  std::int64_t epoch = 0;
  double lat = 0;
  double lng = 0;
  double size_m = 0;        // a zone's radius, an anchor's need
  std::int64_t number = 0;  // of an anchor: the earliest has the lowest
};
BOOST_DESCRIBE_STRUCT(PrivacyRow, (),
                      (part, secret, show_full_totals, epoch, lat, lng, size_m, number))
[[nodiscard]] std::vector<PrivacyRow> privacy_rows(db::Session& q, UserId owner);
void add_anchor(db::Session& q, UserId owner, const rucking::Anchor& anchor);
void next_privacy_epoch(db::Session& q, UserId owner);
void add_refresh(db::Session& q, UserId owner, UtcUs now);
[[nodiscard]] std::vector<UserId> refreshes(db::Session& q, std::int64_t limit);
bool remove_refresh(db::Session& q, UserId owner, std::int64_t epoch);

// ---- profiles ----------------------------------------------------------------------------------
struct PageRow {
  std::string username;
  std::optional<std::string> avatar_url;
  UtcUs created_at{};
  bool prefer_metric = false;
  std::optional<std::string> gender;
  std::int64_t followers = 0;
  std::int64_t following = 0;
  std::optional<RuckId> active_ruck;
  bool is_requested = false;
};
BOOST_DESCRIBE_STRUCT(PageRow, (),
                      (username, avatar_url, created_at, prefer_metric, gender, followers,
                       following, active_ruck, is_requested))
[[nodiscard]] std::optional<PageRow> page(db::Session& q, UserId viewer, UserId user);

// ---- follows -----------------------------------------------------------------------------------
struct PersonRow {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  bool is_private = false;
  UtcUs followed_at{};
  bool is_following = false;
  std::optional<RuckId> active_ruck;
  bool is_requested = false;
};
BOOST_DESCRIBE_STRUCT(PersonRow, (),
                      (id, username, avatar_url, is_private, followed_at, is_following, active_ruck,
                       is_requested))
// What comes after `before`, the latest first.
struct Slice {
  std::int64_t before_us = 0;
  Uuid before_id;
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};
[[nodiscard]] std::vector<PersonRow> followers(db::Session& q, UserId viewer, UserId of,
                                               const Slice& slice);
[[nodiscard]] std::vector<PersonRow> following(db::Session& q, UserId viewer, UserId of,
                                               const Slice& slice);
// Whom the viewer follows and may follow live now, by name: an order by start would tell the start.
struct OutRow {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  RuckId ruck;
  std::string status;
  std::optional<UtcUs> started_at;
  double load_kg = 0;
};
BOOST_DESCRIBE_STRUCT(OutRow, (), (id, username, avatar_url, ruck, status, started_at, load_kg))
[[nodiscard]] std::vector<OutRow> out_now(db::Session& q, UserId viewer);
struct Pair {
  UserId from;
  UserId to;
};
// False if it was so already. The counts move along.
bool follow(db::Session& q, Pair pair, UtcUs now);
bool unfollow(db::Session& q, Pair pair);
// Whether new followers of a user wait for a yes.
[[nodiscard]] bool approves_followers(db::Session& q, UserId user);
// A follow that waits; the first one's time stays.
void request(db::Session& q, Pair pair, UtcUs now);
// False if there was none.
bool drop_request(db::Session& q, Pair pair);
struct RequestRow {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  UtcUs requested_at{};
};
BOOST_DESCRIBE_STRUCT(RequestRow, (), (id, username, avatar_url, requested_at))
// Who waits to follow a user, the longest wait first; at most `limit`.
[[nodiscard]] std::vector<RequestRow> requests(db::Session& q, UserId user, std::int64_t limit);
[[nodiscard]] std::int64_t followers_count(db::Session& q, UserId user);
// The follow alone, without the counts; and all counts anew.
bool add_follow(db::Session& q, Pair pair, UtcUs now);
void recount(db::Session& q);
// What others count of the user's follows, in both directions: `by` is 1 or -1.
// Who follows the user and whom the user follows.
[[nodiscard]] std::vector<UserId> acquainted(db::Session& q, UserId user);
void count_of_others(db::Session& q, UserId user, int by);

// ---- blocks ------------------------------------------------------------------------------------
void block(db::Session& q, Pair pair, UtcUs now);
void unblock(db::Session& q, Pair pair);
struct BlockedRow {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  UtcUs blocked_at{};
};
BOOST_DESCRIBE_STRUCT(BlockedRow, (), (id, username, avatar_url, blocked_at))
[[nodiscard]] std::vector<BlockedRow> blocked(db::Session& q, UserId by);

// ---- search ------------------------------------------------------------------------------------
struct FoundRow {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  bool is_private = false;
  bool is_following = false;
  bool is_requested = false;
};
BOOST_DESCRIBE_STRUCT(FoundRow, (),
                      (id, username, avatar_url, is_private, is_following, is_requested))
[[nodiscard]] std::vector<FoundRow> names_from(db::Session& q, UserId viewer,
                                               const std::string& prefix, std::int64_t limit);
struct LikeName {
  std::vector<std::string> trigrams;
  std::int64_t shared_min = 0;  // of the trigrams
  std::int64_t limit = 0;
};
[[nodiscard]] std::vector<FoundRow> names_like(db::Session& q, UserId viewer, const LikeName& name);

// ---- zones -------------------------------------------------------------------------------------
struct ZoneRow {
  ZoneId id;
  std::string name;
  double lat = 0;
  double lng = 0;
  double radius_m = 0;
  UtcUs created_at{};
};
BOOST_DESCRIBE_STRUCT(ZoneRow, (), (id, name, lat, lng, radius_m, created_at))
[[nodiscard]] std::vector<ZoneRow> zones(db::Session& q, UserId user);
void put_zone(db::Session& q, UserId user, const ZoneRow& zone);
bool remove_zone(db::Session& q, UserId user, ZoneId zone);
// A zone as it was, hidden until then.
void add_former_zone(db::Session& q, UserId owner, const ZoneRow& zone, UtcUs until);
[[nodiscard]] std::int64_t count_former_zones(db::Session& q, UserId owner);
// Owners, maybe more than once, of those whose time is over; and these of one owner go.
[[nodiscard]] std::vector<UserId> owners_of_former_zones(db::Session& q, UtcUs now,
                                                         std::int64_t limit);
// How many there were.
std::int64_t remove_former_zones(db::Session& q, UserId owner, UtcUs now);

}  // namespace ruck::people::store

#include "services/live/store.hpp"

#include "crypto/digest.hpp"
#include "db/postgres_array.hpp"
#include "services/people/visibility.hpp"

namespace ruck::live {

CheerView view_of(const store::CheerRow& row) {
  return {.id = row.id,
          .ruck_id = row.ruck_id,
          .sender_id = row.sender_id,
          .sender_username = row.username,
          .sender_avatar_url = row.avatar_url,
          .message = row.message,
          .voice_id = row.voice_id,
          .created_at = row.created_at,
          .due_at = row.due_at,
          .is_read = row.read_at.has_value()};
}

namespace store {
namespace {
using db::Sql;

const std::string kCheerColumns =
    "SELECT c.user_id, c.ruck_id, c.id, c.sender_id, c.message, c.voice_id, c.created_at, c.due_at,"
    " c.delivered_at, c.read_at, u.username, u.avatar_url FROM cheers c"
    " JOIN users u ON u.id = c.sender_id WHERE ";

const Sql kAdd{"live.add_cheer",
               "INSERT INTO cheers (user_id, ruck_id, id, sender_id, message, voice_id, created_at,"
               " due_at, delivered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const Sql kOne{"live.cheer", kCheerColumns + "c.user_id = $1 AND c.ruck_id = $2 AND c.id = $3"};
const Sql kLastOf{"live.last_cheer_of",
                  "SELECT created_at FROM cheers WHERE sender_id = $1"
                  " ORDER BY created_at DESC LIMIT 1"};
const Sql kOfRuck{"live.cheers", kCheerColumns +
                                     "c.user_id = $1 AND c.ruck_id = $2"
                                     " AND c.due_at <= $3 AND " +
                                     people::not_blocked("c.sender_id", "$1") +
                                     " ORDER BY c.created_at DESC, c.id DESC LIMIT $4"};
const Sql kOfSender{"live.cheers_of_sender",
                    kCheerColumns +
                        "c.user_id = $1 AND c.ruck_id = $2 AND c.sender_id = $3"
                        " ORDER BY c.created_at DESC, c.id DESC LIMIT $4"};
const Sql kUnread{"live.unread_cheers",
                  kCheerColumns + "c.user_id = $1 AND c.read_at IS NULL AND c.due_at <= $2 AND " +
                      people::not_blocked("c.sender_id", "$1") +
                      " ORDER BY c.created_at DESC, c.id DESC LIMIT $3"};
const Sql kRead{"live.read_cheers",
                "UPDATE cheers SET read_at = $3 WHERE user_id = $1 AND ruck_id = $2"
                " AND read_at IS NULL AND due_at <= $3"};
const Sql kDue{"live.due_cheers", kCheerColumns + "c.delivered_at IS NULL AND c.due_at <= $1 AND " +
                                      people::not_deleted("c.sender_id") +
                                      " ORDER BY c.due_at LIMIT $2"};
const Sql kAnyDue{"live.any_cheer_due",
                  "SELECT c.due_at FROM cheers c WHERE c.delivered_at IS NULL AND c.due_at <= $1"
                  " AND " +
                      people::not_deleted("c.sender_id") + " LIMIT 1"};
const Sql kDelivered{"live.cheer_delivered",
                     "UPDATE cheers SET delivered_at = $4 WHERE user_id = $1 AND ruck_id = $2"
                     " AND id = $3 AND delivered_at IS NULL"};

const std::string kLinkColumns =
    "SELECT id, user_id, ruck_id, created_at, expires_at FROM live_links WHERE ";
const Sql kAddLink{"live.add_link",
                   "INSERT INTO live_links (token_hash, id, user_id, ruck_id, created_at,"
                   " expires_at) VALUES ($1, $2, $3, $4, $5, $6)"};
const Sql kFindLink{"live.find_link", kLinkColumns + "token_hash = $1 AND expires_at > $2 AND " +
                                          people::not_deleted("live_links.user_id")};
const Sql kHasLink{"live.has_link", "SELECT expires_at FROM live_links WHERE token_hash = $1 AND " +
                                        people::not_deleted("live_links.user_id")};
const Sql kRoomsNow{
    "live.rooms_now",
    "SELECT r.id, r.status, r.visibility, r.allow_live_following, r.ruck_weight_kg,"
    " u.privacy_epoch, u.live_audience FROM unnest(CAST($1 AS BIGINT[])) AS asked (id)"
    " JOIN ruck_owners o ON o.ruck_id = asked.id"
    " JOIN rucks r ON r.user_id = o.user_id AND r.id = o.ruck_id"
    " JOIN users u ON u.id = o.user_id WHERE " +
        people::not_deleted("u.id"),
    db::Dialect::kPostgres};
// The columns of people.standings.
const Sql kPairsNow{
    "live.pairs_now",
    "SELECT p.number, u.is_private,"
    " EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = v.id AND f.followed_id = u.id),"
    " EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = u.id AND f.followed_id = v.id),"
    " EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = v.id AND b.other_id = u.id),"
    " u.live_audience FROM unnest(CAST($1 AS UUID[]), CAST($2 AS UUID[])) WITH ORDINALITY"
    " AS p (viewer, owner, number) JOIN users u ON u.id = p.owner JOIN users v ON v.id = p.viewer"
    " WHERE " +
        people::not_deleted("u.id") + " AND " + people::not_deleted("v.id"),
    db::Dialect::kPostgres};
const Sql kLinks{"live.links", kLinkColumns +
                                   "user_id = $1 AND ruck_id = $2 AND expires_at > $3"
                                   " ORDER BY created_at, id"};
const Sql kRemoveLink{"live.remove_link",
                      "DELETE FROM live_links WHERE user_id = $1 AND ruck_id = $2 AND id = $3"};
const Sql kRemoveOld{"live.remove_old_links",
                     "DELETE FROM live_links WHERE user_id = $1 AND ruck_id = $2"
                     " AND expires_at <= $3"};
}  // namespace

void add_cheer(db::Session& q, const CheerRow& c) {
  q.execute(kAdd, c.user_id, c.ruck_id, c.id, c.sender_id, c.message, c.voice_id, c.created_at,
            c.due_at, c.delivered_at);
}

std::optional<CheerRow> cheer(db::Session& q, UserId rucker, RuckId ruck, const Uuid& id) {
  return q.optional<CheerRow>(kOne, rucker, ruck, id);
}

std::optional<UtcUs> last_cheer_of(db::Session& q, UserId sender) {
  return q.optional<UtcUs>(kLastOf, sender);
}

std::vector<CheerRow> cheers(db::Session& q, UserId rucker, RuckId ruck,
                             std::optional<UserId> sender, UtcUs now) {
  if (sender) return q.many<CheerRow>(kOfSender, rucker, ruck, *sender, kCheersShownMax);
  return q.many<CheerRow>(kOfRuck, rucker, ruck, now, kCheersShownMax);
}

std::vector<CheerRow> unread_cheers(db::Session& q, UserId rucker, UtcUs now) {
  return q.many<CheerRow>(kUnread, rucker, now, kCheersShownMax);
}

std::int64_t read_cheers(db::Session& q, UserId rucker, RuckId ruck, UtcUs now) {
  return q.execute(kRead, rucker, ruck, now);
}

bool is_any_due(db::Session& q, UtcUs now) { return q.optional<UtcUs>(kAnyDue, now).has_value(); }

std::vector<CheerRow> take_due(db::Session& q, UtcUs now, std::int64_t limit) {
  std::vector<CheerRow> due = q.many<CheerRow>(kDue, now, limit);
  // Another instance may have been quicker.
  std::erase_if(due, [&](const CheerRow& c) {
    return q.execute(kDelivered, c.user_id, c.ruck_id, c.id, now) == 0;
  });
  return due;
}

std::string hash_of(std::string_view token) { return crypto::sha256(token); }

void add_link(db::Session& q, const LinkRow& link, const std::string& hash) {
  q.execute(kRemoveOld, link.user_id, link.ruck_id, link.created_at);
  q.execute(kAddLink, db::Bytes{hash}, link.id, link.user_id, link.ruck_id, link.created_at,
            link.expires_at);
}

std::optional<LinkRow> find_link(db::Session& q, std::string_view token, UtcUs now) {
  return q.optional<LinkRow>(kFindLink, db::Bytes{hash_of(token)}, now);
}

bool has_link(db::Session& q, const std::string& hash) {
  return q.optional<UtcUs>(kHasLink, db::Bytes{hash}).has_value();
}

std::vector<RoomRow> rooms_now(db::Session& q, const std::vector<RuckId>& rucks) {
  db::PostgresArray ids;
  for (const RuckId ruck : rucks) ids.add(ruck.value());
  return q.many<RoomRow>(kRoomsNow, ids.text());
}

std::vector<PairRow> pairs_now(db::Session& q, const std::vector<Pair>& pairs) {
  if (pairs.empty()) return {};
  db::PostgresArray viewers;
  db::PostgresArray owners;
  for (const Pair& pair : pairs) {
    viewers.add(pair.viewer.value().to_string());
    owners.add(pair.owner.value().to_string());
  }
  return q.many<PairRow>(kPairsNow, viewers.text(), owners.text());
}

std::vector<LinkRow> links(db::Session& q, UserId user, RuckId ruck, UtcUs now) {
  return q.many<LinkRow>(kLinks, user, ruck, now);
}

bool remove_link(db::Session& q, UserId user, RuckId ruck, LinkId link) {
  return q.execute(kRemoveLink, user, ruck, link) > 0;
}

}  // namespace store
}  // namespace ruck::live

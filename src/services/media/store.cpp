#include "services/media/store.hpp"

#include "base/assert.hpp"
#include "services/people/visibility.hpp"

#include <utility>

namespace ruck::photos::store {
namespace {
using db::Sql;

const std::string kColumns = db::columns_of<MediaRow>();
const std::string kSelect = "SELECT " + kColumns + " FROM media WHERE ";

const Sql kFind{"media.find", kSelect + "id = $1"};
const Sql kFindShown{"media.find_shown",
                     kSelect + "id = $1 AND " + people::not_deleted("media.user_id")};
const Sql kFindPhotoSource{"media.find_photo_source",
                           kSelect + "user_id = $1 AND ruck_id = $2 AND source_hash = $3"};
const Sql kFindAvatarSource{"media.find_avatar_source",
                            kSelect +
                                "user_id = $1 AND ruck_id IS NULL AND source_hash = $2"
                                " ORDER BY created_at DESC LIMIT 1"};
const Sql kCount{"media.count",
                 "SELECT COUNT(*) FROM media WHERE ruck_id = $1 AND status <> 'refused'"};
const Sql kHasReady{"media.has_ready",
                    "SELECT ruck_id FROM media WHERE ruck_id = $1 AND status = 'ready' LIMIT 1"};
const Sql kInsert{"media.insert", "INSERT INTO media (" + kColumns +
                                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
                                      " $13, $14, $15, $16, $17, $18, $19, $20, $21)"
                                      " ON CONFLICT DO NOTHING"};
const Sql kWaitAgain{"media.wait_again",
                     "UPDATE media SET status = 'waiting', reason = NULL, incoming_key = $2,"
                     " keep_original = $3, filename = $4, alt_text = $5, updated_at = $6"
                     " WHERE id = $1 AND status = 'refused'"};
const Sql kMakeReady{"media.make_ready",
                     "UPDATE media SET status = 'ready', original_key = $3, variants = $4,"
                     " width = $5, height = $6, thumb_hash = $7, taken_lat = $8, taken_lng = $9,"
                     " taken_at = $10, updated_at = $11"
                     " WHERE id = $1 AND status = 'waiting' AND incoming_key = $2"};
const Sql kRefuse{"media.refuse",
                  "UPDATE media SET status = 'refused', reason = $3, updated_at = $4"
                  " WHERE id = $1 AND status = 'waiting' AND incoming_key = $2"};
const Sql kSetAltText{"media.set_alt_text",
                      "UPDATE media SET alt_text = $2, updated_at = $3 WHERE id = $1"};
const Sql kRemove{"media.remove", "DELETE FROM media WHERE id = $1"};
const Sql kOfRuck{"media.of_ruck",
                  kSelect + "ruck_id = $1 AND status = 'ready' ORDER BY created_at, id"};
const Sql kAllOfRuck{"media.all_of_ruck", kSelect + "ruck_id = $1 ORDER BY created_at, id"};
const Sql kAvatars{"media.avatars",
                   kSelect + "user_id = $1 AND ruck_id IS NULL ORDER BY created_at"};
const Sql kUnfinished{"media.unfinished",
                      kSelect +
                          "status <> 'ready' AND updated_at < $1 ORDER BY updated_at"
                          " LIMIT $2"};

// `$first`, … as a list.
std::string placeholders(std::size_t first, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += (i == 0 ? "$" : ", $") + std::to_string(first + i);
  }
  return out;
}
// Everybody may see a ruck that is public, finished, and of nobody with a private profile
// (people/visibility).
const Sql kOfRucks{
    "media.of_rucks",
    "SELECT " + kColumns + ", is_open FROM (SELECT " + db::columns_of<MediaRow>("m.") +
        ", r.visibility = 'public' AND r.status = 'completed' AND NOT u.is_private AS is_open,"
        " ROW_NUMBER() OVER (PARTITION BY m.ruck_id ORDER BY m.created_at, m.id) AS place"
        " FROM media m JOIN rucks r ON r.user_id = m.user_id AND r.id = m.ruck_id"
        " JOIN users u ON u.id = m.user_id WHERE m.status = 'ready' AND m.ruck_id IN (" +
        placeholders(2, kRucksMax) + ")) AS firsts WHERE place <= $1 ORDER BY created_at, id"};

const Sql kNeed{"media.need",
                "INSERT INTO media_blobs (user_id, blob, holder) VALUES ($1, $2, $3)"
                " ON CONFLICT DO NOTHING"};
const Sql kIsNeeded{
    "media.is_needed",
    "SELECT user_id FROM media_blobs WHERE user_id = $1 AND blob = $2 AND holder <> $3"
    " LIMIT 1"};
const Sql kNeededBy{"media.needed_by", "SELECT user_id, blob FROM media_blobs WHERE holder = $1"};
const Sql kNeedNothing{"media.need_nothing", "DELETE FROM media_blobs WHERE holder = $1"};
const Sql kIsBeingRemoved{
    "media.is_being_removed",
    "SELECT user_id FROM media_blobs WHERE user_id = $1 AND blob = $2 AND holder = $3"};
const Sql kEndRemoval{"media.end_removal",
                      "DELETE FROM media_blobs WHERE user_id = $1 AND blob = $2 AND holder = $3"};
const Sql kForgetBlobs{"media.forget_blobs", "DELETE FROM media_blobs WHERE user_id = $1"};

const PhotoId kNobody{};  // the nil id
}  // namespace

std::optional<MediaRow> find(db::Session& q, PhotoId id) { return q.optional<MediaRow>(kFind, id); }

std::optional<MediaRow> find_shown(db::Session& q, PhotoId id) {
  return q.optional<MediaRow>(kFindShown, id);
}

std::optional<MediaRow> find_source(db::Session& q, UserId user, std::optional<RuckId> ruck,
                                    std::string_view source_hash) {
  const db::BytesView hash{source_hash};
  return ruck ? q.optional<MediaRow>(kFindPhotoSource, user, *ruck, hash)
              : q.optional<MediaRow>(kFindAvatarSource, user, hash);
}

std::int64_t count(db::Session& q, RuckId ruck) { return q.one<std::int64_t>(kCount, ruck); }

bool has_ready(db::Session& q, RuckId ruck) {
  return q.optional<RuckId>(kHasReady, ruck).has_value();
}

bool insert(db::Session& q, const MediaRow& r) {
  return q.execute(kInsert, r.id, r.user_id, r.ruck_id, r.status, r.source_hash, r.source_bytes,
                   r.incoming_key, r.keep_original, r.original_key, r.filename, r.alt_text,
                   r.reason, r.variants, r.width, r.height, r.thumb_hash, r.taken_lat, r.taken_lng,
                   r.taken_at, r.created_at, r.updated_at) > 0;
}

void wait_again(db::Session& q, const MediaRow& r) {
  q.execute(kWaitAgain, r.id, r.incoming_key, r.keep_original, r.filename, r.alt_text,
            r.updated_at);
}

bool make_ready(db::Session& q, const MediaRow& r) {
  return q.execute(kMakeReady, r.id, r.incoming_key, r.original_key, r.variants, r.width, r.height,
                   r.thumb_hash, r.taken_lat, r.taken_lng, r.taken_at, r.updated_at) > 0;
}

bool refuse(db::Session& q, PhotoId id, std::string_view incoming, std::string_view reason,
            UtcUs now) {
  return q.execute(kRefuse, id, incoming, reason, now) > 0;
}

void set_alt_text(db::Session& q, PhotoId id, std::string_view text, UtcUs now) {
  q.execute(kSetAltText, id, text, now);
}

void remove(db::Session& q, PhotoId id) { q.execute(kRemove, id); }

std::vector<MediaRow> of_ruck(db::Session& q, RuckId ruck) {
  return q.many<MediaRow>(kOfRuck, ruck);
}

std::vector<MediaRow> all_of_ruck(db::Session& q, RuckId ruck) {
  return q.many<MediaRow>(kAllOfRuck, ruck);
}

std::vector<MediaRow> avatars(db::Session& q, UserId user) {
  return q.many<MediaRow>(kAvatars, user);
}

std::vector<CardRow> of_rucks(db::Session& q, const std::vector<RuckId>& rucks, std::int64_t each) {
  RUCK_ASSERT(rucks.size() <= kRucksMax);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return q.many<CardRow>(kOfRucks, each,
                           (I < rucks.size() ? std::optional(rucks[I]) : std::nullopt)...);
  }(std::make_index_sequence<kRucksMax>());
}

std::vector<MediaRow> unfinished(db::Session& q, UtcUs before, std::int64_t limit) {
  return q.many<MediaRow>(kUnfinished, before, limit);
}

void need(db::Session& q, const Blob& blob, PhotoId holder) {
  q.execute(kNeed, blob.user, blob.blob, holder);
}

bool is_needed(db::Session& q, const Blob& blob) {
  return q.optional<UserId>(kIsNeeded, blob.user, blob.blob, kNobody).has_value();
}

std::vector<Blob> needed_by(db::Session& q, PhotoId holder) {
  return q.many<Blob>(kNeededBy, holder);
}

void need_nothing(db::Session& q, PhotoId holder) { q.execute(kNeedNothing, holder); }

bool is_being_removed(db::Session& q, const Blob& blob) {
  return q.optional<UserId>(kIsBeingRemoved, blob.user, blob.blob, kNobody).has_value();
}

void begin_removal(db::Session& q, const Blob& blob) { need(q, blob, kNobody); }

void end_removal(db::Session& q, const Blob& blob) {
  q.execute(kEndRemoval, blob.user, blob.blob, kNobody);
}

void forget_blobs(db::Session& q, UserId user) { q.execute(kForgetBlobs, user); }

}  // namespace ruck::photos::store

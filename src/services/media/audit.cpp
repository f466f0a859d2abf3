#include "services/media/audit.hpp"

namespace ruck::photos {
namespace {
const db::Sql kNeededAfter{"media.needed_after",
                           "SELECT b.user_id, b.blob, b.holder FROM media_blobs b"
                           " JOIN media m ON m.id = b.holder AND m.status = 'ready'"
                           " WHERE (b.user_id, b.blob, b.holder) > ($1, $2, $3)"
                           " ORDER BY b.user_id, b.blob, b.holder LIMIT $4"};
const db::Sql kIsNeededBy{
    "media.is_needed_by",
    "SELECT b.user_id FROM media_blobs b JOIN media m ON m.id = b.holder AND m.status = 'ready'"
    " WHERE b.user_id = $1 AND b.blob = $2 AND b.holder = $3"};
}  // namespace

std::vector<NeededBlob> needed_after(db::Session& q, const NeededBlob& last, std::int64_t limit) {
  return q.many<NeededBlob>(kNeededAfter, last.user_id, last.blob, last.holder, limit);
}

bool is_needed_by(db::Session& q, const NeededBlob& blob) {
  return q.optional<UserId>(kIsNeededBy, blob.user_id, blob.blob, blob.holder).has_value();
}

}  // namespace ruck::photos

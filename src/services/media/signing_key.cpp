#include "services/media/signing_key.hpp"

#include "base/random.hpp"
#include "db/session.hpp"

namespace ruck::photos {
namespace {
using db::Sql;
constexpr std::int64_t kOnly = 1;
constexpr std::size_t kBytes = 32;
const Sql kFind{"media.signing_key", "SELECT secret FROM media_keys WHERE id = $1"};
const Sql kAdd{"media.add_signing_key",
               "INSERT INTO media_keys (id, secret, created_at) VALUES ($1, $2, $3)"
               " ON CONFLICT DO NOTHING"};
}  // namespace

Result<std::string> load_signing_key(db::Database& database, UtcUs now) {
  return database.write_now([now](db::Session& q) {
    if (const auto kept = q.optional<db::Bytes>(kFind, kOnly)) return kept->data;
    q.execute(kAdd, kOnly, db::Bytes{random_bytes(kBytes)}, now);
    return q.one<db::Bytes>(kFind, kOnly).data;
  });
}

}  // namespace ruck::photos

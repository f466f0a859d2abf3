#include "services/notify/vapid_key.hpp"

#include "db/session.hpp"
#include "push/vapid.hpp"

namespace ruck::notify {
namespace {
using db::Sql;
constexpr std::int64_t kOnly = 1;
const Sql kFind{"notify.vapid_key", "SELECT vapid_key FROM push_keys WHERE id = $1"};
const Sql kAdd{"notify.add_vapid_key",
               "INSERT INTO push_keys (id, vapid_key, created_at) VALUES ($1, $2, $3)"
               " ON CONFLICT DO NOTHING"};
}  // namespace

Result<std::string> load_vapid_key(db::Database& database, UtcUs now) {
  return database.write_now([now](db::Session& q) {
    if (const auto kept = q.optional<db::Bytes>(kFind, kOnly)) return kept->data;
    q.execute(kAdd, kOnly, db::Bytes{push::make_vapid_key()}, now);
    return q.one<db::Bytes>(kFind, kOnly).data;
  });
}

}  // namespace ruck::notify

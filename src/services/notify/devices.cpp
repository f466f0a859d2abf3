#include "services/notify/devices.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "db/postgres_array.hpp"
#include "services/auth/service.hpp"
#include "services/notify/limits.hpp"

namespace ruck::notify {
namespace {
using db::BytesView;
using db::Sql;

const Sql kDetach{"notify.detach_token",
                  "DELETE FROM push_devices WHERE token_hash = $1"
                  " AND (user_id <> $2 OR service <> $3 OR device_key <> $4)"};
const Sql kPut{
    "notify.put_device",
    "INSERT INTO push_devices (user_id, id, service, device_key, token, token_hash, p256dh, auth,"
    " platform, app_version, session_id, created_at, used_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"
    " ON CONFLICT (user_id, service, device_key) DO UPDATE SET token = excluded.token,"
    " token_hash = excluded.token_hash, p256dh = excluded.p256dh, auth = excluded.auth,"
    " platform = excluded.platform, app_version = excluded.app_version,"
    " session_id = excluded.session_id, used_at = excluded.used_at RETURNING id"};
const Sql kTrim{"notify.trim_devices",
                "DELETE FROM push_devices WHERE user_id = $1 AND id NOT IN (SELECT id"
                " FROM push_devices WHERE user_id = $1 ORDER BY used_at DESC, id DESC LIMIT $2)"};
const Sql kRemove{"notify.remove_device",
                  "DELETE FROM push_devices WHERE user_id = $1 AND token_hash = $2"};
const Sql kRemoveAll{"notify.remove_devices", "DELETE FROM push_devices WHERE user_id = $1"};
const Sql kRemoveOf{"notify.remove_devices_of_sign_in",
                    "DELETE FROM push_devices WHERE user_id = $1 AND session_id = $2"};
const Sql kSessions{"notify.sign_ins_of_devices",
                    "SELECT DISTINCT session_id FROM push_devices WHERE user_id = $1"};
const Sql kIds{"notify.devices", "SELECT id FROM push_devices WHERE user_id = $1"};
const Sql kOfAll{"notify.devices_of_all",
                 "SELECT user_id, id FROM push_devices WHERE user_id = ANY(CAST($1 AS UUID[]))",
                 db::Dialect::kPostgres};
const Sql kFind{"notify.find_device", "SELECT " + db::columns_of<Device>() +
                                          " FROM push_devices WHERE user_id = $1 AND id = $2"};
}  // namespace

Uuid put_device(db::Session& q, const NewDeviceToken& d, UtcUs now) {
  const std::string hash = crypto::sha256(d.token);
  const std::string key = d.device_key.empty() ? to_hex(hash) : d.device_key;
  q.execute(kDetach, BytesView{hash}, d.user, d.service, key);
  const Uuid id =
      q.one<Uuid>(kPut, d.user, Uuid::make_v7(to_ms(now)), d.service, key, d.token, BytesView{hash},
                  d.p256dh, d.auth, d.platform, d.app_version, d.session, now);
  q.execute(kTrim, d.user, kDevicesMax);
  return id;
}

bool remove_device(db::Session& q, UserId user, std::string_view token) {
  const std::string hash = crypto::sha256(token);
  return q.execute(kRemove, user, BytesView{hash}) > 0;
}

void remove_devices(db::Session& q, UserId user) { q.execute(kRemoveAll, user); }

void remove_signed_out(db::Session& q, UserId user, UtcUs now) {
  for (const Uuid& session : q.many<Uuid>(kSessions, user)) {
    if (!auth::is_signed_in(q, user, session, now)) q.execute(kRemoveOf, user, session);
  }
}

std::vector<Uuid> devices_of(db::Session& q, UserId user) { return q.many<Uuid>(kIds, user); }

std::vector<OwnedDevice> devices_of_all(db::Session& q, std::span<const UserId> users) {
  if (q.dialect() == db::Dialect::kPostgres) {
    db::PostgresArray list;
    for (const UserId user : users) list.add(user.value().to_string());
    return q.many<OwnedDevice>(kOfAll, list.text());
  }
  std::vector<OwnedDevice> all;
  for (const UserId user : users) {
    for (const Uuid& id : devices_of(q, user)) all.push_back({user, id});
  }
  return all;
}

std::optional<Device> find_device(db::Session& q, UserId user, const Uuid& id, UtcUs now) {
  auto device = q.optional<Device>(kFind, user, id);
  if (device && !auth::is_signed_in(q, user, device->session_id, now)) return std::nullopt;
  return device;
}

}  // namespace ruck::notify

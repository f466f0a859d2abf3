#include "services/profile/store.hpp"

#include "services/profile/names.hpp"

namespace ruck::profile::store {
namespace {
const db::Sql kInsert{
    "profile.insert",
    "INSERT INTO users (" + db::columns_of<UserRow>() +
        ", secret, name_key, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "$9, $10, $11, $12, $13, $14,"
        " $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, 1)"};
const db::Sql kFind{"profile.find",
                    "SELECT " + db::columns_of<UserRow>() + " FROM users WHERE id = $1"};
const db::Sql kUpdate{
    "profile.update",
    "UPDATE users SET email = $2, username = $3, weight_kg = $4, height_cm = $5, date_of_birth = "
    "$6,"
    " gender = $7, resting_hr = $8, max_hr = $9, calorie_method = $10, calorie_active_only = $11,"
    " prefer_metric = $12, allow_ruck_sharing = $13, is_private = $14, avatar_url = $15,"
    " notification_clubs = $16, notification_buddies = $17, notification_events = $18,"
    " notification_duels = $19, notification_first_ruck = $20, strava_auto_export = $21,"
    " time_zone = $22, last_active_at = $23, updated_at = $24, name_key = $25, default_visibility "
    "= $26, live_audience = $27, approve_followers = $28, show_full_totals = $29 WHERE id = $1"};
const db::Sql kSetEmail{"profile.set_email",
                        "UPDATE users SET email = $2, updated_at = $3 WHERE id = $1"};
const db::Sql kSetAvatar{"profile.set_avatar",
                         "UPDATE users SET avatar_url = $2, updated_at = $3 WHERE id = $1"};
const db::Sql kDelete{"profile.delete", "DELETE FROM users WHERE id = $1"};
const db::Sql kClearTrigrams{"profile.clear_trigrams",
                             "DELETE FROM name_trigrams WHERE user_id = $1"};
const db::Sql kAddTrigram{"profile.add_trigram",
                          "INSERT INTO name_trigrams (trigram, user_id) VALUES ($1, $2)"};
const db::Sql kTimeZone{"profile.time_zone", "SELECT time_zone FROM users WHERE id = $1"};

void add_trigrams(db::Session& q, const UserRow& row) {
  for (const std::string& trigram : name_trigrams(name_key(row.username))) {
    q.execute(kAddTrigram, trigram, row.id);
  }
}
}  // namespace

void insert(db::Session& q, const UserRow& r, const std::string& secret) {
  q.execute(kInsert, r.id, r.email, r.username, r.weight_kg, r.height_cm, r.date_of_birth, r.gender,
            r.resting_hr, r.max_hr, r.calorie_method, r.calorie_active_only, r.prefer_metric,
            r.allow_ruck_sharing, r.default_visibility, r.is_private, r.show_full_totals,
            r.live_audience, r.approve_followers, r.avatar_url, r.notification_clubs,
            r.notification_buddies, r.notification_events, r.notification_duels,
            r.notification_first_ruck, r.strava_auto_export, r.time_zone, r.last_active_at,
            r.created_at, r.updated_at, db::BytesView{secret}, name_key(r.username));
  add_trigrams(q, r);
}

std::optional<UserRow> find(db::Session& q, UserId user) {
  return q.optional<UserRow>(kFind, user);
}

void update(db::Session& q, const UserRow& r) {
  q.execute(kUpdate, r.id, r.email, r.username, r.weight_kg, r.height_cm, r.date_of_birth, r.gender,
            r.resting_hr, r.max_hr, r.calorie_method, r.calorie_active_only, r.prefer_metric,
            r.allow_ruck_sharing, r.is_private, r.avatar_url, r.notification_clubs,
            r.notification_buddies, r.notification_events, r.notification_duels,
            r.notification_first_ruck, r.strava_auto_export, r.time_zone, r.last_active_at,
            r.updated_at, name_key(r.username), r.default_visibility, r.live_audience,
            r.approve_followers, r.show_full_totals);
}

void rename(db::Session& q, const UserRow& row) {
  q.execute(kClearTrigrams, row.id);
  add_trigrams(q, row);
}

void set_email(db::Session& q, UserId user, const std::string& email, UtcUs now) {
  q.execute(kSetEmail, user, email, now);
}

void set_avatar(db::Session& q, UserId user, const std::optional<std::string>& url, UtcUs now) {
  q.execute(kSetAvatar, user, url, now);
}

bool remove(db::Session& q, UserId user) { return q.execute(kDelete, user) > 0; }

std::optional<std::string> time_zone(db::Session& q, UserId user) {
  return q.optional<std::string>(kTimeZone, user);
}

}  // namespace ruck::profile::store

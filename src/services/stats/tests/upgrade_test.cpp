// A database from before load and form has its days filled in, and who shared nothing goes on so.
#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "db/session.hpp"
#include "services/stats/service.hpp"
#include "support/databases.hpp"

#include <algorithm>

namespace ruck::stats {
namespace {
using std::chrono::days;

const db::Sql kAddUser{
    "test.add_user_before",
    "INSERT INTO users (id, email, username, calorie_method, calorie_active_only, prefer_metric,"
    " allow_ruck_sharing, is_private, notification_clubs, notification_buddies,"
    " notification_events, notification_duels, notification_first_ruck, strava_auto_export,"
    " time_zone, secret, revision, created_at, updated_at) VALUES ($1, $2, $2, 'fusion', $3, $3,"
    " $4, $3, $3, $3, $3, $3, $3, $3, 'UTC', $5, 1, 0, 0)"};
const db::Sql kAddRuck{
    "test.add_ruck_before",
    "INSERT INTO rucks (user_id, id, status, visibility, is_manual, allow_live_following,"
    " perceived_exertion, ruck_weight_kg, body, altitude_source, created_at, updated_at,"
    " last_arrival_at, listed_at, local_day, client, distance_m, distance_source, duration_s,"
    " moving_s, paused_s, elevation_gain_m, elevation_loss_m, calories_kcal, power_points,"
    " load_distance_kg_km, training_load, steps, point_count, has_photos) VALUES ($1, $2,"
    " 'completed', 'public', $3, $3, $4, 0, '{}', 'gps', 0, 0, 0, 1, $5, '{}', 0, 'none', $6, 0,"
    " 0, 0, 0, 0, 0, 0, $7, 0, 0, $3)"};
const db::Sql kAddDay{"test.add_day_before",
                      "INSERT INTO user_days (user_id, day, rucks, distance_m, duration_s,"
                      " moving_s, elevation_gain_m, calories_kcal, power_points,"
                      " load_distance_kg_km) VALUES ($1, $2, 2, 0, 5400, 0, 0, 0, 0, 0)"};
const db::Sql kDefault{"test.default_visibility",
                       "SELECT default_visibility FROM users WHERE id = $1"};

UserId user_id(int number) {
  return UserId(*Uuid::parse("00000000-0000-7000-8000-00000000000" + std::to_string(number)));
}

class UpgradeTest : public test::OnBothDatabases {};

TEST_P(UpgradeTest, DaysOfOldRucksAreFilledIn) {
  const auto files = embedded::migrations();
  const auto first_new = std::ranges::find_if(
      files, [](const embedded::File& file) { return file.name.contains("default_visibility"); });
  ASSERT_NE(first_new, files.end());
  ASSERT_TRUE(db::migrate(database(), clock_,
                          files.first(static_cast<std::size_t>(first_new - files.begin()))));
  const Day day(days(20'000));
  const auto written = database().write_now([day](db::Session& q) {
    for (const int number : {1, 2}) {
      q.execute(kAddUser, user_id(number), "user" + std::to_string(number), false, number == 1,
                db::BytesView{"0123456789abcdef"});
    }
    constexpr std::optional<std::int64_t> kNotRated;
    q.execute(kAddRuck, user_id(1), 1, false, std::optional<std::int64_t>(7), day, 3600.0, 0.0);
    q.execute(kAddRuck, user_id(1), 2, false, kNotRated, day, 1800.0, 45.5);
    q.execute(kAddDay, user_id(1), day);
    q.execute(kAddDay, user_id(2), day);
  });
  ASSERT_TRUE(written);
  migrate();
  const auto checked = database().write_now([](db::Session& q) {
    const auto rows = days_of(q, user_id(1));
    EXPECT_EQ(rows.size(), 1U);
    if (rows.size() != 1) return;
    EXPECT_EQ(rows[0].totals.effort_load, 420);
    EXPECT_EQ(rows[0].totals.effort_s, 3600);
    EXPECT_EQ(rows[0].totals.heart_load, 45.5);
    EXPECT_EQ(rows[0].totals.heart_s, 1800);
    EXPECT_EQ(days_of(q, user_id(2)).at(0).totals.effort_load, 0) << "another user's";
    EXPECT_EQ(q.one<std::string>(kDefault, user_id(1)), "public");
    EXPECT_EQ(q.one<std::string>(kDefault, user_id(2)), "private");
  });
  EXPECT_TRUE(checked);
}

RUCK_ON_BOTH_DATABASES(UpgradeTest);

}  // namespace
}  // namespace ruck::stats

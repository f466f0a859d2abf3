// Statistics (contract core §4).
#include "base/clock.hpp"
#include "calendar/time_zone.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ruck::test {
namespace {

class StatsTest : public ApiTest {
 protected:
  static std::string days_ago(int days, const std::string& clock = "T12:00:00Z") {
    const Day today = std::chrono::floor<std::chrono::days>(SystemClock().now());
    return to_iso8601(today - std::chrono::days(days)) + clock;
  }
};

TEST_P(StatsTest, AWeekHasTheContractsShape) {
  ApiClient anna = user("anna");
  enter_ruck(anna, days_ago(1), 5, 3600, R"(,"calories_burned":400,"elevation_gain_m":50)");
  enter_ruck(anna, days_ago(2), 10, 7200, R"(,"calories_burned":800)");
  enter_ruck(anna, days_ago(9), 20, 14'400);
  for (const char* path : {"/api/stats/weekly", "/api/statistics/weekly"}) {
    const json::Tree data = anna.get(path).json["data"];
    EXPECT_EQ(data["total_sessions"].integer(), 2);
    EXPECT_EQ(data["total_distance_km"].number(), 15);
    EXPECT_EQ(data["total_duration_seconds"].integer(), 10'800);
    EXPECT_EQ(data["total_calories"].integer(), 1200);
    EXPECT_EQ(data["total_power_points"].integer(), 5 * 10 * 50 + 10 * 10);
    EXPECT_EQ(data["performance"]["avg_pace_seconds_per_km"].number(), 720);
    EXPECT_EQ(data["performance"]["avg_distance_km"].number(), 7.5);
    EXPECT_EQ(data["performance"]["avg_duration_seconds"].number(), 5400);
    EXPECT_EQ(data["time_series"].size(), 7U);
    EXPECT_EQ(data["time_series"][5]["sessions_count"].integer(), 1);
    EXPECT_EQ(data["time_series"][5]["distance_km"].number(), 5);
    EXPECT_EQ(data["date_range"].kind(), json::Kind::kString);
  }
  EXPECT_EQ(anna.get("/api/stats/weekly?offset=1").json["data"]["total_distance_km"].number(), 20);
  EXPECT_EQ(anna.get("/api/stats/weekly?offset=x").status, 400);
}

TEST_P(StatsTest, MonthsAndYearsAreThoseOfTheCalendar) {
  ApiClient anna = user("anna");
  enter_ruck(anna, "2008-07-12T10:00:00Z", 30, 20'000);
  enter_ruck(anna, "2008-12-31T10:00:00Z", 4, 3000);
  const auto today =
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(SystemClock().now()));
  const int years = static_cast<int>(today.year()) - 2008;
  const int months = years * 12 + static_cast<int>(static_cast<unsigned>(today.month())) - 7;
  const json::Tree july =
      anna.get(fmt::format("/api/stats/monthly?offset={}", months)).json["data"];
  EXPECT_EQ(july["total_distance_km"].number(), 30);
  EXPECT_EQ(july["time_series"][1]["period"].text(), "W2");
  EXPECT_EQ(july["time_series"][1]["sessions_count"].integer(), 1);
  const json::Tree year = anna.get(fmt::format("/api/stats/yearly?offset={}", years)).json["data"];
  EXPECT_EQ(year["total_sessions"].integer(), 2);
  EXPECT_EQ(year["time_series"].size(), 12U);
  EXPECT_EQ(year["time_series"][11]["distance_km"].number(), 4);
}

TEST_P(StatsTest, DaysAreTheUsersOwnAndMoveWithTheTimeZone) {
  ApiClient anna = user("anna");
  enter_ruck(anna, days_ago(3, "T23:30:00Z"), 5, 3600);
  const auto day_with_ruck = [&] {
    for (const json::Tree& day :
         anna.get("/api/stats/weekly").json["data"]["daily_breakdown"].items()) {
      if (day["sessions_count"].integer() == 1) return day["date"].text();
    }
    return std::string("none");
  };
  EXPECT_EQ(day_with_ruck(), days_ago(3, ""));
  ASSERT_EQ(anna.put("/api/users/profile", R"({"time_zone":"Asia/Tokyo"})").status, 200);
  EXPECT_EQ(day_with_ruck(), days_ago(2, "")) << "half past eight in the morning there";
  ASSERT_EQ(anna.put("/api/users/profile", R"({"time_zone":"UTC"})").status, 200);
  EXPECT_EQ(day_with_ruck(), days_ago(3, ""));
}

TEST_P(StatsTest, OnlyCompletedRucksCountAndChangesShowAtOnce) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  anna.post("/api/rucks/" + id + "/location",
            Walk{.start_ms = now_ms() - 1'000'000, .count = 150}.json());
  EXPECT_EQ(anna.get("/api/stats/weekly").json["data"]["total_sessions"].integer(), 0);
  const json::Tree done = anna.post("/api/rucks/" + id + "/complete", "{}").json;
  const double km = done["distance_km"].number();
  EXPECT_EQ(anna.get("/api/stats/weekly").json["data"]["total_distance_km"].number(), km);
  EXPECT_EQ(anna.get("/api/users/profile").json["stats"]["total_rucks"].integer(), 1);
  // A walk of a quarter of an hour may have begun last month.
  const bool is_of_this_month = done["started_at"].text().starts_with(days_ago(0, "").substr(0, 7));
  EXPECT_EQ(anna.get("/api/users/profile").json["stats"]["this_month"]["rucks"].integer(),
            is_of_this_month ? 1 : 0);
}

TEST_P(StatsTest, LoadAndFormAreThoseOfTheReference) {
  ApiClient anna = user("anna");
  // 20 minutes that felt like 5: 100 a day for seven days (science §5.1).
  for (int ago = 6; ago >= 0; --ago) {
    enter_ruck(anna, days_ago(ago, "T00:00:01Z"), 2, 1200, R"(,"perceived_exertion":5)");
  }
  const json::Tree data = anna.get("/api/stats/training?days=30").json["data"];
  EXPECT_EQ(data["measure"].text(), "effort");
  EXPECT_EQ(data["rated_share"].number(), 1);
  EXPECT_EQ(data["heart_rate_share"].number(), 0);
  ASSERT_EQ(data["days"].size(), 30U);
  const json::Tree today = data["days"][29];
  EXPECT_EQ(today["date"].text(), days_ago(0, ""));
  EXPECT_EQ(today["load"].number(), 100);
  EXPECT_NEAR(today["fitness"].number(), 15.3518, 0.006);
  EXPECT_NEAR(today["fatigue"].number(), 63.2121, 0.006);
  EXPECT_NEAR(data["days"][23]["fitness"].number(), 2.3528, 0.006) << "the first day";
  EXPECT_NEAR(data["days"][23]["fatigue"].number(), 13.3122, 0.006);
  EXPECT_EQ(data["days"][22]["fitness"].number(), 0);
  EXPECT_NEAR(today["form"].number(),
              data["days"][28]["fitness"].number() - data["days"][28]["fatigue"].number(), 0.011);
  EXPECT_EQ(data["reading"].text(), "new") << "a week says nothing about form";
  EXPECT_EQ(data["week"]["load"].number(), 700);
  EXPECT_EQ(data["week"]["previous_load"].number(), 0);
  EXPECT_EQ(data["week"]["monotony"].kind(), json::Kind::kNull) << "every day was alike";
  EXPECT_EQ(anna.get("/api/stats/training?days=6").status, 400);
  EXPECT_EQ(anna.get("/api/stats/training?measure=luck").status, 400);
  const json::Tree pack = anna.get("/api/stats/training?measure=pack&days=7").json["data"];
  EXPECT_GT(pack["days"][6]["load"].number(), 0);
  EXPECT_EQ(user("berta").get("/api/stats/training").json["data"]["week"]["load"].number(), 0)
      << "everybody's own";
  EXPECT_EQ(client().get("/api/stats/training").status, 401);
}

TEST_P(StatsTest, ARatingThatComesLaterCounts) {
  ApiClient anna = user("anna");
  const std::string id =
      std::to_string(enter_ruck(anna, days_ago(0, "T00:00:01Z"), 5, 3600).json["id"].integer());
  const auto today = [&] {
    return anna.get("/api/stats/training?days=7&measure=effort")
        .json["data"]["days"][6]["load"]
        .number();
  };
  EXPECT_EQ(today(), 4 * 60) << "not rated: somewhat hard";
  ASSERT_EQ(anna.patch("/api/rucks/" + id + "/details", R"({"perceived_exertion":8})").status, 200);
  EXPECT_EQ(today(), 8 * 60);
  enter_ruck(anna, days_ago(0, "T00:00:02Z"), 5, 1800);
  EXPECT_EQ(today(), 8 * 60 + 8 * 30) << "not rated: as the others usually are";
}

RUCK_ON_BOTH_DATABASES(StatsTest);

}  // namespace
}  // namespace ruck::test

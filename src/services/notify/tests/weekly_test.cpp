// When a digest is due: zones, clocks that are put forward and back, quiet hours, journeys.
#include "services/notify/weekly.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

namespace ruck::notify {
namespace {
using namespace std::chrono_literals;
using std::chrono::days;

UtcUs at(std::string_view text) { return to_us(parse_iso8601(text).value().time); }
Day day(std::string_view text) { return parse_date(text).value(); }
store::RecipientRow in(const std::string& zone, std::optional<Day> week = {}) {
  store::RecipientRow row;
  row.time_zone = zone;
  row.digest_week = week;
  return row;
}

TEST(Weekly, AWeekBeginsOnMonday) {
  EXPECT_EQ(monday_of(day("2026-11-23")), day("2026-11-23"));
  EXPECT_EQ(monday_of(day("2026-11-29")), day("2026-11-23"));
  EXPECT_EQ(monday_of(day("2027-01-01")), day("2026-12-28")) << "over the end of a year";
}

TEST(Weekly, TheFirstIsOnTheNextMondayMorningOfTheZone) {
  const auto first = [](const std::string& zone, std::string_view now) {
    return first_digest(in(zone), at(now));
  };
  EXPECT_EQ(first("Europe/Berlin", "2026-11-25T12:00:00Z"),
            (store::DigestPlan{.week = day("2026-11-30"), .at = at("2026-11-30T07:00:00Z")}));
  EXPECT_EQ(first("Europe/Berlin", "2026-11-30T06:59:59Z").at, at("2026-11-30T07:00:00Z"));
  EXPECT_EQ(first("Europe/Berlin", "2026-11-30T07:00:00Z").at, at("2026-12-07T07:00:00Z"));
  EXPECT_EQ(first("Pacific/Kiritimati", "2026-11-29T17:00:00Z").at, at("2026-11-29T18:00:00Z"))
      << "where Monday comes first";
  EXPECT_EQ(first("America/Los_Angeles", "2026-11-30T07:00:00Z").at, at("2026-11-30T16:00:00Z"))
      << "where it is Sunday still";
  EXPECT_EQ(first("Asia/Kathmandu", "2026-11-29T00:00:00Z").at, at("2026-11-30T02:15:00Z"));
  EXPECT_EQ(first("Nowhere/At_All", "2026-11-29T00:00:00Z").at, at("2026-11-30T08:00:00Z"));
}

TEST(Weekly, IsAtTheSameHourWhenClocksArePutForwardAndBack) {
  const auto next = [](const std::string& zone, std::string_view week) {
    const auto to = in(zone, day(week));
    const store::DigestPlan plan = digest_of(day(week), calendar::TimeZone::find(zone).value());
    const DigestStep step = step_of(to, plan.at);
    EXPECT_EQ(step.week, day(week));
    return step.next.at;
  };
  // Berlin: forward on 29 March, back on 25 October 2026. New York: 8 March, 1 November.
  EXPECT_EQ(next("Europe/Berlin", "2026-03-23"), at("2026-03-30T06:00:00Z"));
  EXPECT_EQ(next("Europe/Berlin", "2026-10-19"), at("2026-10-26T07:00:00Z"));
  EXPECT_EQ(next("America/New_York", "2026-03-02"), at("2026-03-09T12:00:00Z"));
  EXPECT_EQ(next("America/New_York", "2026-10-26"), at("2026-11-02T13:00:00Z"));
}

TEST(Weekly, NotBeforeItsTimeAndOnceThen) {
  const auto to = in("Europe/Berlin", day("2026-11-30"));
  const DigestStep early = step_of(to, at("2026-11-30T06:59:59Z"));
  EXPECT_FALSE(early.week);
  EXPECT_EQ(early.next.at, at("2026-11-30T07:00:00Z"));
  const DigestStep due = step_of(to, at("2026-11-30T07:04:00Z"));
  EXPECT_EQ(due.week, day("2026-11-30"));
  EXPECT_EQ(due.next.week, day("2026-12-07"));
  const DigestStep again = step_of(in("Europe/Berlin", due.next.week), at("2026-11-30T07:04:00Z"));
  EXPECT_FALSE(again.week);
}

TEST(Weekly, AServerThatWasAwayTellsOfTheLatestWeekOnly) {
  const auto to = in("UTC", day("2026-11-02"));
  const DigestStep thursday = step_of(to, at("2026-11-26T15:00:00Z"));
  EXPECT_EQ(thursday.week, day("2026-11-23"));
  EXPECT_EQ(thursday.next.week, day("2026-11-30"));
  const DigestStep dawn = step_of(to, at("2026-11-30T05:00:00Z"));
  EXPECT_FALSE(dawn.week) << "the next one is three hours off";
  EXPECT_EQ(dawn.next,
            (store::DigestPlan{.week = day("2026-11-30"), .at = at("2026-11-30T08:00:00Z")}));
}

TEST(Weekly, QuietHoursPutItOff) {
  auto to = in("UTC", day("2026-11-30"));
  to.quiet_start_min = 22 * 60;
  to.quiet_end_min = 9 * 60 + 30;
  const DigestStep quiet = step_of(to, at("2026-11-30T08:00:00Z"));
  EXPECT_FALSE(quiet.week);
  EXPECT_EQ(quiet.next,
            (store::DigestPlan{.week = day("2026-11-30"), .at = at("2026-11-30T09:30:00Z")}));
  EXPECT_EQ(step_of(to, quiet.next.at).week, day("2026-11-30"));
}

TEST(Weekly, AJourneyNeitherRepeatsAWeekNorLosesOne) {
  // Read in Berlin on Monday at eight; two hours later in New York it is Monday at four.
  DigestStep step = step_of(in("Europe/Berlin", day("2026-11-30")), at("2026-11-30T07:00:00Z"));
  ASSERT_EQ(step.week, day("2026-11-30"));
  step = step_of(in("America/New_York", step.next.week), at("2026-11-30T13:00:00Z"));
  EXPECT_FALSE(step.week);
  EXPECT_EQ(step.next.week, day("2026-12-07"));
  // Off from New York on Monday at seven: in Tokyo the hour is over.
  const auto tokyo = calendar::TimeZone::find("Asia/Tokyo").value();
  EXPECT_LT(digest_of(day("2026-11-30"), tokyo).at, at("2026-11-30T12:00:00Z"));
  step = step_of(in("Asia/Tokyo", day("2026-11-30")), at("2026-11-30T12:00:00Z"));
  EXPECT_EQ(step.week, day("2026-11-30"));
}

// However somebody travels and however rarely the server looks: never a week twice, and every week
// if it looks each day.
TEST(Weekly, RandomJourneys) {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const auto seed = given != nullptr ? std::stoull(given) : std::random_device()();
  SCOPED_TRACE("RUCK_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::array<std::string, 6> zones = {
      "UTC",        "Europe/Berlin",      "America/New_York",
      "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"};
  for (int round = 0; round < 50; ++round) {
    UtcUs now = at("2026-01-01T00:00:00Z");
    store::RecipientRow to = in(zones[random() % zones.size()]);
    store::DigestPlan plan = first_digest(to, now);
    std::vector<Day> sent;
    while (now < at("2026-12-31T00:00:00Z")) {
      now += std::chrono::minutes(random() % 1440);
      if (random() % 5 == 0) {
        to.time_zone = zones[random() % zones.size()];
        plan = digest_of(plan.week, calendar::TimeZone::find(to.time_zone).value());
      }
      if (plan.at > now) continue;
      to.digest_week = plan.week;
      const DigestStep step = step_of(to, now);
      EXPECT_GT(step.next.at, now);
      EXPECT_GE(step.next.week, plan.week);
      if (step.week) {
        if (!sent.empty()) ASSERT_EQ(*step.week, sent.back() + days(7));
        sent.push_back(*step.week);
      }
      plan = step.next;
    }
    EXPECT_GE(sent.size(), 50U);
  }
}

}  // namespace
}  // namespace ruck::notify

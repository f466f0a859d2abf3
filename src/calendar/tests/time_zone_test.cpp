#include "calendar/time_zone.hpp"

#include <gtest/gtest.h>

namespace ruck::calendar {
namespace {

UtcMs at(std::string_view text) { return parse_iso8601(text)->time; }

TEST(TimeZone, ADayBeginsAtLocalMidnight) {
  const auto berlin = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(to_iso8601(berlin->day_of(at("2026-07-01T21:59:59Z"))), "2026-07-01");
  EXPECT_EQ(to_iso8601(berlin->day_of(at("2026-07-01T22:00:00Z"))), "2026-07-02");
  EXPECT_EQ(to_iso8601(berlin->day_of(at("2026-01-01T22:59:59Z"))), "2026-01-01");
  EXPECT_EQ(to_iso8601(berlin->start_of(*parse_date("2026-07-02"))), "2026-07-01T22:00:00Z");
}

TEST(TimeZone, KnowsHalfHoursAndTheDateLine) {
  EXPECT_EQ(to_iso8601(TimeZone::find("Asia/Kolkata")->day_of(at("2026-01-01T18:30:00Z"))),
            "2026-01-02");
  EXPECT_EQ(to_iso8601(TimeZone::find("Pacific/Kiritimati")->day_of(at("2026-01-01T10:00:00Z"))),
            "2026-01-02");
}

TEST(TimeZone, HoursThatDoNotExistOrComeTwiceHaveOneMeaning) {
  const auto berlin = *TimeZone::find("Europe/Berlin");
  EXPECT_EQ(to_iso8601(berlin.from_local(at("2026-03-29T02:30:00Z"))), "2026-03-29T01:00:00Z");
  EXPECT_EQ(to_iso8601(berlin.from_local(at("2026-10-25T02:30:00Z"))), "2026-10-25T00:30:00Z");
}

TEST(TimeZone, SaysWhenThereIsNone) {
  EXPECT_FALSE(TimeZone::find("Mars/Olympus"));
  EXPECT_FALSE(TimeZone::find(""));
  EXPECT_FALSE(TimeZone::find("../../etc/passwd"));
}

}  // namespace
}  // namespace ruck::calendar

#include "services/notify/quiet.hpp"

#include <gtest/gtest.h>

namespace ruck::notify {
namespace {

UtcUs at(const char* text) { return to_us(parse_iso8601(text)->time); }
std::string until(const QuietHours& hours, const char* zone, const char* now) {
  const auto end = quiet_until(hours, calendar::TimeZone::find(zone).value(), at(now));
  return end ? to_iso8601(to_ms(*end)) : "";
}

TEST(QuietHours, HoldInTheUsersOwnZone) {
  const QuietHours afternoon{.start_minute = 13 * 60, .end_minute = 15 * 60};
  EXPECT_EQ(until(afternoon, "UTC", "2026-06-01T13:00:00Z"), "2026-06-01T15:00:00Z");
  EXPECT_EQ(until(afternoon, "UTC", "2026-06-01T15:00:00Z"), "") << "the end is outside";
  EXPECT_EQ(until(afternoon, "UTC", "2026-06-01T12:59:59Z"), "");
  EXPECT_EQ(until(afternoon, "Europe/Berlin", "2026-06-01T11:30:00Z"), "2026-06-01T13:00:00Z");
  EXPECT_EQ(until(afternoon, "Europe/Berlin", "2026-06-01T14:00:00Z"), "");
  EXPECT_EQ(until(afternoon, "Asia/Kolkata", "2026-06-01T08:00:00Z"), "2026-06-01T09:30:00Z");
}

TEST(QuietHours, GoOverMidnight) {
  const QuietHours night{.start_minute = 22 * 60, .end_minute = 7 * 60 + 30};
  EXPECT_EQ(until(night, "UTC", "2026-06-01T23:00:00Z"), "2026-06-02T07:30:00Z");
  EXPECT_EQ(until(night, "UTC", "2026-06-02T03:00:00Z"), "2026-06-02T07:30:00Z");
  EXPECT_EQ(until(night, "UTC", "2026-06-02T07:30:00Z"), "");
  EXPECT_EQ(until(night, "UTC", "2026-06-02T21:59:00Z"), "");
  // A local evening that is the next day in UTC.
  EXPECT_EQ(until(night, "America/New_York", "2026-06-02T03:00:00Z"), "2026-06-02T11:30:00Z");
}

TEST(QuietHours, EndWithTheClockOnTheWallWhenItIsPutForward) {
  const QuietHours night{.start_minute = 22 * 60, .end_minute = 7 * 60};
  EXPECT_EQ(until(night, "Europe/Berlin", "2026-03-28T23:00:00Z"), "2026-03-29T05:00:00Z");
}

TEST(QuietHours, OfNoLengthAreNone) {
  EXPECT_EQ(until({.start_minute = 600, .end_minute = 600}, "UTC", "2026-06-01T10:00:00Z"), "");
}

}  // namespace
}  // namespace ruck::notify

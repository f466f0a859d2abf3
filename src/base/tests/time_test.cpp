#include "base/time.hpp"

#include <gtest/gtest.h>

namespace ruck {
namespace {

std::int64_t ms_of(std::string_view text) {
  const auto parsed = parse_iso8601(text);
  return parsed ? parsed->time.time_since_epoch().count() : -1;
}

TEST(Iso8601, ReadsWhatPhonesAndGpxFilesWrite) {
  EXPECT_EQ(ms_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ms_of("2025-08-29T20:12:19.97+02:00"), 1756491139970);
  EXPECT_EQ(ms_of("2025-08-29T18:12:19.970Z"), 1756491139970);
  EXPECT_EQ(ms_of("2025-08-29 18:12:19.970Z"), 1756491139970);
  EXPECT_EQ(ms_of("2025-08-29T18:12:19.970123456Z"), 1756491139970);
  EXPECT_EQ(ms_of("2025-08-29T18:12Z"), 1756491120000);
  EXPECT_EQ(ms_of("2025-08-29"), 1756425600000);
  EXPECT_EQ(ms_of("2025-08-29T13:42:19-0430"), 1756491139000);
}

TEST(Iso8601, RoundsToTheNearestMillisecond) {
  EXPECT_EQ(ms_of("1970-01-01T00:00:00.0014Z"), 1);
  EXPECT_EQ(ms_of("1970-01-01T00:00:00.0015Z"), 2);
  EXPECT_EQ(ms_of("1970-01-01T00:00:00.9999Z"), 1000);
}

TEST(Iso8601, SaysWhetherTheTextNamedAZone) {
  EXPECT_FALSE(parse_iso8601("2025-08-29T18:12:19.970")->has_zone);
  EXPECT_TRUE(parse_iso8601("2025-08-29T18:12:19.970+00:00")->has_zone);
}

TEST(Iso8601, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "now", "2025", "2025-13-01", "2025-02-29", "2025-08-29T", "2025-08-29T24:00:00Z",
        "2025-08-29T18:60:00Z", "2025-08-29T18:12:19.Z", "2025-08-29T18:12:19Zx",
        "2025-08-29T18:12:19+99:00", "0000-01-01T00:00:00Z", "1756491139970"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

TEST(Iso8601, WritesWithAZAndOnlyTheFractionThatIsThere) {
  EXPECT_EQ(to_iso8601(utc_ms(1756491139970)), "2025-08-29T18:12:19.970Z");
  EXPECT_EQ(to_iso8601(utc_ms(1756491139000)), "2025-08-29T18:12:19Z");
  EXPECT_EQ(to_iso8601(utc_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Iso8601, ReadsBackWhatItWrites) {
  for (std::int64_t ms = -2'000'000'000'000; ms < 4'000'000'000'000; ms += 86'400'007'001) {
    EXPECT_EQ(ms_of(to_iso8601(utc_ms(ms))), ms);
  }
}

TEST(Date, OnlyDaysThatExist) {
  EXPECT_TRUE(parse_date("2024-02-29"));
  EXPECT_FALSE(parse_date("2025-02-29"));
  EXPECT_FALSE(parse_date("2025-02-28T00:00:00Z"));
  EXPECT_EQ(to_iso8601(*parse_date("2024-02-29")), "2024-02-29");
}

}  // namespace
}  // namespace ruck

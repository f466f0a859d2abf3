#include "media/worker/taken.hpp"

#include <gtest/gtest.h>

namespace ruck::media {
namespace {

// As libvips 8.14 over libexif gives them.
ExifTexts berlin() {
  return {.latitude = "52/1 31/1 12/1 (52, 31, 12, Rational, 3 components, 24 bytes)",
          .latitude_ref = "N (N, ASCII, 2 components, 2 bytes)",
          .longitude = "13/1 24/1 1800/100 (13, 24, 18.00, Rational, 3 components, 24 bytes)",
          .longitude_ref = "E (E, ASCII, 2 components, 2 bytes)",
          .time = "2026:11:01 10:00:00 (2026:11:01 10:00:00, ASCII, 20 components, 20 bytes)",
          .offset = "+02:00 (+02:00, ASCII, 7 components, 7 bytes)"};
}

TEST(Taken, IsDegreesAndATimeInUtc) {
  const Taken taken = read_taken(berlin());
  ASSERT_TRUE(taken.lat_deg && taken.lng_deg && taken.time_s);
  EXPECT_NEAR(*taken.lat_deg, 52.52, 1e-9);
  EXPECT_NEAR(*taken.lng_deg, 13.405, 1e-9);
  EXPECT_EQ(*taken.time_s, 1793520000);  // 2026-11-01T08:00:00Z
}

TEST(Taken, SouthAndWestAreNegative) {
  ExifTexts texts = berlin();
  texts.latitude_ref = "S (S, ASCII, 2 components, 2 bytes)";
  texts.longitude_ref = "W";
  const Taken taken = read_taken(texts);
  EXPECT_NEAR(*taken.lat_deg, -52.52, 1e-9);
  EXPECT_NEAR(*taken.lng_deg, -13.405, 1e-9);
}

TEST(Taken, HasBothCoordinatesOrNone) {
  for (const char* wrong : {"", "0/0 0/0 0/0 (…)", "91/1 0/1 0/1", "x", "52/0 1/1 1/1", "-52/1",
                            "1/1 1/1 1/1 1/1", "99999999999999999999/1", "52", "52/1,31/1"}) {
    ExifTexts texts = berlin();
    texts.latitude = wrong;
    const Taken taken = read_taken(texts);
    EXPECT_FALSE(taken.lat_deg || taken.lng_deg) << wrong;
    EXPECT_TRUE(taken.time_s) << wrong;
  }
  ExifTexts nowhere = berlin();
  nowhere.latitude_ref = "";
  EXPECT_FALSE(read_taken(nowhere).lat_deg);
}

// What cameras write that have no fix.
TEST(Taken, NoughtNoughtIsNoPlace) {
  ExifTexts texts = berlin();
  texts.latitude = "0/1 0/1 0/1";
  texts.longitude = "0/1 0/1 0/1";
  EXPECT_FALSE(read_taken(texts).lat_deg);
  texts.longitude = "13/1 0/1 0/1";
  EXPECT_EQ(read_taken(texts).lat_deg, 0.0);
}

TEST(Taken, ATimeWithoutAnOffsetIsNone) {
  ExifTexts texts = berlin();
  texts.offset = "";
  EXPECT_FALSE(read_taken(texts).time_s);
  texts = berlin();
  for (const char* wrong : {"0000:00:00 00:00:00", "2026-11-01 10:00:00", "2026:13:01 10:00:00",
                            "    :  :     :  :  ", "2026:11:01"}) {
    texts.time = wrong;
    EXPECT_FALSE(read_taken(texts).time_s) << wrong;
  }
}

}  // namespace
}  // namespace ruck::media

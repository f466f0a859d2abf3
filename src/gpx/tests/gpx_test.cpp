#include "gpx/document.hpp"
#include "gpx/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::gpx {
namespace {
using testing::Contains;
using testing::HasSubstr;

constexpr UtcMs kLatest = utc_ms(1'800'000'000'000);

std::string file(const std::string& body) {
  return "<?xml version=\"1.0\"?><gpx version=\"1.1\" creator=\"test\" "
         "xmlns=\"http://www.topografix.com/GPX/1/1\" xmlns:gpxtpx=\"x\"><trk><name> A walk "
         "</name>" +
         body + "</trk></gpx>";
}
std::string point(double lat, const std::string& inner) {
  return "<trkpt lat=\"" + std::to_string(lat) + "\" lon=\"8\">" + inner + "</trkpt>";
}
std::string time(int s) {
  return "<time>2026-01-01T10:00:" + std::string(s < 10 ? "0" : "") + std::to_string(s) +
         "Z</time>";
}

TEST(Gpx, ReadsTracksSegmentsAndExtensions) {
  const auto document = read(
      file("<trkseg>" +
           point(47, "<ele>12.5</ele>" + time(0) +
                         "<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>120</"
                         "gpxtpx:hr><gpxtpx:speed>1.4"
                         "</gpxtpx:speed></gpxtpx:TrackPointExtension><o:accuracy_horizontal>3</"
                         "o:accuracy_horizontal>"
                         "</extensions>") +
           point(47.001, time(10)) + "</trkseg><trkseg>" + point(47.002, time(40)) + "</trkseg>"),
      kLatest);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->name, "A walk");
  ASSERT_EQ(document->segments.size(), 2U);
  const Fix& fix = document->segments[0][0];
  EXPECT_EQ(fix.altitude_m, 12.5);
  EXPECT_EQ(fix.heart_rate_bpm, 120);
  EXPECT_EQ(fix.speed_m_per_s, 1.4);
  EXPECT_EQ(fix.accuracy_m, 3.0);
  const Recording recording = to_recording(*document, kLatest);
  EXPECT_EQ(recording.points.size(), 3U);
  ASSERT_EQ(recording.pauses.size(), 1U);
  EXPECT_EQ(recording.pauses[0].to_ms - recording.pauses[0].from_ms, 30'000);
  EXPECT_EQ(recording.heart_rate.size(), 1U);
}

TEST(Gpx, MissingTimesAreInterpolatedAndOddOnesReported) {
  const auto document = read(file("<trkseg>" + point(47, time(0)) + point(47.001, "") +
                                  point(47.002, "<time>1901-01-01T00:00:00Z</time>") +
                                  point(47.003, time(30)) + point(47.004, "") + "</trkseg>"),
                             kLatest);
  ASSERT_TRUE(document);
  const Recording recording = to_recording(*document, kLatest);
  ASSERT_EQ(recording.points.size(), 4U);
  EXPECT_EQ(recording.points[1].time_ms - recording.points[0].time_ms, 10'000);
  EXPECT_THAT(recording.remarks, Contains(HasSubstr("1 impossible times")));
  EXPECT_THAT(recording.remarks, Contains(HasSubstr("2 points without a time got one")));
  EXPECT_THAT(recording.remarks, Contains(HasSubstr("1 points without a time could not")));
}

TEST(Gpx, AFileWithoutTimesHasALengthOnly) {
  const auto document =
      read(file("<trkseg>" + point(47, "") + point(47.01, "") + "</trkseg>"), kLatest);
  const Recording recording = to_recording(*document, kLatest);
  EXPECT_FALSE(recording.has_times);
  EXPECT_TRUE(recording.points.empty());
  EXPECT_NEAR(recording.length_m, 1111.7, 0.2);
}

TEST(Gpx, TheSameWalkHasTheSameIdentity) {
  const std::string body = "<trkseg>" + point(47, time(0)) + point(47.001, time(10)) + "</trkseg>";
  const std::string spaced =
      "<trkseg>\n\n " + point(47, time(0)) + "\n" + point(47.001, time(10)) + "</trkseg>";
  const auto identity = [](const std::string& text) {
    return to_recording(*read(file(text), kLatest), kLatest).identity;
  };
  EXPECT_EQ(identity(body), identity(spaced));
  EXPECT_NE(identity(body),
            identity("<trkseg>" + point(47, time(1)) + point(47.001, time(10)) + "</trkseg>"));
}

TEST(Gpx, WhatIsNotGpxSaysWhereAndWhy) {
  EXPECT_THAT(read("<gpx>\n<trk>\n</wrong>", kLatest).error().message, HasSubstr("at line 3"));
  EXPECT_THAT(read("<html/>", kLatest).error().message, HasSubstr("root element is <html>"));
  EXPECT_THAT(read(file(""), kLatest).error().message, HasSubstr("no track points"));
  EXPECT_FALSE(read("", kLatest));
  EXPECT_EQ(read(std::string(kBytesMax + 1, ' '), kLatest).error().code,
            ErrorCode::kPayloadTooLarge);
}

TEST(Gpx, EntitiesAreNotExpanded) {
  std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE gpx [<!ENTITY a \"aaaaaaaaaa\">";
  for (char c = 'b'; c <= 'j'; ++c) {
    bomb += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) bomb += std::string("&") + static_cast<char>(c - 1) + ";";
    bomb += "\">";
  }
  bomb += "]><gpx><trk><name>&j;</name><trkseg>" + point(47, time(0)) + "</trkseg></trk></gpx>";
  const auto document = read(bomb, kLatest);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->name, "&j;");
}

TEST(Gpx, WhatIsWrittenIsReadBack) {
  Document document{.creator = "a <b>", .name = "x & y", .time = utc_ms(1'700'000'000'000)};
  document.segments = {{{.lat_deg = 47.1234567,
                         .lng_deg = -8.5,
                         .time = utc_ms(1'700'000'000'500),
                         .altitude_m = -3.5,
                         .accuracy_m = 4.5,
                         .speed_m_per_s = 1.25,
                         .heart_rate_bpm = 99}},
                       {{.lat_deg = 0, .lng_deg = 0}}};
  const auto back = read(write(document), kLatest);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->creator, document.creator);
  EXPECT_EQ(back->name, document.name);
  EXPECT_EQ(back->segments[0][0].lat_deg, 47.1234567);
  EXPECT_EQ(back->segments[0][0].time, document.segments[0][0].time);
  EXPECT_EQ(back->segments[0][0].heart_rate_bpm, 99);
  EXPECT_EQ(back->segments[0][0].accuracy_m, 4.5);
  EXPECT_EQ(back->segments[1][0].lat_deg, 0);
}

}  // namespace
}  // namespace ruck::gpx

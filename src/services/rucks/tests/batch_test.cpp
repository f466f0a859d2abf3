#include "services/rucks/recording/batch.hpp"

#include "http/json/element.hpp"
#include "services/rucks/limits.hpp"

#include <gtest/gtest.h>

namespace ruck::rucks {
namespace {
using std::chrono::hours;
using std::chrono::minutes;

constexpr UtcMs kNow = utc_ms(1'763'800'000'000);

// The parser reads a little past the end, as it does in the buffers of the server.
class Padded {
 public:
  explicit Padded(std::string text) : text_(std::move(text)) {
    text_.reserve(text_.size() + json::kPadding);
  }
  [[nodiscard]] std::string_view view() const { return text_; }

 private:
  std::string text_;
};
Result<PointBatch> points_of(const std::string& body) {
  return parse_points(Padded(body).view(), kNow);
}
SampleBatch samples_of(const std::string& body) { return *parse_samples(Padded(body).view()); }
std::string zoneless(UtcMs time) {
  std::string text = to_iso8601(time);
  text.pop_back();  // Z
  return text;
}

TEST(PointBatch, EveryNameOfAFieldIsKnown) {
  const auto batch = points_of(
      R"([{"latitude":"47.5","longitude":8.25,"time":1763700000000,"elevation_meters":400.04,)"
      R"("horizontal_accuracy_m":4.5,"speed_mps":1.25,"unique_id":"x"}])");
  ASSERT_TRUE(batch) << batch.error().client_text();
  ASSERT_EQ(batch->points.size(), 1U);
  const rucking::TrackPoint& point = batch->points[0];
  EXPECT_EQ(point.lat_e7, 475'000'000);
  EXPECT_EQ(point.lng_e7, 82'500'000);
  EXPECT_EQ(point.time_ms, 1'763'700'000'000);
  EXPECT_EQ(point.altitude_m(), 400.0);
  EXPECT_TRUE(batch->warnings.empty());
}

TEST(PointBatch, IsNoBatchWithoutPoints) {
  for (const char* body : {"{}", "7", "null", R"({"points":{}})", R"({"points":"many"})"}) {
    const auto batch = points_of(body);
    ASSERT_FALSE(batch) << body;
    EXPECT_EQ(batch.error().code, ErrorCode::kInvalidInput) << body;
  }
  EXPECT_TRUE(points_of(R"({"points":[]})")->points.empty());
}

TEST(PointBatch, NamesOnlyTheFirstProblemsButCountsAll) {
  std::string body = "[";
  for (int i = 0; i < 200; ++i) body += "{},";
  body.back() = ']';
  const auto batch = points_of(body);
  EXPECT_EQ(batch->rejected_count, 200);
  EXPECT_EQ(batch->submitted, 200);
  EXPECT_EQ(batch->rejected.size(), kNamedProblemsMax);
}

TEST(PointBatch, OfTwoEqualKeysTheLastCounts) {
  const auto batch = points_of(R"([{"lat":1,"lat":2,"lng":3,"timestamp":"2025-11-21T00:00:00Z"}])");
  EXPECT_EQ(batch->points.at(0).lat_e7, 20'000'000);
}

TEST(SampleBatch, HeartRatesOutOfRangeAreNamed) {
  const SampleBatch batch =
      samples_of(R"({"samples":[{"time":"2025-11-21T00:00:00Z","bpm":19},)"
                 R"({"timestamp":"2025-11-21T00:00:01Z","heart_rate":120.4},{"bpm":100}]})");
  EXPECT_EQ(batch.samples.size(), 1U);
  EXPECT_EQ(batch.samples.at(0).bpm, 120);
  ASSERT_EQ(batch.rejected.size(), 2U);
  EXPECT_EQ(batch.rejected[0].reason, "heart_rate_out_of_range");
  EXPECT_EQ(batch.rejected[1].reason, "timestamp_missing");
}

// A phone two hours east of Greenwich writes its local time without a zone.
TEST(SampleBatch, TimesWithoutAZoneAreTheProfilesWhenThatFits) {
  SampleBatch batch =
      samples_of(R"([{"timestamp":")" + zoneless(kNow + hours(2)) + R"(","bpm":120}])");
  EXPECT_TRUE(lacks_zone(batch));
  const SampleWindow window{
      .started_at = kNow - hours(1), .now = kNow, .profile_offset = minutes(120)};
  EXPECT_EQ(offset_of(batch, window), minutes(120));
  const auto placed = place_samples(batch, window);
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].time_ms, kNow.time_since_epoch().count());
}

TEST(SampleBatch, WithoutAProfilesZoneTheArrivalTellsTheQuarterHour) {
  const SampleBatch batch = samples_of(
      R"([{"timestamp":")" + zoneless(kNow + minutes(345) - minutes(3)) + R"(","bpm":120}])");
  EXPECT_EQ(offset_of(batch, {.started_at = kNow - hours(1), .now = kNow}), minutes(345))
      << "Nepal is 5:45 ahead";
}

TEST(SampleBatch, WhatIsKnownOfThePhoneCountsBeforeAnyGuess) {
  const SampleBatch batch = samples_of(R"([{"timestamp":")" + zoneless(kNow) + R"(","bpm":120}])");
  EXPECT_EQ(offset_of(batch, {.now = kNow, .known_offset = minutes(-300)}), minutes(-300));
}

TEST(SampleBatch, AfterTheRuckItIsTheSmallestOffsetThatFits) {
  const UtcMs start = kNow - hours(48);
  const SampleBatch batch = samples_of(
      R"([{"timestamp":")" + zoneless(start + hours(3) + minutes(10)) + R"(","bpm":90}])");
  EXPECT_EQ(offset_of(batch, {.started_at = start, .ended_at = start + hours(1), .now = kNow}),
            minutes(105))
      << "the samples end within half an hour of the ruck's end";
}

}  // namespace
}  // namespace ruck::rucks

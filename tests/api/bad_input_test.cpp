// What a batch may hold that is wrong: each has its answer, and none takes the rest of the batch
// down. A 4xx makes the mobile app drop the batch, so it is only for what is no batch at all.
#include "http/compress.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class BadInputTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
    start_ms_ = now_ms() - 7'200'000;
    id_ = start_ruck(*anna_);
  }
  Reply locate(const std::string& body) {
    return anna_->post("/api/rucks/" + id_ + "/location", body);
  }
  // A point with these fields, beside a good one of another second; the good one must get in.
  Reply beside_a_good_one(const std::string& fields) {
    good_ += 1;
    return locate("{\"points\":[{" + fields + "}," + Walk{.start_ms = start_ms_}.point_json(good_) +
                  "]}");
  }
  [[nodiscard]] std::string time(int second) const {
    return to_iso8601(utc_ms(start_ms_ + 1000 * second));
  }
  std::size_t stored() { return anna_->get("/api/rucks/" + id_).json["route"].size(); }

  std::unique_ptr<ApiClient> anna_;
  std::string id_;
  std::int64_t start_ms_ = 0;
  int good_ = 0;
};

TEST_P(BadInputTest, APointThatCannotBeIsNamedAndTheOthersAreStored) {
  const std::string at = R"("timestamp":")" + time(5000) + "\"";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("lat":"NaN","lng":8,)" + at, "latitude"},
      {R"("lat":"Infinity","lng":8,)" + at, "latitude"},
      {R"("lat":47,"lng":"-inf",)" + at, "longitude"},
      {R"("lat":47,"lng":1e300,)" + at, "longitude_out_of_range"},
      {R"("lat":true,"lng":8,)" + at, "latitude_missing"},
      {R"("lat":[47],"lng":{"a":1},)" + at, "latitude_missing"},
      {R"("lat":null,"lng":8,)" + at, "latitude_missing"},
      {R"("lat":47,"lng":8,"timestamp":null)", "timestamp_missing"},
      {R"("lat":47,"lng":8,"timestamp":-1)", "time_before_2000"},
      {R"("lat":47,"lng":8,"timestamp":1e18)", "time"},
      {R"("lat":47,"lng":8,"timestamp":"2025-02-30T00:00:00Z")", "timestamp_missing"},
      {R"("lat":47,"lng":8,"timestamp":"0001-01-01T00:00:00Z")", "time_before_2000"},
      {R"("lat":47,"lng":8,"timestamp":"9999-12-31T23:59:59Z")", "time_in_future"},
      {R"("lat":47,"lng":8,"timestamp":")" + to_iso8601(utc_ms(now_ms() + 3'700'000)) + "\"",
       "time_in_future"}};
  for (const auto& [fields, reason] : cases) {
    const Reply r = beside_a_good_one(fields);
    EXPECT_EQ(r.status, 201) << fields << r.body;
    EXPECT_EQ(r.json["inserted"].integer(), 1) << fields << r.body;
    EXPECT_EQ(r.json["rejected"].integer(), 1) << fields << r.body;
    EXPECT_THAT(r.json["rejected_points"][0]["reason"].text(), HasSubstr(reason)) << fields;
  }
  EXPECT_EQ(stored(), cases.size());
}

TEST_P(BadInputTest, NumbersMayComeAsTextAndAClockMayBeAnHourAhead) {
  const Reply text = beside_a_good_one(R"("lat":" 47.5 ","lng":"8","accuracy":"5","timestamp":")" +
                                       time(5000) + "\"");
  EXPECT_EQ(text.json["inserted"].integer(), 2) << text.body;
  const Reply ahead = beside_a_good_one(R"("lat":47,"lng":8,"timestamp":")" +
                                        to_iso8601(utc_ms(now_ms() + 3'400'000)) + "\"");
  EXPECT_EQ(ahead.json["inserted"].integer(), 2) << ahead.body;
  const Reply heart = anna_->post(
      "/api/rucks/" + id_ + "/heart-rate-chunk",
      R"({"heart_rate_samples":[{"timestamp":")" + time(10) + R"(","bpm":"120"},{"timestamp":")" +
          time(11) + R"(","bpm":"NaN"},{"timestamp":")" + time(12) + R"(","bpm":-5}]})");
  EXPECT_EQ(heart.json["inserted"].integer(), 1) << heart.body;
  EXPECT_EQ(heart.json["rejected"].integer(), 2) << heart.body;
}

TEST_P(BadInputTest, OfAKeyThatIsThereTwiceTheLastThatCanBeReadCounts) {
  const Reply r = beside_a_good_one(R"("lat":1,"lat":47.25,"lat":"x","lng":8,"timestamp":")" +
                                    time(5000) + "\"");
  EXPECT_EQ(r.json["inserted"].integer(), 2) << r.body;
  EXPECT_EQ(anna_->get("/api/rucks/" + id_).json["route"][1]["latitude"].number(), 47.25);
}

TEST_P(BadInputTest, AFieldMayBeNestedAsDeepAsItLikesUpToALimit) {
  const auto nested = [&](std::size_t depth) {
    return "\"extra\":" + std::string(depth, '[') + std::string(depth, ']') +
           R"(,"lat":47,"lng":8,"timestamp":")" + time(5000) + "\"";
  };
  EXPECT_EQ(beside_a_good_one(nested(28)).json["inserted"].integer(), 2);
  const Reply deep = beside_a_good_one(nested(200'000));
  EXPECT_EQ(deep.status, 400) << "this is no batch of any phone";
  EXPECT_EQ(deep.json["error"].text(), "malformed_json");
  EXPECT_EQ(locate(std::string(1'000'000, '[')).status, 400);
  EXPECT_EQ(anna_->get("/livez").status, 200);
}

TEST_P(BadInputTest, WhatIsNotJsonIsRefusedWhole) {
  for (const char* body : {"{\"points\":[{\"lat\":NaN}]}", "{\"points\":[{}", "", "{\"points\":{}}",
                           "\xff\xfe", "{\"points\":[{\"lat\":01}]}"}) {
    EXPECT_EQ(locate(body).status, 400) << body;
  }
  EXPECT_EQ(locate("{\"points\":[]}").status, 201) << "an empty batch is a batch";
}

TEST_P(BadInputTest, ABatchHoldsAHundredThousandPointsAndNamesTheRest) {
  std::string body = "[";
  const std::int64_t first_s = (now_ms() - 150'000'000) / 1000;
  for (int i = 0; i < 100'001; ++i) {
    fmt::format_to(std::back_inserter(body), "{}{{\"lat\":47.{:06},\"lng\":8,\"time\":{}}}",
                   i > 0 ? "," : "", i, first_s + i);
  }
  const Reply r = locate(body + "]");
  EXPECT_EQ(r.status, 201) << r.body.substr(0, 300);
  EXPECT_EQ(r.json["inserted"].integer(), 100'000);
  EXPECT_EQ(r.json["rejected"].integer(), 1);
  EXPECT_EQ(r.json["rejected_points"][0]["reason"].text(), "batch_too_long");
}

TEST_P(BadInputTest, ACompressedBatchIsUnpackedUpToTheLimitOfAnyOther) {
  const std::string batch = Walk{.start_ms = start_ms_}.json();
  anna_->raw().set_header("Content-Encoding", "gzip");
  EXPECT_EQ(locate(http::gzip(batch)).json["inserted"].integer(), 10);
  EXPECT_EQ(locate(http::gzip(std::string(200 << 20, ' '))).status, 413) << "a bomb";
  EXPECT_EQ(locate(http::gzip(batch).substr(0, 60)).status, 400);
  EXPECT_EQ(locate(http::gzip(http::gzip(batch))).status, 400) << "once, not twice";
  anna_->raw().set_header("Content-Encoding", "gzip, gzip");
  EXPECT_EQ(locate(http::gzip(http::gzip(batch))).status, 415);
  anna_->raw().set_header("Content-Encoding", "identity");
  EXPECT_EQ(locate(batch).json["duplicates"].integer(), 10);
}

RUCK_ON_BOTH_DATABASES(BadInputTest);

}  // namespace
}  // namespace ruck::test

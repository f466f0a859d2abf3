// Batches of points and heart rate (contract core §3.5–3.7).
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class IngestTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
    start_ = now_ms() - 7'200'000;
  }
  ApiClient& anna() { return *anna_; }
  Reply locate(const std::string& id, const std::string& body) {
    return anna().post("/api/rucks/" + id + "/location", body);
  }
  json::Tree ruck(const std::string& id) { return anna().get("/api/rucks/" + id).json; }
  std::unique_ptr<ApiClient> anna_;
  std::int64_t start_ = 0;
};

TEST_P(IngestTest, TheReplyTellsWhatBecameOfEachPoint) {
  const std::string id = start_ruck(anna());
  const Reply r = locate(id, Walk{.start_ms = start_}.json());
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["status"].text(), "ok");
  EXPECT_EQ(r.json["inserted"].integer(), 10);
  EXPECT_EQ(r.json["duplicates"].integer(), 0);
  EXPECT_EQ(r.json["rejected"].integer(), 0);
  EXPECT_EQ(r.json["submitted_count"].integer(), 10);
  EXPECT_EQ(r.json["success_rate"].number(), 100);
}

TEST_P(IngestTest, SendingABatchAgainChangesNothing) {
  const std::string id = start_ruck(anna());
  const Walk walk{.start_ms = start_, .count = 300};
  locate(id, walk.part(0, 150).json());
  const Reply first = locate(id, walk.part(150, 150).json());
  const Reply again = locate(id, walk.part(150, 150).json());
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.json["inserted"].integer(), 0);
  EXPECT_EQ(again.json["duplicates"].integer(), 150);
  EXPECT_EQ(again.json["distance_km"].number(), first.json["distance_km"].number());
  const Reply old = locate(id, walk.part(0, 20).json());
  EXPECT_EQ(old.json["duplicates"].integer(), 20) << "also one from long ago";
  EXPECT_EQ(ruck(id)["route"].size(), 300U);
}

TEST_P(IngestTest, OverlappingAndReversedBatchesGiveTheSameTrackAndTotals) {
  const Walk walk{.start_ms = start_, .count = 400};
  const std::string straight = record_ruck(anna(), walk);
  const std::string mixed = start_ruck(anna());
  for (const auto& [from, size] :
       {std::pair{350, 50}, {200, 100}, {0, 120}, {100, 150}, {290, 80}, {240, 20}}) {
    EXPECT_EQ(locate(mixed, walk.part(from, size).json()).status, 201);
  }
  const json::Tree live = ruck(mixed);
  anna().post("/api/rucks/" + mixed + "/complete", "{}");
  const json::Tree a = ruck(straight);
  const json::Tree b = ruck(mixed);
  ASSERT_EQ(b["route"].size(), 400U);
  for (const char* field : {"distance_km", "duration_seconds", "moving_seconds", "elevation_gain_m",
                            "calories_burned"}) {
    EXPECT_EQ(a[field].number(), b[field].number()) << field;
    EXPECT_EQ(live[field].number(), b[field].number()) << field << " while it was live";
  }
}

TEST_P(IngestTest, TwoPhonesSendingTheSameRuckAtOnceStoreItOnce) {
  const std::string id = start_ruck(anna());
  const Walk walk{.start_ms = start_, .count = 500};
  std::atomic<std::int64_t> inserted{0};
  std::vector<std::thread> phones;
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  for (unsigned p = 0; p < 4; ++p) {
    phones.emplace_back([&, p] {
      ApiClient phone = client();
      phone.set_token(anna().token);
      std::vector<int> starts;
      for (int from = 0; from < 500; from += 25) starts.push_back(from);
      std::mt19937 random(seed + p);
      std::shuffle(starts.begin(), starts.end(), random);
      for (const int from : starts) {
        const Reply r = phone.post("/api/rucks/" + id + "/location", walk.part(from, 25).json());
        EXPECT_EQ(r.status, 201) << r.body;
        inserted += r.json["inserted"].integer();
      }
    });
  }
  for (std::thread& phone : phones) phone.join();
  EXPECT_EQ(inserted, 500);
  const Reply done = anna().post("/api/rucks/" + id + "/complete", "{}");
  const std::string straight = record_ruck(anna(), walk);
  EXPECT_EQ(ruck(id)["route"].size(), 500U);
  EXPECT_EQ(done.json["distance_km"].number(), ruck(straight)["distance_km"].number());
}

TEST_P(IngestTest, OneBadPointDoesNotTakeTheRestDown) {
  const std::string id = start_ruck(anna());
  const Walk walk{.start_ms = start_};
  const std::string good = walk.point_json(0);
  const std::string time = to_iso8601(utc_ms(start_ + 999'000));
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"lat":91,"lng":8,"timestamp":")" + time + "\"}", "latitude_out_of_range"},
      {R"({"lat":47,"lng":-180.5,"timestamp":")" + time + "\"}", "longitude_out_of_range"},
      {R"({"lng":8,"timestamp":")" + time + "\"}", "latitude_missing"},
      {R"({"lat":"north","lng":8,"timestamp":")" + time + "\"}", "latitude_missing"},
      {R"({"lat":47,"lng":8})", "timestamp_missing"},
      {R"({"lat":47,"lng":8,"timestamp":"yesterday"})", "timestamp_missing"},
      {R"({"lat":47,"lng":8,"timestamp":"1999-12-31T23:59:59Z"})", "time_before_2000"},
      {R"({"lat":47,"lng":8,"timestamp":")" + to_iso8601(utc_ms(now_ms() + 4'000'000)) + "\"}",
       "time_in_future"},
      {"7", "not_an_object"}};
  std::string body = "{\"points\":[" + good;
  for (const auto& [point, reason] : bad) body += "," + point;
  const Reply r = locate(id, body + "]}");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["inserted"].integer(), 1);
  EXPECT_EQ(r.json["rejected"].integer(), static_cast<std::int64_t>(bad.size()));
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(r.json["rejected_points"][i]["index"].integer(), static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(r.json["rejected_points"][i]["reason"].text(), bad[i].second);
  }
}

TEST_P(IngestTest, ZeroIsAPlaceAndABadOptionalFieldIsLeftOut) {
  const std::string id = start_ruck(anna());
  const std::string t0 = to_iso8601(utc_ms(start_));
  const std::string t1 = to_iso8601(utc_ms(start_ + 1000));
  const Reply r = locate(id, R"({"points":[{"lat":0,"lng":0,"timestamp":")" + t0 +
                                 R"(","altitude":99999,"accuracy":-4,"speed":"fast"},)"
                                 R"({"latitude":"0.00001","longitude":0,"timestamp":")" +
                                 t1 + R"(","elevation_meters":0}]})");
  EXPECT_EQ(r.json["inserted"].integer(), 2) << r.body;
  EXPECT_EQ(r.json["warnings"].size(), 3U) << r.body;
  EXPECT_THAT(r.body, HasSubstr("$.points[0].altitude"));
  const json::Tree got = ruck(id);
  EXPECT_EQ(got["route"][0]["latitude"].number(), 0);
  EXPECT_TRUE(got["route"][0]["altitude"].is_null());
  EXPECT_EQ(got["route"][1]["altitude"].number(), 0) << "sea level is an altitude";
}

TEST_P(IngestTest, TheBodyMayHaveAnyOfTheKnownForms) {
  const std::string id = start_ruck(anna());
  const Walk walk{.start_ms = start_};
  EXPECT_EQ(locate(id, walk.point_json(0)).json["inserted"].integer(), 1);
  EXPECT_EQ(
      locate(id, "{\"location_points\":[" + walk.point_json(1) + "],\"batch_timestamp\":\"x\"}")
          .json["inserted"]
          .integer(),
      1);
  EXPECT_EQ(locate(id, "[" + walk.point_json(2) + "]").json["inserted"].integer(), 1);
  EXPECT_EQ(
      anna()
          .post("/api/rucks/" + id + "/location-batch", Walk{.start_ms = start_}.part(3, 2).json())
          .json["inserted"]
          .integer(),
      2);
  EXPECT_EQ(locate(id, "{}").status, 400);
  EXPECT_EQ(locate(id, "{\"points\":[").status, 400);
}

TEST_P(IngestTest, TheFirstBatchStartsACreatedRuck) {
  const Reply created = anna().post("/api/rucks", R"({"ruck_weight_kg":10})");
  const std::string id = std::to_string(created.json["id"].integer());
  EXPECT_EQ(locate(id, Walk{.start_ms = start_}.json()).status, 201);
  EXPECT_EQ(ruck(id)["status"].text(), "in_progress");
}

TEST_P(IngestTest, PointsThatComeAfterTheCompletionAreMerged) {
  const Walk walk{.start_ms = start_, .count = 600};
  const std::string id = start_ruck(anna());
  locate(id, walk.part(0, 200).json());
  anna().post("/api/rucks/" + id + "/complete", R"({"notes":"mine","rating":5})");
  const double before = ruck(id)["distance_km"].number();
  const Reply late = locate(id, walk.part(200, 400).json());
  EXPECT_EQ(late.status, 201);
  EXPECT_EQ(late.json["inserted"].integer(), 400);
  const json::Tree after = ruck(id);
  EXPECT_NEAR(after["distance_km"].number(), 3 * before, 0.03);
  EXPECT_EQ(after["status"].text(), "completed");
  EXPECT_EQ(after["notes"].text(), "mine");
  EXPECT_EQ(after["rating"].integer(), 5);
  EXPECT_EQ(after["splits"].size(), 5U);
  EXPECT_EQ(anna().get("/api/stats/weekly").json["data"]["total_distance_km"].number(),
            after["distance_km"].number());
}

TEST_P(IngestTest, OfflineNamesAreOneRuckWhereverTheyAreUsed) {
  const std::string key = std::to_string(start_);
  const Walk walk{.start_ms = start_, .count = 200};
  EXPECT_EQ(locate("offline_" + key, walk.part(0, 100).json()).json["inserted"].integer(), 100);
  EXPECT_EQ(locate(key, walk.part(100, 100).json()).json["inserted"].integer(), 100)
      << "the prefix gets lost";
  const Reply done =
      anna().post("/api/rucks/offline_" + key + "/complete", R"({"ruck_weight_kg":12})");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json["ruck_weight_kg"].number(), 12);
  EXPECT_EQ(done.json["started_at"].text(), to_iso8601(utc_ms(start_)));
  const std::string id = std::to_string(done.json["id"].integer());
  EXPECT_EQ(ruck(id)["route"].size(), 200U);
  EXPECT_EQ(anna().get("/api/rucks").json.size(), 1U);
  EXPECT_EQ(anna().get("/api/rucks/offline_" + key).json["id"].integer(),
            done.json["id"].integer());
}

TEST_P(IngestTest, HeartRateIsStoredOnceAndShownDownsampled) {
  const std::string id = start_ruck(anna());
  const std::string path = "/api/rucks/" + id;
  const Reply r = anna().post(path + "/heart-rate-chunk", heart_rate_json(start_, 1000, 120));
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["inserted"].integer(), 1000);
  EXPECT_EQ(anna()
                .post(path + "/heart-rate-chunk", heart_rate_json(start_ + 950'000, 100, 120))
                .json["inserted"]
                .integer(),
            50);
  EXPECT_EQ(anna()
                .post(path + "/heartrate",
                      R"({"samples":[{"timestamp":")" + to_iso8601(utc_ms(start_ + 1'100'000)) +
                          R"(","heart_rate":"140"},{"timestamp":"x","bpm":1},{"timestamp":")" +
                          to_iso8601(utc_ms(start_)) + R"(","bpm":900}]})")
                .json["rejected"]
                .integer(),
            2);
  const Reply shown = anna().get(path + "/heartrate");
  ASSERT_EQ(shown.json.kind(), json::Kind::kArray);
  EXPECT_EQ(shown.json.size(), 400U);
  EXPECT_EQ(shown.json[0]["bpm"].integer(), 120);
  EXPECT_EQ(shown.json[0]["timestamp"].text(), to_iso8601(utc_ms(start_)));
  EXPECT_EQ(shown.json[399]["timestamp"].text(), to_iso8601(utc_ms(start_ + 1'100'000)));
  const Reply done = anna().post(path + "/complete", heart_rate_json(start_ + 1'200'000, 10, 150));
  EXPECT_EQ(done.json["max_heart_rate"].integer(), 154);
}

TEST_P(IngestTest, AllOfTheHeartRateIsThereForWhoAsks) {
  const std::string id = start_ruck(anna());
  anna().post("/api/rucks/" + id + "/heart-rate-chunk", heart_rate_json(start_, 1000, 120));
  const Reply all = anna().get("/api/rucks/" + id + "/heartrate?all=true");
  ASSERT_EQ(all.json.size(), 1000U);
  EXPECT_EQ(all.json[777]["id"].integer(), 778);
  EXPECT_EQ(all.json[777]["timestamp"].text(), to_iso8601(utc_ms(start_ + 777'000)));
  EXPECT_EQ(anna().get("/api/rucks/" + id + "/heartrate?all=false").json.size(), 400U);
}

TEST_P(IngestTest, HeartRateWithoutAZoneIsDeviceLocalTime) {
  const std::string id = start_ruck(anna());
  locate(id, Walk{.start_ms = start_, .count = 1400}.json());
  // A phone five and a half hours ahead of UTC, whose owner never set a time zone. What it uploads
  // on the way tells the offset; at the end it sends everything again.
  constexpr std::int64_t kAhead = 5 * 3'600'000 + 1'800'000;
  const std::string path = "/api/rucks/" + id + "/heart-rate-chunk";
  EXPECT_EQ(anna()
                .post(path, heart_rate_json(now_ms() - 100'000 + kAhead, 100, 120, false))
                .json["inserted"]
                .integer(),
            100);
  EXPECT_EQ(anna()
                .post(path, heart_rate_json(start_ + kAhead, 100, 120, false))
                .json["inserted"]
                .integer(),
            100);
  EXPECT_EQ(anna().get("/api/rucks/" + id + "/heartrate").json[0]["timestamp"].text(),
            to_iso8601(utc_ms(start_)));
}

TEST_P(IngestTest, AnybodyElsesRuckIsUnknown) {
  const std::string id = start_ruck(anna());
  ApiClient berta = user("berta");
  EXPECT_EQ(berta.post("/api/rucks/" + id + "/location", Walk{.start_ms = start_}.json()).status,
            404);
  EXPECT_EQ(
      berta.post("/api/rucks/" + id + "/heart-rate-chunk", heart_rate_json(start_, 5, 100)).status,
      404);
  EXPECT_EQ(berta.post("/api/rucks/" + id + "/complete", "{}").status, 404);
  locate(id, Walk{.start_ms = start_}.json());  // in memory now
  EXPECT_EQ(berta.post("/api/rucks/" + id + "/location", Walk{.start_ms = start_}.json()).status,
            404);
}

RUCK_ON_BOTH_DATABASES(IngestTest);

}  // namespace
}  // namespace ruck::test

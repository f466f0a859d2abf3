// What the web app asks of the real server: its own files, and the routes that were made for it.
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

class WebTest : public ApiTest {};

Reply enter(ApiClient& user, const std::string& day, double km, int seconds, double load_kg,
            double gain_m = 0) {
  return user.post("/api/rucks", R"({"is_manual":true,"status":"completed","start_time":")" + day +
                                     R"(T22:30:00Z","distance_km":)" + std::to_string(km) +
                                     R"(,"duration_seconds":)" + std::to_string(seconds) +
                                     R"(,"ruck_weight_kg":)" + std::to_string(load_kg) +
                                     R"(,"elevation_gain_m":)" + std::to_string(gain_m) + "}");
}

// The address of a file that a page names.
std::string asset_in(const std::string& html) {
  const std::size_t begin = html.find("/assets/");
  return html.substr(begin, html.find('"', begin) - begin);
}

TEST_P(WebTest, EveryAddressOfTheAppGivesItsPage) {
  ApiClient anybody = client();
  const Reply home = anybody.get("/");
  ASSERT_EQ(home.status, 200);
  EXPECT_THAT(home.body, HasSubstr("<div id=\"app\">"));
  EXPECT_EQ(home.raw.header("Cache-Control"), "no-cache");
  EXPECT_THAT(home.raw.header("Content-Security-Policy"), HasSubstr("script-src 'self'"));
  EXPECT_THAT(home.raw.header("Content-Security-Policy"), Not(HasSubstr("unsafe-inline")));
  EXPECT_EQ(anybody.get("/rucks/7").body, home.body);
  EXPECT_EQ(anybody.get("/reset-password?token=abc").body, home.body);
  EXPECT_EQ(anybody.get("/assets/gone-123.js").status, 404);
  EXPECT_EQ(anybody.get("/api/no/such").status, 404);
  EXPECT_EQ(anybody.post("/rucks/7").status, 404) << "a page cannot be posted to";
}

TEST_P(WebTest, FilesComePackedAndOnce) {
  ApiClient anybody = client();
  const Reply home = anybody.get("/");
  const std::string address = asset_in(home.body);
  const Reply plain = anybody.get(address);
  ASSERT_EQ(plain.status, 200) << address;
  EXPECT_THAT(plain.raw.header("Cache-Control"), HasSubstr("immutable"));
  EXPECT_THAT(plain.raw.header("Vary"), HasSubstr("Accept-Encoding"));
  anybody.raw().set_header("Accept-Encoding", "gzip, br");
  const Reply packed = anybody.get(address);
  EXPECT_EQ(packed.raw.header("Content-Encoding"), "br");
  EXPECT_LT(packed.raw.body.size(), plain.raw.body.size() / 2);
  const Reply head = anybody.send(http::Method::kHead, address);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.raw.body, "");
  EXPECT_EQ(head.raw.header("Content-Length"), packed.raw.header("Content-Length"));
  const std::string packed_home = anybody.get("/").raw.header("ETag");
  EXPECT_NE(packed_home, home.raw.header("ETag")) << "other bytes, another tag";
  anybody.raw().set_header("If-None-Match", packed_home);
  const Reply again = anybody.get("/");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.raw.body, "");
}

TEST_P(WebTest, TheAppIsToldWhereMapTilesAre) {
  start({.extra_env = {"RUCK_MAP_TILES=https://tiles.example.org/{z}/{x}/{y}.png",
                       "RUCK_MAP_ATTRIBUTION=Somebody"}});
  ApiClient anybody = client();
  const Reply config = anybody.get("/api/app/web-config");
  EXPECT_EQ(config.json["map_tiles_url"].text(), "https://tiles.example.org/{z}/{x}/{y}.png");
  EXPECT_EQ(config.json["map_attribution"].text(), "Somebody");
  EXPECT_THAT(anybody.get("/").raw.header("Content-Security-Policy"),
              HasSubstr("https://tiles.example.org;"));
}

TEST_P(WebTest, TheListOfRucksIsFiltered) {
  ApiClient anna = user("anna");
  enter(anna, "2024-05-10", 5, 3600, 10);
  enter(anna, "2024-05-31", 12, 9000, 25);
  enter(anna, "2024-06-02", 8, 6000, 10);
  const auto size = [&](const std::string& query) {
    return anna.get("/api/rucks?" + query).json.size();
  };
  EXPECT_EQ(size("start_date=2024-05-01&end_date=2024-05-31"), 2U);
  EXPECT_EQ(size("start_date=2024-06-01"), 1U);
  EXPECT_EQ(size("min_distance_km=8"), 2U);
  EXPECT_EQ(size("min_load_kg=20"), 1U);
  EXPECT_EQ(size("min_distance_km=8&end_date=2024-05-31"), 1U);
  // As the mobile app has always sent them.
  EXPECT_EQ(size("start_date=2024-06-01T00:00:00.000Z&limit=5"), 1U);
  EXPECT_EQ(size("start_date=yesterday"), 3U) << "what is no date is not looked at";
  EXPECT_EQ(anna.get("/api/rucks?min_distance_km=-1").status, 400);
}

TEST_P(WebTest, RecordsAreOnesOwnBest) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.get("/api/rucks/records").body, "{}");
  enter(anna, "2024-05-10", 2, 600, 40);
  enter(anna, "2024-05-11", 5, 3000, 10);
  enter(anna, "2024-05-12", 20, 16000, 10, 700);
  ApiClient berta = user("berta");
  enter(berta, "2024-05-12", 90, 80000, 60);
  const Reply r = anna.get("/api/rucks/records");
  EXPECT_EQ(r.json["longest"]["distance_km"].number(), 20);
  EXPECT_EQ(r.json["most_climb"]["elevation_gain_m"].number(), 700);
  EXPECT_EQ(r.json["heaviest"]["ruck_weight_kg"].number(), 40);
  EXPECT_EQ(r.json["fastest"]["distance_km"].number(), 5) << "2 km are too short for a record";
}

// It was the longest time of moving, shown with the time on the way: a record of 50 minutes above
// rucks of an hour.
TEST_P(WebTest, TheLongestTimeIsTheOneThatIsShown) {
  ApiClient anna = user("anna");
  enter(anna, "2024-05-10", 5, 3000, 10);
  record_ruck(anna, {.start_ms = now_ms() - 4'000'000, .count = 721, .speed_m_per_s = 0.01});
  const Reply r = anna.get("/api/rucks/records");
  EXPECT_EQ(r.json["longest_time"]["duration_seconds"].integer(), 3600);
  EXPECT_LT(r.json["longest_time"]["moving_seconds"].integer(), 3000);
}

TEST_P(WebTest, ARuckGoesOutAsGpxAndComesBackTheSame) {
  ApiClient anna = user("anna");
  const std::int64_t begin = now_ms() - 3'600'000;
  const std::string id = record_ruck(anna, {.start_ms = begin, .count = 400},
                                     R"({"ruck_weight_kg":15})", R"({"title":"Hill & dale"})");
  const Reply file = anna.get("/api/rucks/" + id + "/gpx");
  ASSERT_EQ(file.status, 200);
  EXPECT_EQ(file.raw.header("Content-Type"), "application/gpx+xml");
  EXPECT_THAT(file.raw.header("Content-Disposition"), HasSubstr("ruck-" + id + ".gpx"));
  EXPECT_THAT(file.raw.body, HasSubstr("Hill &amp; dale"));
  ApiClient berta = user("berta");
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/gpx").status, 404) << "the owner's only";
  const Reply back = berta.send(http::Method::kPost, "/api/gpx/import?load_kg=15", file.raw.body,
                                "application/gpx+xml");
  ASSERT_EQ(back.status, 201) << back.body;
  const Reply own = anna.get("/api/rucks/" + id);
  EXPECT_NEAR(back.json["ruck"]["distance_km"].number(), own.json["distance_km"].number(), 0.01);
  const std::string copy = std::to_string(back.json["ruck"]["id"].integer());
  EXPECT_EQ(berta.get("/api/rucks/" + copy).json["route"].size(), 400U);
}

RUCK_ON_BOTH_DATABASES(WebTest);

}  // namespace
}  // namespace ruck::test

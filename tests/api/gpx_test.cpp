// GPX files that become rucks.
#include "support/rucking.hpp"
#include "support/tracks.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class GpxImportTest : public ApiTest {
 protected:
  static Reply import(ApiClient& user, const std::string& xml, const std::string& query = {}) {
    return user.send(http::Method::kPost, "/api/gpx/import" + query, xml, "application/gpx+xml");
  }
  static std::string small_file() {
    std::string xml = "<?xml version=\"1.0\"?><gpx creator=\"t\"><trk><name>Hill</name><trkseg>";
    for (int i = 0; i < 100; ++i) {
      xml += "<trkpt lat=\"" + std::to_string(47 + i * 0.00006) + "\" lon=\"8\"><ele>" +
             std::to_string(400 + i) + "</ele><time>" +
             to_iso8601(utc_ms(1'700'000'000'000 + i * 5000)) + "</time></trkpt>";
    }
    return xml + "</trkseg></trk></gpx>";
  }
};

TEST_P(GpxImportTest, AFileBecomesACompletedManualRuck) {
  ApiClient anna = user("anna");
  const Reply r = import(anna, small_file(), "?load_kg=12.5");
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(r.json["ruck"]["status"].text(), "completed");
  EXPECT_TRUE(r.json["ruck"]["is_manual"].boolean());
  EXPECT_EQ(r.json["ruck"]["title"].text(), "Hill");
  EXPECT_EQ(r.json["ruck"]["ruck_weight_kg"].number(), 12.5);
  EXPECT_NEAR(r.json["ruck"]["distance_km"].number(), 0.66, 0.01);
  EXPECT_NEAR(r.json["ruck"]["elevation_gain_m"].number(), 99, 3);
  const std::string id = std::to_string(r.json["ruck"]["id"].integer());
  EXPECT_EQ(anna.get("/api/rucks/" + id).json["route"].size(), 100U);
}

TEST_P(GpxImportTest, TheSameFileAgainIsTheSameRuck) {
  ApiClient anna = user("anna");
  const Reply first = import(anna, small_file());
  const Reply second = import(anna, small_file() + "\n");
  EXPECT_EQ(second.status, 200);
  EXPECT_TRUE(second.json["was_there"].boolean());
  EXPECT_EQ(first.json["ruck"]["id"].integer(), second.json["ruck"]["id"].integer());
  EXPECT_EQ(anna.get("/api/rucks").json.size(), 1U);
  ApiClient berta = user("berta");
  EXPECT_EQ(import(berta, small_file()).status, 201) << "for somebody else it is another ruck";
}

TEST_P(GpxImportTest, TheFileIsSeenByWhomTheImportSays) {
  ApiClient anna = user("anna");
  const auto seen_by = [&](const std::string& query) {
    const Reply r = import(anna, small_file(), query);
    const std::string id = std::to_string(r.json["ruck"]["id"].integer());
    EXPECT_EQ(anna.del("/api/rucks/" + id).status, 200);
    return r.json["ruck"]["visibility"].text();
  };
  EXPECT_EQ(seen_by(""), "public") << "the default of the profile";
  EXPECT_EQ(seen_by("?visibility=followers"), "followers");
  EXPECT_EQ(seen_by("?visibility=private"), "private");
  EXPECT_EQ(seen_by("?is_public=false"), "private") << "the old form";
  EXPECT_EQ(import(anna, small_file(), "?visibility=friends").status, 400);
  anna.put("/api/users/profile", R"({"default_visibility":"private"})");
  EXPECT_EQ(seen_by(""), "private");
  EXPECT_EQ(seen_by("?visibility=public"), "public");
  const auto form = [&](const std::string& visibility) {
    return anna.send(http::Method::kPost, "/api/gpx/import",
                     "--B\r\nContent-Disposition: form-data; name=\"visibility\"\r\n\r\n" +
                         visibility +
                         "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; "
                         "filename=\"x.gpx\"\r\n\r\n" +
                         small_file() + "\r\n--B--\r\n",
                     "multipart/form-data; boundary=B");
  };
  EXPECT_EQ(form("friends").status, 400);
  EXPECT_EQ(form("followers").json["ruck"]["visibility"].text(), "followers");
}

TEST_P(GpxImportTest, AFormWorksAsWell) {
  ApiClient anna = user("anna");
  const std::string form =
      "--B\r\nContent-Disposition: form-data; name=\"load_kg\"\r\n\r\n20\r\n--B\r\n"
      "Content-Disposition: form-data; name=\"file\"; filename=\"x.gpx\"\r\n\r\n" +
      small_file() + "\r\n--B--\r\n";
  const Reply r =
      anna.send(http::Method::kPost, "/api/gpx/import", form, "multipart/form-data; boundary=B");
  EXPECT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(r.json["ruck"]["ruck_weight_kg"].number(), 20);
}

TEST_P(GpxImportTest, BadFilesSayWhatIsWrong) {
  ApiClient anna = user("anna");
  EXPECT_THAT(import(anna, "<gpx>").json["message"].text(), HasSubstr("not a GPX file"));
  EXPECT_EQ(import(anna, "").status, 400);
  EXPECT_EQ(anna.post("/api/gpx/import", "{}").status, 415);
  EXPECT_EQ(client().send(http::Method::kPost, "/api/gpx/import", small_file(), "text/xml").status,
            401);
}

TEST_P(GpxImportTest, RealFilesOfEveryKindAreRead) {
  const std::string folder = tracks_folder();
  if (folder.empty()) GTEST_SKIP() << "the folder of real tracks is not here (RUCK_TRACKS_DIR)";
  ApiClient anna = user("anna");
  const Reply trek = import(anna, read_file(folder + "/black-forest-trek-3-days.gpx"));
  ASSERT_EQ(trek.status, 201) << trek.body;
  EXPECT_NEAR(trek.json["ruck"]["distance_km"].number(), 80.5, 1.5);
  EXPECT_GT(trek.json["ruck"]["paused_duration_seconds"].integer(), 20 * 3600)
      << "the nights are pauses";
  const Reply run = import(anna, read_file(folder + "/run-1hz-heart-rate.gpx"));
  EXPECT_GT(run.json["ruck"]["avg_heart_rate"].integer(), 100);
  const Reply untimed = import(anna, read_file(folder + "/cerknica-missing-times.gpx"));
  EXPECT_EQ(untimed.status, 201) << untimed.body;
  EXPECT_LT(untimed.json["ruck"]["distance_km"].number(), 15) << "legs by car do not count";
  const Reply bogus = import(anna, read_file(folder + "/mojstrovka-1901-times.gpx"));
  EXPECT_EQ(bogus.status, 201) << bogus.body;
  EXPECT_THAT(bogus.body, HasSubstr("impossible times"));
}

RUCK_ON_BOTH_DATABASES(GpxImportTest);

}  // namespace
}  // namespace ruck::test

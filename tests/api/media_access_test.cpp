// Who may see a photo, for how long, and where they are told it was taken.
#include "rucking/geo.hpp"
#include "support/photos.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr rucking::Position kDoor{.lat_deg = 47.0, .lng_deg = 8.0};

class MediaAccessTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
    ben_ = std::make_unique<ApiClient>(user("ben"));
    eve_ = std::make_unique<ApiClient>(user("eve"));
    ASSERT_EQ(ben_->post("/api/users/" + anna_->user_id + "/follow", "{}").status, 200);
  }
  // Six kilometres to the north from the door.
  std::string record(const std::string& visibility) {
    return record_ruck(*anna_, {.start_ms = now_ms() - 4'400'000, .count = 860},
                       R"({"ruck_weight_kg":15,"visibility":")" + visibility + "\"}");
  }
  static rucking::Position off(double east_m, double north_m) {
    return rucking::moved(kDoor, {.east_m = east_m, .north_m = north_m},
                          rucking::local_scale(kDoor.lat_deg));
  }
  static Reply photos_of(ApiClient& viewer, const std::string& ruck) {
    return viewer.get("/api/ruck-photos?ruck_id=" + ruck);
  }
  int status_of(const std::string& address) { return client().get(address).status; }
  Reply set_visibility(const std::string& ruck, const std::string& visibility) {
    return anna_->patch("/api/rucks/" + ruck, R"({"visibility":")" + visibility + "\"}");
  }

  std::unique_ptr<ApiClient> anna_;
  std::unique_ptr<ApiClient> ben_;  // follows Anna
  std::unique_ptr<ApiClient> eve_;
};

TEST_P(MediaAccessTest, AFollowersAddressEndsWithTheFollowing) {
  const std::string ruck = record("followers");
  add_photo(*anna_, ruck, {});
  EXPECT_EQ(photos_of(*eve_, ruck).status, 404);
  EXPECT_EQ(photos_of(*eve_, ruck).json["error"].text(),
            photos_of(*eve_, "123456").json["error"].text());
  const Reply seen = photos_of(*ben_, ruck);
  ASSERT_EQ(seen.status, 200) << seen.body;
  const std::string url = seen.json["data"][0]["url"].text();
  EXPECT_THAT(url, HasSubstr("?v=" + ben_->user_id + "&e="));
  const Reply sent = client().get(url);
  EXPECT_EQ(sent.status, 200);
  EXPECT_THAT(sent.raw.header("Cache-Control"), StartsWith("private, max-age="));
  EXPECT_EQ(photos_of(*ben_, ruck).json["data"][0]["url"].text(), url) << "the same for a while";

  // Nothing of it can be changed, and what is wrong is as what does not exist.
  const Reply missing = client().get("/media/00000000-0000-4000-8000-000000000000/large.jpg" +
                                     url.substr(url.find('?')));
  const auto wrong = [&](std::string address, const std::string& from, const std::string& to) {
    const std::size_t at = address.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    const Reply reply = client().get(address.replace(at, from.size(), to));
    EXPECT_EQ(reply.status, missing.status);
    EXPECT_EQ(reply.json["error"].text(), missing.json["error"].text());
    EXPECT_EQ(reply.raw.header("Cache-Control"), "no-store");
  };
  wrong(url, ben_->user_id, eve_->user_id);
  wrong(url, "&e=", "&e=9");
  wrong(url, "&s=", "&s=x");
  wrong(url, url.substr(url.find('?')), "");
  wrong(url, "large.jpg", "original");

  ASSERT_EQ(ben_->del("/api/users/" + anna_->user_id + "/follow").status, 200);
  EXPECT_EQ(status_of(url), 404);
  ASSERT_EQ(ben_->post("/api/users/" + anna_->user_id + "/follow", "{}").status, 200);
  EXPECT_EQ(status_of(url), 200);
  ASSERT_EQ(anna_->post("/api/users/" + ben_->user_id + "/block", "{}").status, 200);
  EXPECT_EQ(status_of(url), 404);
}

TEST_P(MediaAccessTest, AnAddressEndsWhenTheRuckIsNoLongerForItsViewer) {
  const std::string ruck = record("public");
  const std::string open = add_photo(*anna_, ruck, {})["url"].text();
  EXPECT_THAT(open, Not(HasSubstr("?")));
  EXPECT_EQ(status_of(open), 200);
  ASSERT_EQ(set_visibility(ruck, "followers").status, 200);
  const Reply gone = client().get(open);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.raw.header("Cache-Control"), "no-store");
  const std::string bens = photos_of(*ben_, ruck).json["data"][0]["url"].text();
  EXPECT_EQ(status_of(bens), 200);
  ASSERT_EQ(set_visibility(ruck, "private").status, 200);
  EXPECT_EQ(status_of(bens), 404);
  const std::string own = photos_of(*anna_, ruck).json["data"][0]["url"].text();
  EXPECT_EQ(status_of(own), 200);
  ASSERT_EQ(set_visibility(ruck, "public").status, 200);
  EXPECT_EQ(status_of(open), 200);
  // A private profile is for followers.
  ASSERT_EQ(anna_->patch("/api/users/me/privacy", R"({"isPrivateProfile":true})").status, 200);
  EXPECT_EQ(status_of(open), 404);
  EXPECT_EQ(status_of(bens), 200);
  EXPECT_EQ(photos_of(*eve_, ruck).status, 404);
  // And of an account that is being deleted there is nothing.
  ASSERT_EQ(anna_->del("/api/users/" + anna_->user_id).status, 200);
  EXPECT_EQ(status_of(bens), 404);
  EXPECT_EQ(status_of(own), 404);
}

TEST_P(MediaAccessTest, WhoIsBeingDeletedSeesNothingAnyMore) {
  const std::string ruck = record("followers");
  add_photo(*anna_, ruck, {});
  const std::string url = photos_of(*ben_, ruck).json["data"][0]["url"].text();
  EXPECT_EQ(status_of(url), 200);
  ASSERT_EQ(ben_->del("/api/users/" + ben_->user_id).status, 200);
  EXPECT_EQ(status_of(url), 404);
}

// docs/privacy.md: a photo tells no more than the line.
TEST_P(MediaAccessTest, OthersAreToldAPlaceOnTheLineThatTheySeeOrNone) {
  const Reply zone = anna_->post(
      "/api/users/me/privacy-zones",
      fmt::format(R"({{"name":"work","latitude":{:.7f},"longitude":{:.7f},"radius_m":200}})",
                  off(0, 3000).lat_deg, off(0, 3000).lng_deg));
  ASSERT_EQ(zone.status, 201) << zone.body;
  const std::string ruck = record("public");
  struct Case {
    const char* what;
    rucking::Position at;
    bool is_told;
  };
  const std::vector<Case> cases = {{"beside the line", off(20, 1500), true},
                                   {"at the door", off(5, 10), false},
                                   {"in the zone", off(10, 3000), false},
                                   {"far from the line", off(200, 1500), false}};
  std::uint32_t seed = 0;
  for (const Case& each : cases) {
    const json::Tree photo = add_photo(*anna_, ruck, {.seed = ++seed, .taken = each.at});
    ASSERT_FALSE(photo["place"].is_null()) << each.what;
    const rucking::Position own{photo["place"]["lat"].number(), photo["place"]["lng"].number()};
    EXPECT_LT(rucking::distance_m(own, each.at), 3) << each.what << ": EXIF has tenths of seconds";
  }
  // What is hidden is computed anew a moment after the zone was made.
  Reply details;
  EXPECT_TRUE(until([&] {
    details = eve_->get("/api/rucks/" + ruck + "/details");
    return details.json["route_pieces"].size() >= 2;
  })) << details.body;
  for (ApiClient* viewer : {eve_.get(), ben_.get()}) {
    const Reply seen = photos_of(*viewer, ruck);
    ASSERT_EQ(seen.json["data"].size(), cases.size()) << seen.body;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const json::Tree place = seen.json["data"][i]["place"];
      EXPECT_EQ(!place.is_null(), cases[i].is_told) << cases[i].what;
      if (place.is_null()) continue;
      const rucking::Position told{place["lat"].number(), place["lng"].number()};
      EXPECT_LT(rucking::distance_m(told, off(0, 1500)), 3)
          << "on the line, not where it was taken";
    }
    EXPECT_THAT(seen.body, Not(HasSubstr("IMG_1"))) << "a file's name is often a time";
    for (const json::Tree& photo : seen.json["data"].items()) {
      EXPECT_THAT(photo["created_at"].text(), HasSubstr("T00:00:00")) << "the day alone";
    }
  }
}

// A shared cache in front keeps what does not say that it must not.
TEST_P(MediaAccessTest, NoAnswerOfTheApiMayBeKeptByASharedCache) {
  const json::Tree document = client().get("/api/openapi.json").json;
  std::size_t asked = 0;
  for (const auto& [path, methods] : document["paths"].members()) {
    if (!methods.has("get") || !path.starts_with("/api/")) continue;
    std::string target = path;
    for (std::size_t at = target.find('{'); at != std::string::npos; at = target.find('{')) {
      target.replace(at, target.find('}') - at + 1, anna_->user_id);
    }
    ApiClient nobody = client();
    for (ApiClient* viewer : {anna_.get(), &nobody}) {
      const Reply reply = viewer->get(target);
      const std::string says = reply.raw.header("Cache-Control");
      EXPECT_TRUE(says.contains("no-store") || says.contains("private")) << target << ": " << says;
      ++asked;
    }
  }
  EXPECT_GT(asked, 50U);
}

TEST_P(MediaAccessTest, WithAPublicUrlAddressesAreWhole) {
  start({.extra_env = {"RUCK_PUBLIC_URL=https://ruck.example.org"}});
  ApiClient carl = user("carl");
  const std::string ruck = record_ruck(carl, {.start_ms = now_ms() - 600'000, .count = 100});
  const std::string url = add_photo(carl, ruck, {})["url"].text();
  const std::string base = "https://ruck.example.org";
  ASSERT_THAT(url, StartsWith(base + "/media/"));
  EXPECT_EQ(client().get(url.substr(base.size())).status, 200);
}

RUCK_ON_BOTH_DATABASES(MediaAccessTest);

}  // namespace
}  // namespace ruck::test

// The user's own profile (contract core §2).
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class ProfileTest : public ApiTest {};

TEST_P(ProfileTest, HasEveryFieldOfTheContract) {
  ApiClient anna = user("anna");
  for (const char* path : {"/api/users/profile", "/api/auth/profile"}) {
    const Reply r = anna.get(path);
    EXPECT_EQ(r.status, 200);
    for (const char* field : {"id",
                              "email",
                              "username",
                              "weight_kg",
                              "height_cm",
                              "date_of_birth",
                              "gender",
                              "resting_hr",
                              "max_hr",
                              "calorie_method",
                              "calorie_active_only",
                              "created_at",
                              "prefer_metric",
                              "allow_ruck_sharing",
                              "avatar_url",
                              "notification_clubs",
                              "notification_buddies",
                              "notification_events",
                              "notification_duels",
                              "notification_first_ruck",
                              "strava_auto_export",
                              "stats",
                              "hr_zones",
                              "time_zone"}) {
      EXPECT_TRUE(r.json.has(field)) << field;
    }
    EXPECT_EQ(r.json["stats"]["this_month"]["rucks"].integer(), 0);
    EXPECT_EQ(r.json["hr_zones"].size(), 5U);
    EXPECT_EQ(r.json["hr_zones"][0]["name"].text(), "Z1");
  }
}

TEST_P(ProfileTest, EveryFieldCanBeWrittenInEitherSpelling) {
  ApiClient anna = user("anna");
  const Reply r = anna.put("/api/users/profile", R"({
      "username":"Anna B","weight_kg":"71.5","heightCm":172,"preferMetric":false,"allowRuckSharing":false,
      "gender":"female","avatar_url":"https://x/y.jpg","notification_clubs":false,"notification_buddies":false,
      "notification_events":false,"notification_duels":false,"notification_first_ruck":false,
      "dateOfBirth":"1990-05-17T00:00:00.000","resting_hr":55,"max_hr":188,"calorie_method":"hr",
      "calorie_active_only":true,"strava_auto_export":false,"time_zone":"Europe/Berlin"})");
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(r.json["username"].text(), "Anna B");
  EXPECT_EQ(r.json["weight_kg"].number(), 71.5);
  EXPECT_EQ(r.json["height_cm"].number(), 172);
  EXPECT_FALSE(r.json["prefer_metric"].boolean());
  EXPECT_FALSE(r.json["allow_ruck_sharing"].boolean());
  EXPECT_EQ(r.json["date_of_birth"].text(), "1990-05-17");
  EXPECT_EQ(r.json["calorie_method"].text(), "hr");
  EXPECT_EQ(r.json["time_zone"].text(), "Europe/Berlin");
  EXPECT_FALSE(r.json["notification_duels"].boolean());
  EXPECT_EQ(anna.get("/api/users/profile").body, r.body)
      << "what was written is what is read, at once";
}

TEST_P(ProfileTest, OneFieldAloneIsEnoughAndNullClears) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.put("/api/users/profile", R"({"strava_auto_export":false})").status, 200);
  anna.put("/api/users/profile", R"({"avatar_url":"https://x/y.jpg"})");
  const Reply cleared = anna.put("/api/users/profile", R"({"avatar_url":null})");
  EXPECT_TRUE(cleared.json["avatar_url"].is_null());
  EXPECT_EQ(cleared.json["weight_kg"].number(), 80) << "what was not named stays";
}

// A picture on somebody's own server tells them who looks at it, and when.
TEST_P(ProfileTest, AnAvatarIsAFileOfThisServerAndAnythingElseChangesNothing) {
  start({.extra_env = {"RUCK_PUBLIC_URL=https://ruck.example.org"}});
  ApiClient anna = user("anna");
  const auto avatar_after = [&](const std::string& value) {
    const Reply r = anna.put("/api/users/profile", R"({"avatar_url":)" + value + "}");
    EXPECT_EQ(r.status, 200) << value << r.body;
    return r.json["avatar_url"].text();
  };
  const std::string foreign = R"("https://tracker.example.com/a.jpg")";
  EXPECT_EQ(avatar_after(foreign), "") << "none before, none after";
  const std::string own = "https://ruck.example.org/storage/v1/object/public/avatars/a-1.jpg";
  EXPECT_EQ(avatar_after('"' + own + '"'), own);
  for (const std::string& other :
       {foreign, std::string(R"("https://ruck.example.org.evil.com/storage/v1/object/public/a")"),
        std::string(R"("https://ruck.example.org/storage/v1/object/public/../../../metrics")"),
        std::string(R"("https://ruck.example.org/storage/v1/object/public/a?u=https://evil.com")"),
        std::string(R"("https://ruck.example.org@evil.com/storage/v1/object/public/a")"),
        std::string("\"javascript:alert(1)\""), std::string("\"//evil.com/x.png\""),
        std::string(R"("data:image/png;base64,AAAA")"), std::string(R"("")"),
        '"' + std::string(50'000, 'x') + '"'}) {
    EXPECT_EQ(avatar_after(other), own) << other.substr(0, 80);
  }
  EXPECT_EQ(anna.patch("/api/users/" + anna.user_id, R"({"avatar_url":)" + foreign + "}")
                .json["user"]["avatar_url"]
                .text(),
            own);
  EXPECT_EQ(anna.get("/api/users/profile").json["avatar_url"].text(), own);
  EXPECT_EQ(avatar_after("null"), "");
}

TEST_P(ProfileTest, BadValuesChangeNothing) {
  ApiClient anna = user("anna");
  for (const char* body :
       {R"({"calorie_method":"guess"})", R"({"time_zone":"Mars/Olympus"})", R"({"username":""})",
        R"({"weight_kg":-3})", R"({"date_of_birth":"soon"})", R"({"email":"nobody"})"}) {
    EXPECT_EQ(anna.put("/api/users/profile", body).status, 400) << body;
  }
  EXPECT_THAT(
      anna.put("/api/users/profile", R"({"calorie_method":"guess"})").json["message"].text(),
      HasSubstr("fusion, mechanical, hr"));
  EXPECT_EQ(anna.get("/api/users/profile").json["username"].text(), "anna");
}

TEST_P(ProfileTest, PostUpdatesAndTellsWhenAnAddressIsTaken) {
  user("berta");
  ApiClient anna = user("anna");
  const Reply r = anna.post("/api/users/profile",
                            R"({"username":"Anna","prefer_metric":true,"height_cm":170})");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.json["height_cm"].number(), 170);
  const Reply taken = anna.post("/api/users/profile", R"({"email":"berta@example.org"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.json["error"].text(), "duplicate_email");
  EXPECT_EQ(anna.patch("/api/users/" + anna.user_id, R"({"email":"anna2@example.org"})").status,
            200)
      << "asked for: account_test.cpp tells the rest";
}

TEST_P(ProfileTest, OnlyOneselfMayBePatchedOrDeleted) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  EXPECT_EQ(anna.patch("/api/users/" + berta.user_id, R"({"username":"x"})").status, 403);
  EXPECT_EQ(anna.del("/api/users/" + berta.user_id).status, 403);
  const Reply ping =
      anna.patch("/api/users/" + anna.user_id, R"({"last_active_at":"2026-11-22T10:00:00Z"})");
  EXPECT_EQ(ping.status, 200);
  EXPECT_EQ(ping.json["user"]["id"].text(), anna.user_id);
}

TEST_P(ProfileTest, OthersSeePublicFieldsOnlyFlatAndNested) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Reply r = berta.get("/api/users/" + anna.user_id);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.json["username"].text(), "anna");
  EXPECT_EQ(r.json["user"]["username"].text(), "anna");
  for (const char* hidden : {"email", "weight_kg", "date_of_birth", "resting_hr"}) {
    EXPECT_THAT(r.body, testing::Not(HasSubstr(hidden)));
  }
  EXPECT_EQ(berta.get("/api/users/01890000-0000-7000-8000-000000000000").status, 404);
  EXPECT_EQ(berta.get("/api/users/not-a-uuid").status, 404);
}

TEST_P(ProfileTest, PrivacyIsASwitch) {
  ApiClient anna = user("anna");
  const Reply r = anna.patch("/api/users/me/privacy", R"({"isPrivateProfile":true})");
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(r.json["success"].boolean());
  EXPECT_TRUE(anna.get("/api/users/profile").json["is_profile_private"].boolean());
  EXPECT_EQ(anna.patch("/api/users/me/privacy", "{}").status, 400);
}

RUCK_ON_BOTH_DATABASES(ProfileTest);

}  // namespace
}  // namespace ruck::test

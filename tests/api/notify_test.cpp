// Notifications, devices and preferences (contract core §7).
#include "support/live.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace ruck::test {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class NotifyTest : public ApiTest {
 protected:
  static void follow(ApiClient& who, const ApiClient& whom) {
    EXPECT_EQ(who.post("/api/users/" + whom.user_id + "/follow", "{}").status, 200);
  }
  static json::Tree list(ApiClient& who) {
    const Reply r = who.get("/api/notifications");
    EXPECT_EQ(r.status, 200) << r.body;
    return r.json["notifications"];
  }
  static std::vector<std::string> messages(ApiClient& who) {
    std::vector<std::string> out;
    for (const json::Tree& item : list(who).items()) out.push_back(item["message"].text());
    return out;
  }
  static std::int64_t unread(ApiClient& who) {
    return who.get("/api/notifications/unread-count").json["unread_count"].integer();
  }
  // Jobs follow the reply.
  static ::testing::AssertionResult hears(ApiClient& who, std::size_t count) {
    if (until([&] { return list(who).size() == count; })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << who.get("/api/notifications").body;
  }
  static Reply put_token(ApiClient& who, const std::string& token, const std::string& device) {
    Reply r = who.post("/api/device-token",
                       fmt::format(R"({{"fcm_token":"{}","device_id":"{}","device_type":"ios",)"
                                   R"("app_version":"3.0.0"}})",
                                   token, device));
    EXPECT_EQ(r.status, 200) << r.body;
    return r;
  }
  // Pushes that would have gone out: this server has no credentials for phones, and no person may
  // name an address of its own network.
  std::int64_t pushes() {
    const std::string all = server_->metrics();
    std::int64_t sum = 0;
    for (const char* outcome : {"not_configured", "refused"}) {
      const std::string name = fmt::format("ruck_notify_pushes_total{{outcome=\"{}\"}} ", outcome);
      const std::size_t at = all.find(name);
      if (at != std::string::npos) sum += std::stoll(all.substr(at + name.size()));
    }
    return sum;
  }
  // Whether a follow of somebody new rings on so many devices.
  ::testing::AssertionResult rings(ApiClient& who, std::int64_t devices) {
    who.post("/api/notifications/read-all", "{}");
    const std::int64_t before = pushes();
    const std::string number = std::to_string(++number_);
    ApiClient somebody = user("somebody" + number);
    ApiClient last = user("last" + number);
    put_token(last, "last" + number, "last");
    follow(somebody, who);
    EXPECT_TRUE(until([&] { return unread(who) == 1; }));
    // One more that comes behind them, so that none is waited for that never comes.
    follow(somebody, last);
    const std::int64_t expected = before + devices + 1;
    if (until([&] { return pushes() >= expected; }) && pushes() == expected) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << pushes() - before - 1;
  }
  int number_ = 0;
};

TEST_P(NotifyTest, TheListHasTheContractsShape) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Reply empty = anna.get("/api/notifications");
  EXPECT_EQ(empty.body, R"({"notifications":[],"count":0,"page":1,"limit":50,"has_more":false})");
  follow(berta, anna);
  ASSERT_TRUE(hears(anna, 1));
  const Reply r = anna.get("/api/notifications?page=1&limit=10");
  const json::Tree item = r.json["notifications"][0];
  std::set<std::string> names;
  for (const auto& [name, value] : item.members()) names.insert(name);
  EXPECT_THAT(names,
              UnorderedElementsAre("id", "type", "message", "data", "is_read", "read_at",
                                   "created_at", "sender_id", "duel_id", "event_id", "club_id"));
  EXPECT_EQ(item["id"].kind(), json::Kind::kInteger);
  EXPECT_EQ(item["type"].text(), "follow");
  EXPECT_EQ(item["message"].text(), "berta follows you");
  EXPECT_EQ(item["data"]["follower_id"].text(), berta.user_id);
  EXPECT_EQ(item["data"]["user_id"].text(), berta.user_id);
  EXPECT_EQ(item["sender_id"].text(), berta.user_id);
  EXPECT_FALSE(item["is_read"].boolean());
  for (const char* none : {"read_at", "duel_id", "event_id", "club_id"}) {
    EXPECT_TRUE(item[none].is_null()) << none;
  }
  EXPECT_EQ(r.json["limit"].integer(), 10);
  EXPECT_EQ(r.json["count"].integer(), 1);
  EXPECT_EQ(anna.get("/api/notifications?limit=101").status, 400);
  EXPECT_EQ(client().get("/api/notifications").status, 401);
}

TEST_P(NotifyTest, ReadAllReadAndDeleted) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string ruck = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  follow(berta, anna);
  berta.post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}");
  ASSERT_TRUE(hears(anna, 2));
  EXPECT_EQ(unread(anna), 2);
  const std::string id = std::to_string(list(anna)[0]["id"].integer());
  const Reply read = anna.post("/api/notifications/" + id + "/read", "{}");
  EXPECT_EQ(read.status, 200);
  EXPECT_TRUE(read.json["success"].boolean());
  EXPECT_TRUE(read.json.has("message"));
  EXPECT_EQ(unread(anna), 1);
  EXPECT_TRUE(list(anna)[0]["is_read"].boolean());
  EXPECT_FALSE(list(anna)[0]["read_at"].is_null());
  EXPECT_EQ(anna.post("/api/notifications/" + id + "/read", "{}").status, 200) << "again";
  EXPECT_EQ(berta.post("/api/notifications/" + id + "/read", "{}").status, 404);
  EXPECT_EQ(berta.del("/api/notifications/" + id).status, 404);
  EXPECT_EQ(anna.post("/api/notifications/read-all", "").status, 200);
  EXPECT_EQ(unread(anna), 0);
  EXPECT_EQ(anna.del("/api/notifications/" + id).status, 200);
  EXPECT_EQ(list(anna).size(), 1U);
  EXPECT_EQ(anna.del("/api/notifications/" + id).status, 404);
  EXPECT_EQ(anna.post("/api/notifications", R"({"type":"x","message":"y"})").status, 405)
      << "reminders of an app's own are kept by the app";
}

TEST_P(NotifyTest, LikesCommentsAndActivityAreTold) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string ruck = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  for (ApiClient* who : {&berta, &carla}) {
    who->post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}");
    who->post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}");
  }
  ASSERT_TRUE(until([&] {
    return messages(anna) == std::vector<std::string>{"carla and 1 other liked your ruck"} ||
           messages(anna) == std::vector<std::string>{"berta and 1 other liked your ruck"};
  }));
  EXPECT_EQ(list(anna)[0]["data"]["ruck_id"].text(), ruck);
  EXPECT_EQ(list(anna)[0]["data"]["count"].text(), "2");
  const Reply said = carla.post("/api/rucks/" + ruck + "/comments", R"({"content":"well done"})");
  ASSERT_TRUE(hears(anna, 2));
  EXPECT_EQ(messages(anna)[0], "carla commented on your ruck");
  EXPECT_TRUE(
      until([&] { return list(berta)[0]["message"].text().starts_with("carla also comm"); }));
  EXPECT_EQ(list(berta)[0]["type"].text(), "ruck_activity");
  carla.del("/api/comments/" + said.json["data"]["id"].text());
  EXPECT_EQ(unread(anna), 1);
  berta.del("/api/ruck-likes?ruck_id=" + ruck);
  EXPECT_THAT(messages(anna), ElementsAre("carla liked your ruck"));
  anna.patch("/api/rucks/" + ruck, R"({"is_public":false})");
  EXPECT_THAT(messages(berta), IsEmpty());
}

TEST_P(NotifyTest, WhoMayWatchHearsOfAStartOnce) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  follow(berta, anna);
  follow(anna, berta);
  follow(carla, anna);
  ASSERT_TRUE(hears(berta, 1));
  const std::string ruck = start_ruck(anna);
  ASSERT_TRUE(hears(berta, 2));
  anna.post("/api/rucks/" + ruck + "/pause", "{}");
  anna.post("/api/rucks/" + ruck + "/resume", "{}");
  const json::Tree first = list(berta)[0];
  EXPECT_EQ(first["type"].text(), "ruck_started");
  EXPECT_EQ(first["message"].text(), "anna started a ruck");
  EXPECT_EQ(first["data"]["ruck_id"].text(), ruck);
  EXPECT_EQ(first["data"]["rucker_name"].text(), "anna");
  EXPECT_THAT(first["created_at"].text(), HasSubstr(":00:00Z")) << "the hour";
  EXPECT_EQ(unread(berta), 2);
  EXPECT_THAT(messages(carla), IsEmpty()) << "anna does not follow her back";
  anna.patch("/api/rucks/" + ruck, R"({"allow_live_following":false})");
  EXPECT_EQ(unread(berta), 1);
}

TEST_P(NotifyTest, ACheerIsToldWhereThePhoneIsNotConnected) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  for (ApiClient* who : {&berta, &carla}) {
    follow(*who, anna);
    follow(anna, *who);
  }
  ASSERT_TRUE(until([&] { return unread(anna) == 1; }));
  const std::string path = "/api/rucks/" + start_ruck(anna) + "/messages";
  ASSERT_EQ(berta.post(path, R"({"message":"Go!"})").status, 201);
  ASSERT_TRUE(hears(anna, 2));
  EXPECT_EQ(messages(anna)[0], "berta: Go!");
  const json::Tree data = list(anna)[0]["data"];
  for (const char* name : {"ruck_id", "message_id", "sender_id", "sender_name", "has_audio"}) {
    EXPECT_FALSE(data[name].text().empty()) << name;
  }
  LiveClient phone(*server_, anna);
  phone.subscribe("me");
  ASSERT_FALSE(phone.next("snapshot").is_null());
  ASSERT_EQ(carla.post(path, R"({"message":"On!"})").status, 201);
  EXPECT_FALSE(phone.next("cheer").is_null());
  ApiClient dora = user("dora");
  follow(dora, anna);
  EXPECT_FALSE(phone.next("notification").is_null()) << "what came after it is told";
  EXPECT_EQ(list(anna).size(), 2U) << "the follows are one line, and there is one cheer";
}

// An app that is open at home is no phone on the ruck.
TEST_P(NotifyTest, ACheerIsToldWhereNoSocketShowsCheers) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  follow(berta, anna);
  follow(anna, berta);
  ASSERT_TRUE(hears(anna, 1));
  const std::string path = "/api/rucks/" + start_ruck(anna) + "/messages";
  LiveClient home(*server_, anna);
  home.say(R"({"type":"subscribe","topic":"me","cheers":false})");
  ASSERT_FALSE(home.next("snapshot").is_null());
  ASSERT_EQ(berta.post(path, R"({"message":"Go!"})").status, 201);
  const json::Tree told = home.next("notification");
  EXPECT_EQ(told["data"]["message"].text(), "berta: Go!");
  EXPECT_EQ(told["data"]["data"]["kind"].text(), "ruck_message");
  // It goes out: the same socket shows them now.
  home.say(R"({"type":"unsubscribe","topic":"me"})");
  ASSERT_FALSE(home.next("unsubscribed").is_null());
  home.subscribe("me");
  ASSERT_FALSE(home.next("snapshot").is_null());
  ApiClient carla = user("carla");
  follow(carla, anna);
  follow(anna, carla);
  ASSERT_FALSE(home.next("notification").is_null());
  ASSERT_EQ(carla.post(path, R"({"message":"On!"})").status, 201);
  EXPECT_FALSE(home.next("cheer").is_null());
  ApiClient dora = user("dora");
  follow(dora, anna);
  EXPECT_FALSE(home.next("notification").is_null()) << "what came after it is told";
  EXPECT_THAT(messages(anna), testing::Not(testing::Contains("carla: On!")));
}

TEST_P(NotifyTest, ANewOneReachesTheSocketWithTheUnreadCount) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  LiveClient phone(*server_, anna);
  phone.subscribe("me");
  ASSERT_FALSE(phone.next("snapshot").is_null());
  follow(berta, anna);
  const json::Tree frame = phone.next("notification");
  ASSERT_FALSE(frame.is_null());
  EXPECT_EQ(frame["topic"].text(), "me");
  EXPECT_EQ(frame["unread_count"].integer(), 1);
  EXPECT_EQ(frame["data"]["message"].text(), "berta follows you");
  EXPECT_EQ(frame["data"]["id"].integer(), list(anna)[0]["id"].integer());
}

TEST_P(NotifyTest, ADeviceIsRegisteredOnceAndForgottenInBothForms) {
  ApiClient anna = user("anna");
  const Reply first = put_token(anna, "one", "phone");
  EXPECT_TRUE(first.json["success"].boolean());
  EXPECT_FALSE(first.json["data"]["token_id"].text().empty());
  const Reply again = put_token(anna, "two", "phone");
  EXPECT_EQ(again.json["data"]["token_id"].text(), first.json["data"]["token_id"].text());
  put_token(anna, "three", "tablet");
  EXPECT_TRUE(rings(anna, 2));
  EXPECT_EQ(anna.del("/api/device-token").status, 400) << "not all of them";
  EXPECT_EQ(anna.del("/api/device-token?fcm_token=two").status, 200);
  EXPECT_TRUE(rings(anna, 1));
  EXPECT_EQ(
      anna.send(http::Method::kDelete, "/api/device-token", R"({"fcm_token":"three"})").status,
      200);
  EXPECT_TRUE(rings(anna, 0));
  EXPECT_EQ(anna.del("/api/device-token?fcm_token=two").status, 200) << "again";
  EXPECT_EQ(anna.post("/api/device-token", "{}").status, 400);
  EXPECT_EQ(client().post("/api/device-token", R"({"fcm_token":"x"})").status, 401);
}

TEST_P(NotifyTest, ATokenMovesToTheAccountThatSignsInOnTheDevice) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  put_token(anna, "shared", "phone");
  put_token(berta, "shared", "phone");
  EXPECT_TRUE(rings(anna, 0));
  EXPECT_TRUE(rings(berta, 1));
  EXPECT_EQ(anna.del("/api/device-token?fcm_token=shared").status, 200);
  EXPECT_TRUE(rings(berta, 1)) << "it is not anna's to take away";
  berta.post("/api/auth/logout", "");
  const Reply back = client().post("/api/auth/login",
                                   R"({"email":"berta@example.org","password":"correct horse"})");
  berta.set_token(back.json["token"].text());
  EXPECT_TRUE(rings(berta, 0)) << "the sign-in that named it has ended";
}

TEST_P(NotifyTest, ABrowserSubscribesAndIsForgotten) {
  ApiClient anna = user("anna");
  // RFC 8291, appendix A.
  const std::string key =
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
  const auto body = [&](const std::string& endpoint) {
    return fmt::format(R"({{"endpoint":"{}","keys":{{"p256dh":"{}","auth":"{}"}}}})", endpoint, key,
                       "BTBZMqHH6r4Tts7J_aSIgg");
  };
  const std::string endpoint = "https://127.0.0.1:9/send/abc";
  EXPECT_EQ(anna.post("/api/push/subscriptions", body(endpoint)).status, 201);
  EXPECT_EQ(anna.post("/api/push/subscriptions", body(endpoint)).status, 201) << "again";
  EXPECT_EQ(anna.post("/api/push/subscriptions", body("http://push.example.org/x")).status, 400);
  EXPECT_EQ(anna.post("/api/push/subscriptions",
                      body("https://push.example.org/" + std::string(2048, 'x')))
                .status,
            400);
  EXPECT_EQ(anna.post("/api/push/subscriptions", R"({"endpoint":"https://a.example"})").status,
            400);
  EXPECT_TRUE(rings(anna, 1));
  EXPECT_EQ(anna.send(http::Method::kDelete, "/api/push/subscriptions",
                      R"({"endpoint":")" + endpoint + "\"}")
                .status,
            200);
  EXPECT_TRUE(rings(anna, 0));
  EXPECT_EQ(anna.post("/api/push/subscriptions", body(endpoint)).status, 201);
  EXPECT_EQ(anna.del("/api/push/subscriptions?endpoint=" + endpoint).status, 200);
  EXPECT_TRUE(rings(anna, 0));
}

TEST_P(NotifyTest, WhatIsChosenIsConsulted) {
  ApiClient anna = user("anna");
  const Reply before = anna.get("/api/notifications/preferences");
  ASSERT_EQ(before.status, 200) << before.body;
  EXPECT_TRUE(before.json["types"]["follow"]["push"].boolean());
  EXPECT_TRUE(before.json["quiet_hours"].is_null());
  put_token(anna, "one", "phone");
  EXPECT_TRUE(rings(anna, 1));
  const Reply changed = anna.put("/api/notifications/preferences",
                                 R"({"types":{"follow":{"push":false}},)"
                                 R"("quiet_hours":{"start_minute":1320,"end_minute":420}})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_FALSE(changed.json["types"]["follow"]["push"].boolean());
  EXPECT_TRUE(changed.json["types"]["follow"]["in_app"].boolean());
  EXPECT_EQ(changed.json["quiet_hours"]["start_minute"].integer(), 1320);
  EXPECT_TRUE(rings(anna, 0));
  EXPECT_EQ(anna.put("/api/notifications/preferences",
                     R"({"quiet_hours":{"start_minute":1440,"end_minute":0}})")
                .status,
            400);
  const Reply none = anna.put("/api/notifications/preferences", R"({"quiet_hours":null})");
  EXPECT_TRUE(none.json["quiet_hours"].is_null());
  EXPECT_FALSE(none.json["types"]["follow"]["push"].boolean());
}

TEST_P(NotifyTest, ASignInFromANewDeviceIsTold) {
  ApiClient anna = user("anna");
  const auto sign_in = [&](const std::string& program) {
    ApiClient device = client();
    device.raw().set_header("User-Agent", program);
    EXPECT_EQ(
        device.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})")
            .status,
        200);
  };
  sign_in("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0");
  ASSERT_TRUE(hears(anna, 1));
  EXPECT_EQ(list(anna)[0]["type"].text(), "system");
  EXPECT_THAT(messages(anna)[0], HasSubstr("Firefox on Linux"));
  EXPECT_TRUE(list(anna)[0]["sender_id"].is_null());
  sign_in("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0");
  sign_in("Mozilla/5.0 (iPhone) Safari/605");
  ASSERT_TRUE(hears(anna, 2)) << "a device is told of once";
  EXPECT_THAT(messages(anna)[0], HasSubstr("iPhone"));
}

TEST_P(NotifyTest, BlocksAndDeletedAccountsTakeTheirNewsAlong) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string ruck = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  for (ApiClient* who : {&berta, &carla}) {
    who->post("/api/rucks/" + ruck + "/comments", R"({"content":"hello"})");
  }
  ASSERT_TRUE(
      until([&] { return list(anna)[0]["message"].text().contains("and 1 other commented"); }));
  anna.post("/api/users/" + berta.user_id + "/block", "{}");
  EXPECT_THAT(messages(anna), ElementsAre("carla commented on your ruck"));
  carla.del("/api/users/" + carla.user_id);
  EXPECT_THAT(messages(anna), IsEmpty());
  EXPECT_EQ(unread(anna), 0);
}

TEST_P(NotifyTest, TheWebAppIsToldWhetherThereArePushesAndMails) {
  const json::Tree without = client().get("/api/app/web-config").json;
  EXPECT_EQ(without["vapid_public_key"].text(), "") << "nobody to write to about its pushes";
  EXPECT_FALSE(without["mail_delivered"].boolean());
  start({.extra_env = {"RUCK_PUSH_SUBJECT=mailto:push@example.org"}});
  const json::Tree with = client().get("/api/app/web-config").json;
  EXPECT_EQ(with["vapid_public_key"].text().size(), 87U) << "a point of P-256, base64url";
}

RUCK_ON_BOTH_DATABASES(NotifyTest);

}  // namespace
}  // namespace ruck::test

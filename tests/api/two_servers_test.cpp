// Two servers over one PostgreSQL: an instance has no memory that another could not have written
// past.
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {

class TwoServers : public testing::Test {
 protected:
  TemporaryDatabase database_{DatabaseKind::kPostgres};
  RuckServer a_{{.database_url = database_.url()}};
  RuckServer b_{{.database_url = database_.url()}};
};

TEST_F(TwoServers, ReceiveTheHalvesOfOneRuckInTurnAndItIsTheRuckOfOne) {
  ApiClient at_a(a_.url());
  at_a.sign_up("anna");
  ApiClient at_b(b_.url());
  at_b.set_token(at_a.token);  // signed by one, taken by the other
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 400};
  const std::string shared = start_ruck(at_a);
  for (int from = 0; from < walk.count; from += 20) {
    ApiClient& turn = (from / 20) % 2 == 0 ? at_a : at_b;
    const Reply stored =
        turn.post("/api/rucks/" + shared + "/location", walk.part(from, 20).json());
    ASSERT_EQ(stored.status, 201) << stored.body;
    EXPECT_EQ(stored.json["inserted"].integer(), 20) << stored.body;
  }
  ASSERT_EQ(at_b.post("/api/rucks/" + shared + "/complete", "{}").status, 200);
  const std::string alone = record_ruck(at_a, walk);
  const json::Tree one = at_a.get("/api/rucks/" + alone).json;
  for (ApiClient* client : {&at_a, &at_b}) {
    const json::Tree both = client->get("/api/rucks/" + shared).json;
    ASSERT_EQ(both["route"].size(), 400U);
    for (const char* field : {"distance_km", "duration_seconds", "moving_seconds",
                              "elevation_gain_m", "calories_burned", "power_points"}) {
      EXPECT_EQ(both[field].number(), one[field].number()) << field;
    }
  }
}

TEST_F(TwoServers, WhatOneChangedTheOtherShowsAtOnce) {
  ApiClient at_a(a_.url());
  at_a.sign_up("anna");
  ApiClient at_b(b_.url());
  at_b.set_token(at_a.token);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(at_b.get("/api/rucks").json.size(), static_cast<std::size_t>(i));
    ASSERT_EQ(enter_ruck(at_a, "2025-05-0" + std::to_string(i + 1) + "T10:00:00Z", 5, 3600).status,
              201);
    EXPECT_EQ(at_b.get("/api/rucks").json.size(), static_cast<std::size_t>(i) + 1)
        << "from its cache it would show one less";
  }
}

TEST_F(TwoServers, ASignInThatOneEndedIsOverAtTheOtherInAMoment) {
  ApiClient phone(a_.url());
  phone.sign_up("anna");
  ApiClient lost(b_.url());
  const Reply in =
      lost.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})");
  ASSERT_EQ(in.status, 200) << in.body;
  lost.set_token(in.json["access_token"].text());
  ASSERT_EQ(lost.get("/api/users/profile").status, 200);
  ASSERT_EQ(phone.post("/api/auth/sessions/end-others").json["ended"].integer(), 1);
  int status = 200;
  EXPECT_TRUE(until([&] { return (status = lost.get("/api/users/profile").status) != 200; }));
  EXPECT_EQ(status, 401) << "known there within auth::kTokenReload";
  EXPECT_EQ(phone.get("/api/users/profile").status, 200);
}

// The first start makes the schema and the keys that sign tokens; nobody may find half of it.
TEST(ServersThatStartTogether, AllComeUpOnAnEmptyDatabase) {
  const TemporaryDatabase database(DatabaseKind::kPostgres, Schema::kEmpty);
  std::array<std::unique_ptr<RuckServer>, 3> servers;
  std::atomic<int> started = 0;
  std::promise<void> test_is_over;
  const std::shared_future<void> over = test_is_over.get_future().share();
  std::vector<std::jthread> starts;
  struct AtTheEnd {
    std::promise<void>& test_is_over;
    ~AtTheEnd() { test_is_over.set_value(); }
  } const at_the_end{test_is_over};
  for (auto& server : servers) {
    starts.emplace_back([&] {
      try {
        server = std::make_unique<RuckServer>(ServerSettings{.database_url = database.url()});
      } catch (const std::exception& problem) {
        ADD_FAILURE() << problem.what();
      }
      ++started;
      over.wait();  // a server is killed when the thread that started it ends
      server.reset();
    });
  }
  ASSERT_TRUE(until([&] { return started == 3; }));
  ASSERT_FALSE(HasFailure());
  ApiClient anna(servers[0]->url());
  anna.sign_up("anna");
  for (const auto& server : servers) {
    ApiClient elsewhere(server->url());
    elsewhere.set_token(anna.token);
    EXPECT_EQ(elsewhere.get("/api/users/profile").status, 200) << "they sign with one key";
  }
}

}  // namespace
}  // namespace ruck::test

// Two servers whose reads go to a PostgreSQL that follows the primary and is a little behind it:
// whoever has changed something reads it, at either server, and no old answer is kept as a new one.
#include "cluster/cluster.hpp"
#include "support/standby.hpp"

namespace ruck::test {
namespace {

class ReplicaTest : public testing::Test {
 protected:
  void SetUp() override {
    let_commits_go(primary_.url("postgres"));
    standby_.delay_replay(std::chrono::milliseconds(100));
    const ServerSettings settings{
        .database_url = primary_.url("postgres"),
        .extra_env = {"RUCK_REDIS_URL=" + redis_.url(),
                      "RUCK_DATABASE_REPLICAS=" + standby_.url("postgres")}};
    for (int i = 0; i < 2; ++i) servers_.push_back(std::make_unique<RuckServer>(settings));
    anna_.emplace(servers_[0]->url());
    anna_->sign_up("anna");
    at_b_.emplace(servers_[1]->url());
    at_b_->set_token(anna_->token);
  }
  double reads_at_replica() const {
    double all = 0;
    for (const auto& server : servers_) {
      const std::string text = server->metrics();
      const std::string name = R"(ruck_db_replica_reads_total{replica="1"} )";
      const std::size_t at = text.find("\n" + name);
      if (at != std::string::npos) all += std::stod(text.substr(at + 1 + name.size()));
    }
    return all;
  }
  static std::string name(int number) { return "anna" + std::to_string(number); }
  void rename(int number) {
    const Reply done = anna_->put("/api/users/profile", R"({"username":")" + name(number) + "\"}");
    ASSERT_EQ(done.status, 200) << done.body;
  }
  static void expect_name(ApiClient& client, int number) {
    const Reply seen = client.get("/api/users/profile");
    ASSERT_EQ(seen.status, 200) << seen.body;
    ASSERT_TRUE(seen.body.contains('"' + name(number) + '"')) << seen.body;
  }

  // As long as it is usually behind; whoever reads before that reads at the primary.
  static void wait_for_replica() { std::this_thread::sleep_for(std::chrono::milliseconds(300)); }

  static constexpr const char* kSessions = "/api/auth/sessions";  // never kept ready
  TemporaryFolder folder_;
  PostgresCluster primary_{folder_.path() + "/primary"};
  PostgresStandby standby_{primary_, folder_.path() + "/standby"};
  RedisServer redis_;
  std::vector<std::unique_ptr<RuckServer>> servers_;
  std::optional<ApiClient> anna_;
  std::optional<ApiClient> at_b_;
};

TEST_F(ReplicaTest, WhoHasChangedSomethingReadsItAtEitherServer) {
  ASSERT_TRUE(until([&] {
    rename(0);  // an idle primary writes nothing, and a replica that stands still is not used
    wait_for_replica();
    anna_->get(kSessions);
    return reads_at_replica() > 0;
  }));
  const double before = reads_at_replica();
  for (int i = 1; i <= 60; ++i) {
    ASSERT_NO_FATAL_FAILURE(rename(i));
    ASSERT_NO_FATAL_FAILURE(expect_name(*at_b_, i));
    ASSERT_NO_FATAL_FAILURE(expect_name(*anna_, i));
    // What is not kept ready: nothing in it says which revision it is of.
    EXPECT_EQ(at_b_->get(kSessions).status, 200);
    if (i % 10 == 0) wait_for_replica();
    ASSERT_NO_FATAL_FAILURE(expect_name(*at_b_, i));
    EXPECT_EQ(anna_->get(kSessions).status, 200);
  }
  EXPECT_TRUE(until([&] {
    wait_for_replica();
    at_b_->get(kSessions);
    return reads_at_replica() > before;
  })) << "all was read at the primary";
}

TEST_F(ReplicaTest, ARuckIsReadByItsOwnerAsSoonAsItIsRecorded) {
  const std::string ruck = start_ruck(*anna_);
  const Walk walk{.start_ms = now_ms() - 1'000'000, .count = 200};
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(anna_->post("/api/rucks/" + ruck + "/location", walk.part(i * 10, 10).json()).status,
              201);
    const Reply seen = at_b_->get("/api/rucks/" + ruck);
    ASSERT_EQ(seen.status, 200) << seen.body;
    const Reply own = anna_->get("/api/rucks/" + ruck);
    EXPECT_EQ(seen.json["distance_km"].number(), own.json["distance_km"].number());
  }
  ASSERT_EQ(anna_->post("/api/rucks/" + ruck + "/complete", "{}").status, 200);
  EXPECT_EQ(at_b_->get("/api/rucks/" + ruck).json["status"].text(), "completed");
}

TEST_F(ReplicaTest, TheServiceGoesOnWhileTheReplicaIsAway) {
  standby_.stop();
  for (int i = 1; i <= 20; ++i) {
    ASSERT_NO_FATAL_FAILURE(rename(i));
    ASSERT_NO_FATAL_FAILURE(expect_name(*at_b_, i));
    EXPECT_EQ(at_b_->get(kSessions).status, 200);
  }
}

}  // namespace
}  // namespace ruck::test

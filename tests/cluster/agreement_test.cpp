// Answers kept ready by two servers over one PostgreSQL: what one changes is seen at the other by
// whoever has the reply, whatever becomes of Redis.
#include "cluster/cluster.hpp"

namespace ruck::test {
namespace {

class AgreementTest : public ClusterTest {
 protected:
  void SetUp() override {
    start(redis_.url());
    ASSERT_TRUE(both_are(true)) << b_->log();
    anna_.emplace(user("anna"));
    at_b_.emplace(b_->url());
    at_b_->set_token(anna_->token);
  }
  static double value(const RuckServer& server, const std::string& metric) {
    const std::string text = server.metrics();
    const std::size_t at = text.find("\n" + metric + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + metric.size() + 2));
  }
  static bool believes(const RuckServer& server) {
    return value(server, "ruck_cache_believed") > 0;
  }
  bool both_believe() {
    return until([&] { return believes(*a_) && believes(*b_); });
  }
  static double hits(const RuckServer& server) {
    return value(server, R"(ruck_cache_lookups_total{outcome="hit"})");
  }
  static double asked(const RuckServer& server) {
    return value(server, R"(ruck_db_statement_seconds_count{statement="cache.read_revision"})");
  }
  // By way of the first server, and read at once at the second.
  void expect_seen(int number) {
    const std::string name = "anna" + std::to_string(number);
    const Reply done = anna_->put("/api/users/profile", R"({"username":")" + name + "\"}");
    ASSERT_EQ(done.status, 200) << done.body;
    const Reply seen = at_b_->get(kHome);
    ASSERT_EQ(seen.status, 200) << seen.body;
    EXPECT_TRUE(seen.body.contains(name)) << seen.body;
  }
  void expect_all_seen(int from, int count) {
    for (int i = from; i < from + count; ++i) ASSERT_NO_FATAL_FAILURE(expect_seen(i));
  }

  static constexpr const char* kHome = "/api/users/profile";
  RedisServer redis_;
  std::optional<ApiClient> anna_;
  std::optional<ApiClient> at_b_;
};

TEST_F(AgreementTest, AReadThatIsRepeatedDoesNotAskTheDatabase) {
  ASSERT_TRUE(both_believe());
  at_b_->get(kHome);
  const double hits_before = hits(*b_);
  const double asked_before = asked(*b_);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(at_b_->get(kHome).status, 200);
  EXPECT_GE(hits(*b_) - hits_before, 190);
  EXPECT_LE(asked(*b_) - asked_before, 10);
}

TEST_F(AgreementTest, WhoHasTheReplyOfOneReadsTheChangeAtTheOther) {
  ASSERT_TRUE(both_believe());
  expect_all_seen(0, 200);
  EXPECT_TRUE(believes(*b_)) << "the others said that they heard";
}

TEST_F(AgreementTest, AlsoWhileRedisHangsIsKilledAndComesBack) {
  ASSERT_TRUE(both_believe());
  expect_all_seen(100, 5);
  redis_.hang();
  expect_all_seen(200, 20);
  redis_.go_on();
  expect_all_seen(300, 20);
  redis_.kill();
  expect_all_seen(400, 20);
  redis_.start();
  expect_all_seen(500, 20);
  ASSERT_TRUE(both_believe());
  expect_all_seen(600, 5);
}

TEST_F(AgreementTest, AServerThatStandsStillKeepsNobodyWaitingForLong) {
  ASSERT_TRUE(both_believe());
  expect_all_seen(100, 5);
  ASSERT_EQ(::kill(a_->pid(), SIGSTOP), 0);
  for (int i = 200; i < 205; ++i) {
    const Reply done =
        at_b_->put("/api/users/profile", R"({"username":"anna)" + std::to_string(i) + "\"}");
    EXPECT_EQ(done.status, 200) << done.body;
  }
  ASSERT_EQ(::kill(a_->pid(), SIGCONT), 0);
  EXPECT_TRUE(anna_->get(kHome).body.contains("anna204"));
}

}  // namespace
}  // namespace ruck::test

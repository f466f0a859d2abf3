// A list asks the database as often for twenty rows as for two.
//
// Statements are counted in the whole server, so nothing but the requests of a test may make any:
// upkeep is switched off, what goes on behind the replies to earlier requests is over, and those of
// jobs and of the notifications that they write are left out: a busy machine runs them late.
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <utility>

namespace ruck::test {
namespace {

class QueriesTest : public ApiTest {
 protected:
  void SetUp() override { start({.extra_env = {"RUCK_TEST_SABOTAGE=no-upkeep"}}); }
  static bool is_of_requests(const std::string& name) {
    for (const char* other : {"db.", "jobs.", "notify.", "cache.doubt", "cache.forget_doubts"}) {
      if (name.starts_with(other)) return false;
    }
    return true;
  }
  // How often each named statement ran so far, but for those that begin and end transactions.
  std::map<std::string, std::int64_t> statements() {
    std::map<std::string, std::int64_t> counts;
    std::istringstream lines(server_->metrics());
    const std::string head = "ruck_db_statement_seconds_count{statement=\"";
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(head)) continue;
      const std::string name = line.substr(head.size(), line.find('"', head.size()) - head.size());
      if (is_of_requests(name)) counts[name] = std::stoll(line.substr(line.rfind(' ') + 1));
    }
    return counts;
  }
  // What one request asks.
  std::map<std::string, std::int64_t> asked_by(ApiClient& viewer, const std::string& target) {
    std::map<std::string, std::int64_t> before;
    EXPECT_TRUE(until([&] { return std::exchange(before, statements()) == before; }));
    const Reply r = viewer.get(target);
    EXPECT_EQ(r.status, 200) << target << r.body;
    std::map<std::string, std::int64_t> asked;
    for (const auto& [name, count] : statements()) {
      const auto was = before.find(name);
      const std::int64_t more = count - (was == before.end() ? 0 : was->second);
      if (more > 0) asked[name] = more;
    }
    return asked;
  }
};

TEST_P(QueriesTest, AListIsTheSameFewQueriesWhateverItsSize) {
  ApiClient viewer = user("viewer");
  std::string ids;
  std::string first_owner;
  constexpr int kOwners = 12;
  for (int i = 0; i < kOwners; ++i) {
    ApiClient owner = user("owner" + std::to_string(i));
    first_owner = owner.user_id;
    for (int k = 0; k < 2; ++k) {
      const std::string id =
          record_ruck(owner, {.start_ms = now_ms() - (10LL + k) * 3'600'000, .count = 600});
      viewer.post("/api/ruck-likes", R"({"ruck_id":)" + id + "}");
      owner.post("/api/rucks/" + id + "/comments", R"({"content":"x"})");
      ids += (ids.empty() ? "" : ",") + id;
    }
    viewer.post("/api/users/" + owner.user_id + "/follow", "{}");
    owner.post("/api/users/" + viewer.user_id + "/follow", "{}");
  }
  for (const std::string& list :
       {std::string("/api/ruck-buddies?sort_by=created_at_desc"),
        std::string("/api/ruck-buddies?sort_by=distance_desc"),
        std::string("/api/ruck-buddies?sort_by=proximity_asc&latitude=47&longitude=8"),
        std::string("/api/ruck-buddies?following_only=true")}) {
    EXPECT_EQ(viewer.get(list + "&per_page=20").json["ruck_sessions"].size(), 20U) << list;
    const auto of_two = asked_by(viewer, list + "&per_page=2");
    const auto of_twenty = asked_by(viewer, list + "&per_page=20");
    EXPECT_EQ(of_two, of_twenty) << list;
    EXPECT_EQ(of_twenty.size(), 1U) << list << ": what is shown is kept with the rows";
  }
  const std::string me = "/api/users/" + viewer.user_id;
  EXPECT_EQ(viewer.get(me + "/followers").json["data"]["followers"].size(), 12U);
  EXPECT_EQ(asked_by(viewer, me + "/followers").size(), 2U) << "who asks, and the list";
  EXPECT_EQ(asked_by(viewer, me + "/following").size(), 2U);
  EXPECT_EQ(asked_by(viewer, "/api/users/search?q=owner&limit=10").size(), 1U);
  EXPECT_EQ(asked_by(viewer, "/api/ruck-likes/batch?ruck_ids=" + ids).size(), 2U);
  EXPECT_LE(asked_by(viewer, "/api/users/" + first_owner + "/profile").size(), 5U);
  const std::string ruck = ids.substr(0, ids.find(','));
  EXPECT_EQ(asked_by(viewer, "/api/rucks/" + ruck + "/comments").size(), 2U);
  for (const auto& [name, count] : asked_by(viewer, "/api/rucks/" + ruck + "/details")) {
    EXPECT_LE(count, name == "rucks.find" ? 2 : 1) << name << ": among one's own, then the owner's";
  }
}

RUCK_ON_BOTH_DATABASES(QueriesTest);

}  // namespace
}  // namespace ruck::test

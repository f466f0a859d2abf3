// A request's time: what the database cannot do within it is answered 503, to be sent again.
#include "db/open.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <future>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;

// Holds a table of the server's database, so that whoever asks for it waits.
class HeldTable {
 public:
  HeldTable(const std::string& url, const std::string& table) {
    auto opened = db::open({.url = url, .postgres_connections = 3}, metrics_);
    if (!opened) throw std::runtime_error(std::string(opened.error().client_text()));
    database_ = std::move(*opened);
    std::promise<void> is_held;
    holder_ = std::thread([&] {
      EXPECT_TRUE(database_->write_now([&](db::Session& q) {
        q.run_script("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        is_held.set_value();
        let_go_.get_future().wait();
      }));
    });
    is_held.get_future().wait();
  }
  ~HeldTable() {
    let_go_.set_value();
    holder_.join();
    database_->close();
  }
  HeldTable(const HeldTable&) = delete;
  HeldTable& operator=(const HeldTable&) = delete;

 private:
  telemetry::Metrics metrics_;
  std::unique_ptr<db::Database> database_;
  std::promise<void> let_go_;
  std::thread holder_;
};

TEST(Deadline, ARequestThatTheDatabaseHoldsUpIsAnswered503InItsTime) {
  const TemporaryDatabase database(DatabaseKind::kPostgres);
  const RuckServer server(
      {.database_url = database.url(), .extra_env = {"RUCK_REQUEST_SECONDS=1"}});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  {
    const HeldTable users(database.url(), "users");
    for (const bool is_write : {false, true}) {
      const Reply r = is_write ? anna.put("/api/users/profile", R"({"weight_kg":81})")
                               : anna.get("/api/users/profile");
      EXPECT_EQ(r.status, 503) << r.body;
      EXPECT_EQ(r.json["error"].text(), "overloaded") << r.body;
      EXPECT_FALSE(r.json["message"].text().empty());
      EXPECT_NE(r.raw.header("retry-after"), "") << "the client is told when to come again";
    }
    EXPECT_THAT(server.metrics(), HasSubstr("ruck_db_late_total{when=\"running\"}"));
    EXPECT_THAT(server.metrics(),
                testing::Not(HasSubstr("ruck_db_late_total{when=\"running\"} 0")));
  }
  EXPECT_TRUE(until([&] { return anna.get("/api/users/profile").status == 200; }));
  EXPECT_EQ(anna.get("/api/users/profile").json["weight_kg"].number(), 80) << "it was not done";
}

}  // namespace
}  // namespace ruck::test

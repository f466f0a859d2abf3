// Servers behind HAProxy are restarted one after the other, or killed, while phones send.
#include "chaos/fleet.hpp"
#include "durability/batches.hpp"
#include "support/haproxy.hpp"
#include "support/live.hpp"
#include "support/postgres_tools.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <sstream>
#include <vector>

namespace ruck::test {
namespace {
using std::chrono::milliseconds;

constexpr int kServers = 3;

class RollingTest : public testing::Test {
 protected:
  // Long enough for a proxy on a machine that does much else to have noticed.
  static constexpr const char* kDelay = "RUCK_SHUTDOWN_DELAY_SECONDS=5";

  RollingTest() {
    for (auto& server : servers_) {
      server = std::make_unique<RuckServer>(
          ServerSettings{.database_url = database_.url(), .extra_env = {kDelay}});
      ports_.push_back(server->port());
    }
    proxy_ = std::make_unique<HaProxy>(ports_);
  }

  [[nodiscard]] Fleet::Options options() const {
    return {.direct_url = proxy_->url(), .chaos_url = {}, .phones = 6, .seed = seed_of_run()};
  }
  // Waits until they have, by whichever server.
  static bool send_some(const Fleet& phones, std::uint64_t requests) {
    const std::uint64_t before = phones.counts().requests;
    return until([&] { return phones.counts().requests > before + requests; });
  }
  void expect_all_there(const Fleet& phones) {
    EXPECT_THAT(phones.refusals(), testing::IsEmpty());
    const Verdict all = phones.compare(database_.url());
    EXPECT_GT(all.acknowledged, 0U);
    EXPECT_TRUE(all.is_clean()) << testing::PrintToString(all.problems);
  }

  TemporaryDatabase database_{DatabaseKind::kPostgres};
  std::array<std::unique_ptr<RuckServer>, kServers> servers_;
  std::vector<int> ports_;
  std::unique_ptr<HaProxy> proxy_;
};

TEST_F(RollingTest, ARestartOfOneAfterTheOtherLosesNoRequest) {
  ApiClient watcher(proxy_->url());
  watcher.sign_up("watcher");
  Fleet phones(options());
  for (auto& server : servers_) {
    LiveClient socket(proxy_->url(), watcher);
    ASSERT_TRUE(send_some(phones, 20));
    // Read meanwhile, as phones do: what is left unread at the end may be lost with its code.
    auto stopping = std::async(std::launch::async, [&server] { return server->stop(); });
    bool is_told = false;
    while (stopping.wait_for(milliseconds(0)) != std::future_status::ready) {
      is_told = is_told || !socket.next("restart", milliseconds(50)).is_null();
      if (is_told) EXPECT_EQ(socket.closed(), 1012) << "told to come back, elsewhere";
    }
    EXPECT_EQ(stopping.get(), 0) << server->log();
    server->start();
  }
  phones.stop();
  std::printf("[ measured ] %llu requests during three restarts\n",
              static_cast<unsigned long long>(phones.counts().requests));
  EXPECT_EQ(phones.counts().retries, 0U);
  expect_all_there(phones);
}

// Servers of this version go on while a newer one has widened the schema beneath them: a column
// for each table, a table, an index. What they ask names its columns.
TEST_F(RollingTest, ServersGoOnWhileANewerOneWidensTheSchema) {
  Fleet phones(options());
  ASSERT_TRUE(send_some(phones, 50));
  const std::string url = database_.url();
  std::istringstream tables(ask_sql(
      url,
      "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace"
      " AND relkind IN ('r', 'p') AND NOT relispartition"));
  int widened = 0;
  for (std::string table; tables >> table; ++widened) {
    run_sql(url, "ALTER TABLE " + table + " ADD COLUMN of_a_newer_one TEXT NOT NULL DEFAULT 'x'");
  }
  EXPECT_GT(widened, 20);
  run_sql(url, "CREATE TABLE of_a_newer_one (id BIGINT PRIMARY KEY)");
  run_sql(url, "CREATE INDEX of_newer_rucks ON rucks (of_a_newer_one)");
  ASSERT_TRUE(send_some(phones, 200));
  ApiClient anna(proxy_->url());
  anna.sign_up("anna");
  ApiClient berta(proxy_->url());
  berta.sign_up("berta");
  EXPECT_LT(berta.post("/api/users/" + anna.user_id + "/follow", "{}").status, 300);
  const std::string ruck = start_ruck(anna);
  const Walk walk{.start_ms = now_ms() - 600'000, .count = 100, .step_s = 5};
  EXPECT_EQ(anna.post("/api/rucks/" + ruck + "/location", walk.part(0, 100).json()).status, 201);
  EXPECT_EQ(anna.post("/api/rucks/" + ruck + "/complete", "{}").status, 200);
  for (const char* path :
       {"/api/users/profile", "/api/rucks", "/api/stats/weekly", "/api/notifications",
        "/api/ruck-buddies", "/api/users/me/privacy-zones"}) {
    const Reply reply = anna.get(path);
    EXPECT_EQ(reply.status, 200) << path << reply.body;
  }
  EXPECT_EQ(berta.get("/api/users/" + anna.user_id).status, 200);
  phones.stop();
  expect_all_there(phones);
  for (const auto& server : servers_) EXPECT_FALSE(server->log().contains("db.statement_failed"));
}

TEST_F(RollingTest, WhatAKilledServerAcknowledgedIsThereAndTheOthersGoOn) {
  Fleet phones(options());
  ASSERT_TRUE(send_some(phones, 50));
  servers_[1]->kill();
  ASSERT_TRUE(send_some(phones, 100));
  servers_[1]->start();
  phones.stop();
  std::printf("[ measured ] %llu requests, %llu of them sent again\n",
              static_cast<unsigned long long>(phones.counts().requests),
              static_cast<unsigned long long>(phones.counts().retries));
  expect_all_there(phones);
}

}  // namespace
}  // namespace ruck::test

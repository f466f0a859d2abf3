// Servers behind HAProxy are restarted one after the other, or killed, while phones send.
#include "chaos/fleet.hpp"
#include "durability/batches.hpp"
#include "support/haproxy.hpp"
#include "support/live.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>
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

// Phones behind a bad network, against the real server: every point that was acknowledged is
// stored, none twice, and all totals are what a recomputation gives.
#include "chaos/chaos_proxy.hpp"
#include "chaos/phone.hpp"
#include "db/open.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace ruck::test {
namespace {

constexpr std::size_t kAcknowledgedMin = 2000;  // points
constexpr std::uint64_t kCutsMin = 10;

class ChaosTest : public ApiTest {};

TEST_P(ChaosTest, WhatABadNetworkCutsRepeatsAndDelaysIsStoredOnce) {
  const std::uint64_t seed = seed_of_run();
  ChaosProxy::Counts network;
  std::vector<std::unique_ptr<Phone>> phones;
  {
    ChaosProxy proxy(server_->port(), seed);
    for (std::uint64_t i = 0; i < 6; ++i) {
      const ApiClient account = user("phone" + std::to_string(i));
      phones.push_back(
          std::make_unique<Phone>(Phone::Options{.direct_url = server_->url(),
                                                 .chaos_url = proxy.url(),
                                                 .chaos_share = 1,
                                                 .token = account.token,
                                                 .user = UserId(*Uuid::parse(account.user_id)),
                                                 .seed = seed + i}));
    }
    std::atomic<bool> stopped{false};
    std::vector<std::thread> threads;
    for (const auto& phone : phones) {
      threads.emplace_back([&stopped, &phone] { phone->walk_until(stopped); });
    }
    // As long as it takes until enough has happened, on whatever machine.
    EXPECT_TRUE(until([&] {
      std::size_t acknowledged = 0;
      for (const auto& phone : phones) acknowledged += phone->ledger().acknowledged_count();
      const ChaosProxy::Counts so_far = proxy.counts();
      return acknowledged > kAcknowledgedMin && so_far.lost_replies >= kCutsMin &&
             so_far.cut_requests + so_far.cut_replies >= kCutsMin;
    }));
    stopped = true;
    for (std::thread& thread : threads) thread.join();
    network = proxy.counts();
  }
  EXPECT_EQ(server_->stop(), 0);
  telemetry::Metrics metrics;
  const auto database =
      db::open({.url = database_->url(), .postgres_connections = 2, .read_only = true}, metrics);
  ASSERT_TRUE(database);
  Verdict verdict;
  for (const auto& phone : phones) {
    verdict.add(phone->ledger().compare(**database));
    EXPECT_THAT(phone->refusals(), testing::IsEmpty()) << "a phone drops its data on a 4xx";
  }
  (*database)->close();
  EXPECT_TRUE(verdict.is_clean()) << testing::PrintToString(verdict.problems);
  std::cout << verdict.acknowledged << " points acknowledged; " << network.cut_requests
            << " requests and " << network.cut_replies << " replies cut, " << network.lost_replies
            << " replies lost\n";
  EXPECT_GT(verdict.acknowledged, kAcknowledgedMin);
  const Finished checked = run_to_end(
      {.argv = {binary(), "check"}, .extra_env = {"RUCK_DATABASE_URL=" + database_->url()}},
      std::chrono::minutes(2));
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

RUCK_ON_BOTH_DATABASES(ChaosTest);

}  // namespace
}  // namespace ruck::test

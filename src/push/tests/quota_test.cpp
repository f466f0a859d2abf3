#include "push/quota.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ruck::push {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UtcUs kNow = utc_us(1'764'400'000'000'000);

TEST(Quota, LetsABurstThroughAndThenOneAtATime) {
  Quota quota({.per_minute = 60, .burst = 5});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(quota.take(kNow));
  EXPECT_EQ(quota.take(kNow), seconds(1));
  EXPECT_FALSE(quota.take(kNow + seconds(1)));
  EXPECT_EQ(quota.take(kNow + milliseconds(1500)), seconds(1));
}

TEST(Quota, IsFullAgainAfterAPause) {
  Quota quota({.per_minute = 60, .burst = 5});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(quota.take(kNow));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(quota.take(kNow + seconds(60)));
  EXPECT_TRUE(quota.take(kNow + seconds(60)));
}

TEST(Quota, NoneIsTakenTwiceBySeveralThreads) {
  Quota quota({.per_minute = 60, .burst = 20'000});
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) taken += quota.take(kNow) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 20'000);
}

// In any minute, wherever Firebase begins to count it.
TEST(Quota, NoMinuteHasMoreThanTheProjectMaySend) {
  Quota quota({});
  std::int64_t taken = 0;
  for (int ms = 0; ms < 60'000; ++ms) {
    for (int i = 0; i < 20; ++i) taken += quota.take(kNow + milliseconds(ms)) ? 0 : 1;
  }
  EXPECT_LT(taken, kFcmQuotaPerMinute);
  EXPECT_GE(taken, kFcmMessagesPerMinute);
}

}  // namespace
}  // namespace ruck::push

#include "http/client/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {
using Entry = CircuitBreaker::Entry;
using std::chrono::milliseconds;

class CircuitBreakerTest : public testing::Test {
 protected:
  void fail_times(const std::string& host, int times) {
    for (int i = 0; i < times; ++i) breaker_.failed(host, now_, now_);
  }
  CircuitBreaker breaker_{{.failures_max = 3, .open_for = milliseconds(100), .hosts_max = 4}};
  CircuitBreaker::Time now_{std::chrono::hours(1)};
};

TEST_F(CircuitBreakerTest, OpensAfterSoManyFailuresInARow) {
  fail_times("a", 2);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kYes);
  EXPECT_TRUE(breaker_.failed("a", now_, now_));
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kNo);
  EXPECT_EQ(breaker_.open_for("a", now_), milliseconds(100));
  EXPECT_EQ(breaker_.enter("b", now_), Entry::kYes) << "others are not concerned";
}

TEST_F(CircuitBreakerTest, AnAnswerInBetweenStartsTheCountAnew) {
  fail_times("a", 2);
  EXPECT_FALSE(breaker_.succeeded("a"));
  fail_times("a", 2);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kYes);
}

// A connection of HTTP/2 that breaks ends a hundred requests.
TEST_F(CircuitBreakerTest, FailuresOfOneMomentAreOne) {
  CircuitBreaker breaker({.failures_max = 3,
                          .open_for = milliseconds(100),
                          .moment = milliseconds(10),
                          .hosts_max = 4});
  const auto at = [this](int ms) { return now_ + milliseconds(ms); };
  for (int i = 0; i < 50; ++i) breaker.failed("a", at(-20), now_);
  breaker.failed("a", at(-20), at(9));
  EXPECT_EQ(breaker.enter("a", at(9)), Entry::kYes);
  EXPECT_FALSE(breaker.failed("a", at(-20), at(10)));
  EXPECT_TRUE(breaker.failed("a", at(-20), at(20)));
  EXPECT_EQ(breaker.enter("a", at(119)), Entry::kNo);
  EXPECT_EQ(breaker.enter("a", at(120)), Entry::kProbe);
  EXPECT_TRUE(breaker.failed("a", at(120), at(121))) << "the probe's failure counts";
  EXPECT_EQ(breaker.enter("a", at(220)), Entry::kNo);
}

TEST_F(CircuitBreakerTest, WhatWasStartedAfterAFailureIsOneOfItsOwn) {
  CircuitBreaker breaker({.failures_max = 3,
                          .open_for = milliseconds(100),
                          .moment = milliseconds(10),
                          .hosts_max = 4});
  for (int ms = 0; ms < 2; ++ms) {
    EXPECT_FALSE(breaker.failed("a", now_ + milliseconds(2 * ms), now_ + milliseconds(2 * ms + 1)));
  }
  EXPECT_TRUE(breaker.failed("a", now_ + milliseconds(4), now_ + milliseconds(5)));
}

TEST_F(CircuitBreakerTest, LetsOneProbeThroughWhenTheTimeIsUp) {
  fail_times("a", 3);
  now_ += milliseconds(99);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kNo);
  now_ += milliseconds(1);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kProbe);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kNo);
}

TEST_F(CircuitBreakerTest, AProbeThatWorksClosesIt) {
  fail_times("a", 3);
  now_ += milliseconds(100);
  ASSERT_EQ(breaker_.enter("a", now_), Entry::kProbe);
  EXPECT_TRUE(breaker_.succeeded("a"));
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kYes);
  EXPECT_EQ(breaker_.open_count(), 0U);
  EXPECT_EQ(breaker_.remembered(), 0U);
}

TEST_F(CircuitBreakerTest, AProbeThatFailsKeepsItOpenForAsLongAgain) {
  fail_times("a", 3);
  now_ += milliseconds(100);
  ASSERT_EQ(breaker_.enter("a", now_), Entry::kProbe);
  EXPECT_TRUE(breaker_.failed("a", now_, now_));
  EXPECT_EQ(breaker_.enter("a", now_ + milliseconds(99)), Entry::kNo);
  EXPECT_EQ(breaker_.enter("a", now_ + milliseconds(100)), Entry::kProbe);
  EXPECT_EQ(breaker_.open_count(), 1U);
}

TEST_F(CircuitBreakerTest, AProbeThatSaysNothingLeavesItToTheNext) {
  fail_times("a", 3);
  now_ += milliseconds(100);
  ASSERT_EQ(breaker_.enter("a", now_), Entry::kProbe);
  breaker_.abandoned("a");
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kProbe);
}

TEST_F(CircuitBreakerTest, RemembersSoManyHostsAndForgetsTheOldest) {
  fail_times("a", 3);
  for (const char* host : {"b", "c", "d"}) fail_times(host, 1);
  EXPECT_EQ(breaker_.remembered(), 4U);
  EXPECT_EQ(breaker_.open_count(), 1U);
  fail_times("e", 1);
  EXPECT_EQ(breaker_.remembered(), 4U);
  EXPECT_EQ(breaker_.open_count(), 0U);
  EXPECT_EQ(breaker_.enter("a", now_), Entry::kYes);
}

}  // namespace
}  // namespace ruck::http

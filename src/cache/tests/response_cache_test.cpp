#include "cache/response_cache.hpp"

#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"
#include "support/databases.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace ruck::cache {
namespace {

class ResponseCacheTest : public test::OnBothDatabases {
 protected:
  static std::shared_ptr<const http::SharedBody> body(std::string text) {
    return std::make_shared<http::SharedBody>(http::SharedBody{.bytes = std::move(text)});
  }
  static http::ResponseKey key(std::uint64_t revision, std::string_view target = "/a") {
    return {.user = UserId(Uuid(Uuid::Bytes{7})), .revision = revision, .target = target};
  }
};

TEST_P(ResponseCacheTest, AnotherRevisionOrTargetIsAnotherEntry) {
  Revisions revisions(database());
  ResponseCache cache({}, revisions, metrics_);
  cache.store(key(1), clock_.now(), body("one"));
  EXPECT_EQ(cache.find(key(1), clock_.now())->bytes, "one");
  EXPECT_FALSE(cache.find(key(2), clock_.now()));
  EXPECT_FALSE(cache.find(key(1, "/b"), clock_.now()));
}

TEST_P(ResponseCacheTest, AnEntryEndsWithItsLifetime) {
  Revisions revisions(database());
  ResponseCache cache({.lifetime = std::chrono::seconds(30)}, revisions, metrics_);
  cache.store(key(1), clock_.now(), body("one"));
  clock_.advance(std::chrono::seconds(31));
  EXPECT_FALSE(cache.find(key(1), clock_.now()));
}

TEST_P(ResponseCacheTest, WhatWasUsedLongestAgoGoesFirst) {
  Revisions revisions(database());
  ResponseCache cache({.bytes_max = 8 * 3000}, revisions, metrics_);  // 3000 a shard
  cache.store(key(1), clock_.now(), body(std::string(1000, 'a')));
  cache.store(key(2), clock_.now(), body(std::string(1000, 'b')));
  EXPECT_TRUE(cache.find(key(1), clock_.now()));
  cache.store(key(3), clock_.now(), body(std::string(1000, 'c')));
  EXPECT_TRUE(cache.find(key(1), clock_.now()));
  EXPECT_FALSE(cache.find(key(2), clock_.now()));
  EXPECT_TRUE(cache.find(key(3), clock_.now()));
  cache.store(key(4), clock_.now(), body(std::string(5000, 'd')));
  EXPECT_FALSE(cache.find(key(4), clock_.now())) << "larger than the shard";
}

TEST_P(ResponseCacheTest, AnAnswerIsAlsoOfTheRevisionOfWhomItIsAbout) {
  Revisions revisions(database());
  ResponseCache cache({}, revisions, metrics_);
  http::ResponseKey about = key(1);
  about.subject_revision = 5;
  cache.store(about, clock_.now(), body("one"));
  EXPECT_TRUE(cache.find(about, clock_.now()));
  about.subject_revision = 6;
  EXPECT_FALSE(cache.find(about, clock_.now()));
}

constexpr std::uint64_t kOthers = 39;

// Comes back when the core has done what it was doing.
task<int> turn_of(runtime::Core& core) {
  return runtime::await_promise<int>([&core](runtime::Promise<int> promise) {
    boost::asio::post(core.io(), [p = std::move(promise)]() mutable { p.set(0); });
  });
}

// Asks as a request does: the first one computes until all the others wait for it.
task<> ask(runtime::Cores& cores, ResponseCache& cache, http::ResponseKey key, bool succeeds,
           std::function<std::uint64_t()> waiting, std::atomic<int>& computed,
           std::atomic<int>& answered) {
  auto joined = co_await cache.join(key);
  if (joined) {
    if (!*joined) {
      ++computed;
    } else if ((*joined)->bytes == "answer") {
      ++answered;
    }
    co_return;
  }
  ++computed;
  while (waiting() < kOthers) co_await runtime::sleep_for(std::chrono::milliseconds(1));
  for (std::size_t i = 0; i < cores.size(); ++i) co_await turn_of(cores.at(i));
  cache.finish(key, succeeds
                        ? std::make_shared<http::SharedBody>(http::SharedBody{.bytes = "answer"})
                        : nullptr);
}

TEST_P(ResponseCacheTest, ManyRequestsForOneMissingAnswerComputeItOnce) {
  Revisions revisions(database());
  ResponseCache cache({}, revisions, metrics_);
  runtime::Cores cores(2);
  cores.start();
  for (const bool succeeds : {true, false}) {
    runtime::TaskGroup group("test", [](std::string_view, const std::exception_ptr&) { FAIL(); });
    std::atomic<int> computed = 0;
    std::atomic<int> answered = 0;
    constexpr int kRequests = kOthers + 1;
    const telemetry::Counter& joined = metrics_.counter("ruck_cache_joined_total", "");
    const auto waiting = [&joined, before = joined.value()] { return joined.value() - before; };
    for (int i = 0; i < kRequests; ++i) {
      group.spawn(cores.at(static_cast<std::size_t>(i % 2)),
                  ask(cores, cache, key(1), succeeds, waiting, computed, answered));
    }
    group.join();
    EXPECT_EQ(computed, succeeds ? 1 : kRequests) << "after a failure each makes its own";
    EXPECT_EQ(answered, succeeds ? kRequests - 1 : 0);
  }
  cores.stop_and_join();
}

RUCK_ON_BOTH_DATABASES(ResponseCacheTest);

}  // namespace
}  // namespace ruck::cache

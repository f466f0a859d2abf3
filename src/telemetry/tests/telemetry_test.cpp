#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace ruck::telemetry {
namespace {
using testing::HasSubstr;

TEST(Metrics, AddsUpWhatEveryThreadCounted) {
  Metrics metrics;
  Counter& counter = metrics.counter("ruck_test_total", "A test", {{"kind", "a\"b"}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) counter.add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 12'000U);
  EXPECT_THAT(metrics.render(), HasSubstr("ruck_test_total{kind=\"a\\\"b\"} 12000\n"));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter("a_total", "x"), &metrics.counter("a_total", "y"));
  EXPECT_NE(&metrics.counter("a_total", "x"), &metrics.counter("a_total", "x", {{"k", "v"}}));
}

TEST(Metrics, HistogramBucketsAreCumulative) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("ruck_wait_seconds", "Wait");
  histogram.record(std::chrono::microseconds(60));
  histogram.record(std::chrono::milliseconds(3));
  histogram.record(std::chrono::minutes(2));
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_bucket{le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_bucket{le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_bucket{le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_bucket{le=\"30\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("ruck_wait_seconds_count 3\n"));
}

std::string logged(const std::function<void()>& act) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe(pipe_ends), 0);
  set_log_descriptor(pipe_ends[1]);
  act();
  set_log_descriptor(STDOUT_FILENO);
  ::close(pipe_ends[1]);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(::read(pipe_ends[0], text.data(), text.size())));
  ::close(pipe_ends[0]);
  return text;
}

TEST(Log, IsOneJsonObjectALine) {
  const std::string line = logged([] {
    log_info("test.event", {{"count", 3}, {"text", "a \"b\"\n"}, {"on", true}, {"ratio", 0.5}});
  });
  EXPECT_THAT(line, testing::StartsWith("{\"time\":\"20"));
  EXPECT_THAT(line,
              testing::EndsWith("\"level\":\"info\",\"event\":\"test.event\",\"count\":3,"
                                "\"text\":\"a \\\"b\\\"\\u000a\",\"on\":true,\"ratio\":0.5}\n"));
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  const std::string line = logged([] {
    log_debug("quiet");
    log_error("loud");
  });
  EXPECT_THAT(line, testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(line, HasSubstr("loud"));
}

}  // namespace
}  // namespace ruck::telemetry

#pragma once
// Counters, gauges and histograms for /metrics, in the Prometheus text format 0.0.4.
//
// A metric is made once at start and lives as long as the registry. Adding to one is a relaxed
// atomic on a cache line of the calling thread's own shard, so the hot path never shares one;
// a scrape adds the shards up. Names: `ruck_` prefix, counters `_total`, durations `_seconds`.
#include "base/thread_safety.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::telemetry {

inline constexpr std::size_t kShards = 8;  // threads that count often: cores, database, pool
[[nodiscard]] std::size_t shard_of_thread();

class Counter {
 public:
  void add(std::uint64_t n = 1) {
    shards_[shard_of_thread()].value.fetch_add(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Shard, kShards> shards_;
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Durations in buckets from 50 µs to 30 s, about three a decade.
class Histogram {
 public:
  static constexpr std::array<double, 18> kBoundsSeconds = {
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};

  void record(std::chrono::nanoseconds duration);
  struct Snapshot {
    std::array<std::uint64_t, kBoundsSeconds.size() + 1> counts{};  // the last: above every bound
    std::uint64_t count = 0;
    double sum_seconds = 0;
  };
  [[nodiscard]] Snapshot snapshot() const;

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, kBoundsSeconds.size() + 1> counts{};
    std::atomic<std::uint64_t> sum_ns{0};
  };
  std::array<Shard, kShards> shards_;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class Metrics {
 public:
  // The same name and labels give the same metric. `help` is taken from the first of a name.
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});
  // Asked at each scrape, on the scraping thread.
  void gauge_callback(std::string_view name, std::string_view help, std::function<double()> read,
                      Labels labels = {});

  [[nodiscard]] std::string render() const;

 private:
  struct Metric {
    Labels labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> callback;
  };
  struct Family {
    std::string name;
    std::string help;
    std::string_view type;
    std::vector<std::unique_ptr<Metric>> metrics;
  };
  Metric& find_or_add(std::string_view name, std::string_view help, std::string_view type,
                      Labels labels) RUCK_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_ RUCK_GUARDED_BY(mutex_);
};

// Measures until it is destroyed.
class Stopwatch {
 public:
  explicit Stopwatch(Histogram& histogram) : histogram_(histogram) {}
  ~Stopwatch() { histogram_.record(std::chrono::steady_clock::now() - start_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Histogram& histogram_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ruck::telemetry

#include "telemetry/metrics.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::telemetry {
namespace {
std::atomic<std::size_t> next_shard{0};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
}

// `{a="b",le="0.5"}`, or nothing where there is no label.
std::string label_text(const Labels& labels, std::string_view bound = {}) {
  std::string out;
  for (const auto& [key, value] : labels) {
    out += out.empty() ? "{" : ",";
    out += key;
    out += "=\"";
    append_escaped(out, value);
    out += '"';
  }
  if (!bound.empty()) {
    out += out.empty() ? "{" : ",";
    out += fmt::format("le=\"{}\"", bound);
  }
  if (!out.empty()) out += '}';
  return out;
}

void render_histogram(std::string& out, std::string_view name, const Labels& labels,
                      const Histogram& histogram) {
  const Histogram::Snapshot snapshot = histogram.snapshot();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBoundsSeconds.size(); ++i) {
    below += snapshot.counts[i];
    const std::string bound = fmt::format("{}", Histogram::kBoundsSeconds[i]);
    out += fmt::format("{}_bucket{} {}\n", name, label_text(labels, bound), below);
  }
  out += fmt::format("{}_bucket{} {}\n", name, label_text(labels, "+Inf"), snapshot.count);
  out += fmt::format("{}_sum{} {}\n", name, label_text(labels), snapshot.sum_seconds);
  out += fmt::format("{}_count{} {}\n", name, label_text(labels), snapshot.count);
}
}  // namespace

std::size_t shard_of_thread() {
  thread_local const std::size_t shard = next_shard.fetch_add(1) % kShards;
  return shard;
}

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

void Histogram::record(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(kBoundsSeconds, seconds) -
                                               kBoundsSeconds.begin());
  Shard& shard = shards_[shard_of_thread()];
  shard.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  shard.sum_ns.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count())),
                         std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot out;
  for (const Shard& shard : shards_) {
    for (std::size_t i = 0; i < out.counts.size(); ++i) {
      const std::uint64_t n = shard.counts[i].load(std::memory_order_relaxed);
      out.counts[i] += n;
      out.count += n;
    }
    out.sum_seconds += static_cast<double>(shard.sum_ns.load(std::memory_order_relaxed)) * 1e-9;
  }
  return out;
}

Metrics::Metric& Metrics::find_or_add(std::string_view name, std::string_view help,
                                      std::string_view type, Labels labels) {
  auto family =
      std::ranges::find(families_, name, [](const auto& f) -> const auto& { return f->name; });
  if (family == families_.end()) {
    families_.push_back(
        std::make_unique<Family>(Family{std::string(name), std::string(help), type, {}}));
    family = families_.end() - 1;
  }
  RUCK_ASSERT((*family)->type == type);
  auto& metrics = (*family)->metrics;
  const auto found =
      std::ranges::find(metrics, labels, [](const auto& m) -> const auto& { return m->labels; });
  if (found != metrics.end()) return **found;
  metrics.push_back(std::make_unique<Metric>());
  metrics.back()->labels = std::move(labels);
  return *metrics.back();
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  const Guard lock(mutex_);
  Metric& metric = find_or_add(name, help, "counter", std::move(labels));
  if (!metric.counter) metric.counter = std::make_unique<Counter>();
  return *metric.counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  const Guard lock(mutex_);
  Metric& metric = find_or_add(name, help, "gauge", std::move(labels));
  if (!metric.gauge) metric.gauge = std::make_unique<Gauge>();
  return *metric.gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels labels) {
  const Guard lock(mutex_);
  Metric& metric = find_or_add(name, help, "histogram", std::move(labels));
  if (!metric.histogram) metric.histogram = std::make_unique<Histogram>();
  return *metric.histogram;
}

void Metrics::gauge_callback(std::string_view name, std::string_view help,
                             std::function<double()> read, Labels labels) {
  const Guard lock(mutex_);
  find_or_add(name, help, "gauge", std::move(labels)).callback = std::move(read);
}

std::string Metrics::render() const {
  const Guard lock(mutex_);
  std::string out;
  for (const auto& family : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family->name, family->help, family->name,
                       family->type);
    for (const auto& metric : family->metrics) {
      const std::string labels = label_text(metric->labels);
      if (metric->counter)
        out += fmt::format("{}{} {}\n", family->name, labels, metric->counter->value());
      if (metric->gauge)
        out += fmt::format("{}{} {}\n", family->name, labels, metric->gauge->value());
      if (metric->callback)
        out += fmt::format("{}{} {}\n", family->name, labels, metric->callback());
      if (metric->histogram) {
        render_histogram(out, family->name, metric->labels, *metric->histogram);
      }
    }
  }
  return out;
}

}  // namespace ruck::telemetry

// How many trivial jobs a second, and what adding one costs its cause.
//
//   jobs_bench URL [JOBS] [INSTANCES]     the database should be empty
//
// Every instance has a database of its own (several only with PostgreSQL) and a runner. First all
// jobs are added, a hundred in a unit of work; then the runners start, and the time until none is
// left is taken.
#include "base/embedded.hpp"
#include "base/text.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "jobs/runner.hpp"

#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace ruck::jobs {
namespace {
using Steady = std::chrono::steady_clock;
constexpr std::int64_t kJobsUsually = 50'000;
constexpr std::int64_t kJobsOfUnit = 100;
constexpr std::size_t kAtOnce = 512;

struct Instance {
  telemetry::Metrics metrics;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<Runner> runner;
};

double seconds_since(Steady::time_point began) {
  return std::chrono::duration<double>(Steady::now() - began).count();
}

int run(const std::string& url, std::int64_t jobs, std::size_t count) {
  const SystemClock clock;
  std::atomic<std::int64_t> done_count = 0;
  std::vector<std::unique_ptr<Instance>> instances;
  for (std::size_t i = 0; i < count; ++i) {
    auto instance = std::make_unique<Instance>();
    auto opened = db::open({.url = url, .postgres_connections = 4}, instance->metrics);
    if (!opened || !db::migrate(**opened, clock, embedded::migrations())) {
      fmt::print(stderr, "jobs_bench: {} cannot be used\n", url);
      return 1;
    }
    instance->database = std::move(*opened);
    instance->runner = std::make_unique<Runner>(Runner::Dependencies{
        .database = *instance->database, .clock = clock, .metrics = instance->metrics});
    instance->runner->add({.name = "bench.trivial",
                           .concurrency_max = kAtOnce,
                           .run = [&done_count](RunningJob) -> task<Outcome> {
                             done_count.fetch_add(1, std::memory_order_relaxed);
                             co_return done();
                           }});
    instances.push_back(std::move(instance));
  }

  double inside_s = 0;  // of the units, in enqueue() alone
  auto began = Steady::now();
  for (std::int64_t i = 0; i < jobs; i += kJobsOfUnit) {
    static_cast<void>(instances[0]->database->write_now([&](db::Session& q) {
      const auto unit_began = Steady::now();
      for (std::int64_t j = 0; j < kJobsOfUnit; ++j) {
        enqueue(q, {.kind = "bench.trivial", .payload = R"({"user":"0194","ruck":123456})"},
                clock.now());
      }
      inside_s += seconds_since(unit_began);
    }));
  }
  const auto all = static_cast<double>(jobs);
  fmt::print("added:  {:.0f}/s, {:.1f} us each in its unit of work\n", all / seconds_since(began),
             inside_s / all * 1e6);

  runtime::Cores cores(std::max(1U, std::thread::hardware_concurrency()));
  cores.start();
  began = Steady::now();
  for (const auto& instance : instances) instance->runner->start(cores);
  while (done_count < jobs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  fmt::print("run:    {:.0f}/s by {} instances, {} runs of {} jobs\n", all / seconds_since(began),
             count, done_count.load(), jobs);
  for (const auto& instance : instances) {
    instance->runner->stop(std::chrono::seconds(10));
    instance->runner->close();
    instance->database->close();
  }
  cores.stop_and_join();
  return 0;
}
}  // namespace
}  // namespace ruck::jobs

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: jobs_bench URL [JOBS] [INSTANCES]\n");
    return 2;
  }
  const auto number = [&](int place, std::int64_t usually) {
    return argc > place ? ruck::parse_number<std::int64_t>(argv[place]).value_or(usually) : usually;
  };
  return ruck::jobs::run(argv[1], number(2, ruck::jobs::kJobsUsually),
                         static_cast<std::size_t>(number(3, 1)));
}

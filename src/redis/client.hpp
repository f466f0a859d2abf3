#pragma once
// Questions to Redis, asked on any core by a connection of that core's own.
//
// Each is answered within `ask_time`, or whoever asked goes on without. They have an answer of
// their own for that, so a Redis that is away, hangs or is slow costs one who asks that time, once:
// until what is late has come, all others are told at once that there is nothing to be had.
#include "base/thread_safety.hpp"
#include "redis/address.hpp"
#include "runtime/core.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ruck::redis {

struct Answer {
  bool is_error = false;
  bool is_nothing = false;  // there is no such key
  std::string text;
  std::vector<std::int64_t> numbers;
};

class Client {
 public:
  struct Options {
    std::chrono::milliseconds ask_time = kAskTime;
    std::chrono::milliseconds hung_time = kAskHung;
  };
  Client(Address address, Options options, telemetry::Metrics& metrics);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The cores must run until stop() is back, and nobody ask before or after. Blocks.
  void start(runtime::Cores& cores);
  void stop();

  // These on one of the cores, for that core.
  // False: ask() would have no answer.
  [[nodiscard]] bool is_ready() const;
  // Calls it once, also within ask(); with nothing where Redis gave no answer in time.
  using Asker = std::function<void(std::optional<Answer>)>;
  void ask(const std::vector<std::string>& words, Asker asker);
  [[nodiscard]] task<std::optional<Answer>> ask(std::vector<std::string> words);

 private:
  class Lane;
  struct Count {
    explicit Count(telemetry::Metrics& metrics);
    telemetry::Counter& answered;
    telemetry::Counter& late;
    telemetry::Counter& away;
    telemetry::Gauge& ready;  // cores
  };
  [[nodiscard]] Lane& here() const;
  void note_ready(bool is_ready, std::string_view reason);

  const Address address_;
  const Options options_;
  Count count_;
  runtime::Cores* cores_ = nullptr;           // while it runs
  std::vector<std::shared_ptr<Lane>> lanes_;  // by core

  Mutex log_mutex_;
  std::optional<std::chrono::steady_clock::time_point> logged_at_ RUCK_GUARDED_BY(log_mutex_);
  bool is_loss_logged_ RUCK_GUARDED_BY(log_mutex_) = false;
};

}  // namespace ruck::redis

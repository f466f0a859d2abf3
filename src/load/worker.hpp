#pragma once
// One thread of the generator: its ruckers, its connections, its clockwork. Threads share nothing;
// the run talks to them by call().
//
// Ruckers wait in a heap of wake-up times. What they want to send takes the connection that has
// been idle longest, so that all of them stay in use; where none is idle it waits, and the wait
// counts, because latency is measured from when the call was due.
#include "http/client/async_client.hpp"
#include "load/rucker.hpp"
#include "load/run_clock.hpp"
#include "load/tally.hpp"
#include "runtime/core.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <future>
#include <memory>
#include <queue>
#include <vector>

namespace ruck::load {

class Worker {
 public:
  struct Options {
    http::ServerAddress server;
    std::size_t connections = 1;
    Micros answer_time = 30 * kSecond;  // contract core §0: the app's receive timeout
  };
  Worker(runtime::Core& core, const RunClock& clock, const Options& options);
  ~Worker();

  // Before the core runs.
  void add(std::unique_ptr<Rucker> rucker) { ruckers_.push_back(std::move(rucker)); }
  [[nodiscard]] const std::vector<std::unique_ptr<Rucker>>& ruckers() const { return ruckers_; }

  // Runs `fn` on the worker's thread and waits for it.
  template <class Fn>
  auto call(Fn fn) -> std::invoke_result_t<Fn&> {
    std::packaged_task<std::invoke_result_t<Fn&>()> task(std::move(fn));
    auto done = task.get_future();
    boost::asio::post(core_.io(), std::move(task));
    return done.get();
  }

  // All of these on the worker's thread.
  // Looks at every rucker anew, with at most so many requests under way.
  void begin_part(std::size_t in_flight_max);
  struct Progress {
    std::size_t left = 0;  // ruckers that are not done with the part
    std::size_t failed = 0;
    std::size_t in_flight = 0;
    std::size_t waiting = 0;  // for a connection
    std::size_t open = 0;     // connections
  };
  [[nodiscard]] Progress progress() const;
  [[nodiscard]] std::unique_ptr<Tally> take_tally();
  void shut_down();  // cancels what is under way

 private:
  struct Work {
    std::uint32_t rucker = 0;
    Lane lane = Lane::kUpload;
  };
  struct Wake {
    Micros at = 0;
    std::uint32_t rucker = 0;
    bool operator>(const Wake& other) const { return at > other.at; }
  };
  struct Slot {
    std::unique_ptr<http::AsyncConnection> connection;
    Micros busy_since = kNever;
  };

  task<> run_clockwork();
  void wake_due(Micros now);
  void sweep(Micros now);
  void attend(std::uint32_t rucker, Micros now);
  void schedule(std::uint32_t rucker, Micros now);
  void dispatch();
  task<> serve(std::uint32_t slot, Work work);

  runtime::Core& core_;
  const RunClock& clock_;
  Options options_;
  std::vector<std::unique_ptr<Rucker>> ruckers_;
  std::vector<std::uint8_t> queued_;  // lanes of each rucker that wait for a connection
  std::vector<Micros> wake_at_;       // of each rucker; an entry of the heap that differs is stale
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
  std::vector<char> scratch_;
  std::vector<Slot> slots_;
  std::deque<std::uint32_t> idle_;
  std::deque<Work> waiting_;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_max_ = 0;
  Micros next_sweep_ = 0;
  bool stopping_ = false;
  std::unique_ptr<Tally> tally_;
  runtime::Timer timer_;
  runtime::TaskGroup tasks_;
};

}  // namespace ruck::load

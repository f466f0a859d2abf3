// make torture-cluster SECONDS=300 [SEED=n]
//
// A whole installation (installation.hpp) under phones that record, while one part of it after the
// other is killed, hung, cut off or filled up. For each: how many requests had to be sent again,
// for how long, and how long after the fault was over the last of them was. A follower who loses
// the right in the middle of each fault is shown nothing more, and somebody changes their name all
// the time and must read it back. Ends with what was lost and duplicated of all points and read too
// old, and 0 if that is nothing.
#include "chaos/fleet.hpp"
#include "cluster/follower.hpp"
#include "cluster/installation.hpp"
#include "cluster/own_reader.hpp"
#include "cluster/small_disk.hpp"
#include "durability/batches.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {
using Steady = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kPhones = 12;
constexpr milliseconds kPause(100);  // of each phone; the machine is to have time for faults
constexpr int kShutdownDelayS = 3;
constexpr milliseconds kHealthy(2000);  // without a request that had to be sent again
constexpr seconds kHealthyWithin(90);
constexpr std::int64_t kDiskBytes = std::int64_t{420} << 20;  // of the primary: its log needs most
constexpr std::size_t kRefusalsNamed = 5;

template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::fflush(stdout);
}

// How long after a block something may still come: within a second where servers meet, and 5 s
// where they cannot (docs/operations.md); one more for this machine.
constexpr milliseconds kGrace(2000);
constexpr milliseconds kGraceWithoutBus(6000);

struct Fault {
  const char* name;
  std::function<void()> begin;
  milliseconds lasts;
  std::function<void()> end;
  milliseconds grace = kGrace;
};

// What requests did from the moment it was made.
class Watch {
 public:
  explicit Watch(const Fleet& phones)
      : phones_(phones), before_(phones.counts()), reasons_before_(phones.retried()) {}

  // Looks for so long.
  void look(milliseconds time) {
    const auto until = Steady::now() + time;
    while (Steady::now() < until) look();
  }
  // Until nothing had to be sent again for kHealthy, while something was sent. False: never.
  bool look_until_healthy() {
    const auto until = Steady::now() + kHealthyWithin;
    auto since = Steady::now();
    std::uint64_t again = again_;
    std::uint64_t sent = phones_.counts().requests;
    while (Steady::now() < until) {
      look();
      if (again_ != again) {
        again = again_;
        since = Steady::now();
        sent = phones_.counts().requests;
      }
      if (Steady::now() - since >= kHealthy && phones_.counts().requests > sent + kPhones)
        return true;
    }
    return false;
  }
  [[nodiscard]] std::uint64_t requests() const {
    return phones_.counts().requests - before_.requests;
  }
  // By what they were answered: "503: 4, no answer: 1".
  [[nodiscard]] std::string reasons() const {
    std::string text;
    for (const auto& [status, count] : phones_.retried()) {
      const auto known = reasons_before_.find(status);
      const std::uint64_t more = count - (known == reasons_before_.end() ? 0 : known->second);
      if (more == 0) continue;
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ",
                          status == 0 ? "no answer" : std::to_string(status), more);
    }
    return text.empty() ? "none" : text;
  }
  [[nodiscard]] milliseconds failing() const {
    return again_ == 0 ? milliseconds(0) : duration_cast<milliseconds>(last_ - first_);
  }
  // From a moment to the last request that had to be sent again; 0 if none was.
  [[nodiscard]] milliseconds after(Steady::time_point moment) const {
    return again_ == 0 ? milliseconds(0)
                       : std::max(milliseconds(0), duration_cast<milliseconds>(last_ - moment));
  }

 private:
  void look() {
    std::this_thread::sleep_for(milliseconds(5));
    const std::uint64_t again = phones_.counts().retries - before_.retries;
    if (again == again_) return;
    last_ = Steady::now();
    if (again_ == 0) first_ = last_;
    again_ = again;
  }

  const Fleet& phones_;
  Phone::Counts before_;
  std::map<int, std::uint64_t> reasons_before_;
  std::uint64_t again_ = 0;
  Steady::time_point first_;
  Steady::time_point last_;
};

class Torture {
 public:
  Torture(std::uint64_t seed, milliseconds time)
      : end_(Steady::now() + time),
        random_(seed),
        all_(kShutdownDelayS, disk_.is_there() ? disk_.path() : ""),
        phones_(
            {.direct_url = all_.url(), .phones = kPhones, .seed = random_.next(), .pause = kPause}),
        own_reader_(std::in_place, all_.url()) {}

  int run() {
    say("| what fails | requests | sent again | for | after it was over | shown without the right "
        "|");
    say("| --- | ---: | ---: | ---: | ---: | ---: |");
    do {
      for (const Fault& fault : faults()) suffer(fault);
    } while (Steady::now() < end_);
    suffer({.name = "the primary is killed, a standby promoted",
            .begin = [this] { all_.primary().stop(); },
            .lasts = seconds(2),
            .end = [this] { all_.promote(); }});
    return verdict();
  }

 private:
  std::vector<Fault> faults() {
    const std::size_t one = random_.below(kInstances);
    const std::size_t standby = random_.below(2);
    std::vector<Fault> list = {
        {.name = "a server is killed",
         .begin = [this, one] { all_.server(one).kill(); },
         .lasts = seconds(3),
         .end = [this, one] { all_.server(one).start(); }},
        {.name = "all servers are restarted, one by one",
         .begin = [this] { restart_all(); },
         .lasts = milliseconds(0),
         .end = [] {}},
        {.name = "Redis is killed",
         .begin = [this] { all_.redis().kill(); },
         .lasts = seconds(8),
         .end = [this] { all_.redis().start(); },
         .grace = kGraceWithoutBus},
        {.name = "Redis hangs",
         .begin = [this] { all_.redis().hang(); },
         .lasts = seconds(8),
         .end = [this] { all_.redis().go_on(); },
         .grace = kGraceWithoutBus},
        {.name = "the bus is cut",
         .begin =
             [this] {
               static_cast<void>(
                   all_.redis().say("CLIENT KILL TYPE pubsub\r\nCLIENT KILL TYPE normal\r\n"));
             },
         .lasts = seconds(2),
         .end = [] {},
         .grace = kGraceWithoutBus},
        {.name = "a standby is stopped",
         .begin = [this, standby] { all_.standby(standby).stop(); },
         .lasts = seconds(4),
         .end = [this, standby] { all_.standby(standby).start(); }},
        {.name = "a standby lags by 10 s",
         .begin = [this, standby] { all_.standby(standby).pause_replay(true); },
         .lasts = seconds(10),
         .end = [this, standby] { all_.standby(standby).pause_replay(false); }},
        {.name = "a standby hangs",
         .begin = [this, standby] { all_.standby(standby).hang(true); },
         .lasts = seconds(5),
         .end = [this, standby] { all_.standby(standby).hang(false); }},
    };
    if (disk_.is_there()) {
      list.push_back({.name = "the primary's disk is full",
                      .begin = [this] { disk_.fill(); },
                      .lasts = seconds(5),
                      .end = [this] { empty_disk(); }});
    }
    return list;
  }
  void restart_all() {
    for (std::size_t i = 0; i < kInstances; ++i) {
      if (const int code = all_.server(i).stop(); code != 0) {
        say("server {} ended with {}", i + 1, code);
        is_clean_ = false;
      }
      all_.server(i).start();
    }
  }
  // A PostgreSQL that could not write its log has ended, and cannot start before there is room.
  void empty_disk() {
    disk_.empty();
    all_.primary().start_if_it_ended();
  }

  void suffer(const Fault& fault) {
    Follower follower(all_.url(), ++followers_);
    Watch watch(phones_);
    std::atomic<bool> is_over{false};
    // Processes are started by this thread, and would end with another.
    std::jthread watching([&] {
      while (!is_over) watch.look(milliseconds(20));
    });
    std::jthread losing([&] { follower.lose_the_right(); });
    fault.begin();
    std::this_thread::sleep_for(fault.lasts);
    const auto over = Steady::now();
    fault.end();
    is_over = true;
    watching.join();
    losing.join();
    const bool is_healthy = watch.look_until_healthy();
    const int shown = follower.shown_since(fault.grace);
    is_clean_ = is_clean_ && is_healthy && shown == 0;
    say("| {} | {} | {} | {} ms | {} | {} |", fault.name, watch.requests(), watch.reasons(),
        watch.failing().count(),
        is_healthy ? fmt::format("{} ms", watch.after(over).count()) : "it did not recover", shown);
  }

  int verdict() {
    phones_.stop();
    const std::uint64_t reads = own_reader_->read();
    const std::uint64_t stale = own_reader_->stale();
    own_reader_.reset();
    const std::vector<std::string> refusals = phones_.refusals();
    for (std::size_t i = 0; i < std::min(refusals.size(), kRefusalsNamed); ++i)
      say("{}", refusals[i]);
    const Verdict all = phones_.compare(all_.database_url());
    for (const std::string& problem : all.problems) say("{}", problem);
    say("\n{} points and samples sent, {} acknowledged, {} stored in {} rucks", all.sent,
        all.acknowledged, all.stored, all.rucks);
    say("{} lost, {} duplicated, {} never sent, {} totals wrong, {} refused", all.lost,
        all.duplicated, all.invented, all.miscounted, refusals.size());
    say("{} reads of one's own last change, {} showed an older one", reads, stale);
    const bool is_read = reads > 0 && stale == 0;
    return is_clean_ && is_read && all.is_clean() && refusals.empty() ? 0 : 1;
  }

  Steady::time_point end_;
  rucking::SeededRandom random_;
  SmallDisk disk_{kDiskBytes};
  Installation all_;
  Fleet phones_;
  std::optional<OwnReader> own_reader_;
  int followers_ = 0;
  bool is_clean_ = true;
};

int run(std::string_view argument) {
  int time_s = 0;
  std::from_chars(argument.data(), argument.data() + argument.size(), time_s);
  const std::uint64_t seed = seed_of_run();
  say("seed {}\n", seed);
  Torture torture(seed, seconds(time_s));
  return torture.run();
}

}  // namespace
}  // namespace ruck::test

int main(int count, char** arguments) {
  ruck::telemetry::set_log_descriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  try {
    return ruck::test::run(count > 1 ? arguments[1] : "300");
  } catch (const std::exception& failure) {
    fmt::print(stderr, "torture-cluster: {}\n", failure.what());
    return 1;
  }
}

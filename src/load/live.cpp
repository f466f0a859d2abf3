#include "load/live.hpp"

#include "base/clock.hpp"
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"
#include "load/process_watch.hpp"
#include "load/viewer.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <thread>

namespace ruck::load {
namespace {
using Steady = std::chrono::steady_clock;
constexpr std::size_t kSocketsPerUser = 10;  // the server's bound
constexpr std::size_t kPointsPerBatch = 5;
constexpr std::size_t kConnectingMax = 200;       // at a time
constexpr std::int64_t kHeadStartMs = 1'800'000;  // the walk so far
constexpr double kHeadStartM = 1'600;             // beyond every circle around a start
constexpr double kMetresPerS = 1.2;               // ruckers walk north
constexpr double kStartLat = 10;
constexpr double kDegreesPerMetre = 1 / 111'195.0;
constexpr double kDegreesBetweenRuckers = 0.02;
constexpr auto kSettleTime = std::chrono::seconds(2);
constexpr auto kConnectTime = std::chrono::seconds(120);
constexpr std::size_t kScratchBytes = 256 * 1024;

Micros micros_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now().time_since_epoch())
      .count();
}

double own_cpu_s() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

// One batch on its way to the viewers.
struct Update {
  std::atomic<Micros> sent_at{0};
  std::atomic<std::uint32_t> receipts{0};
};

struct LiveRucker {
  std::string token;
  std::string ruck;
  std::size_t number = 0;
  std::int64_t begin_ms = 0;  // of the walk
  std::vector<Update> updates;
};

// The length of a batch.
double batch_m(std::int64_t step_ms) {
  return kMetresPerS * static_cast<double>(kPointsPerBatch) * static_cast<double>(step_ms) / 1000;
}

std::string points_json(const LiveRucker& rucker, double from_m, std::int64_t from_ms,
                        std::size_t count, std::int64_t step_ms) {
  std::string out = "{\"points\":[";
  for (std::size_t i = 0; i < count; ++i) {
    const auto steps = static_cast<double>(i);
    const double lat =
        kStartLat +
        (from_m + steps * kMetresPerS * static_cast<double>(step_ms) / 1000) * kDegreesPerMetre;
    const double lng = kDegreesBetweenRuckers * static_cast<double>(rucker.number % 8000);
    out += fmt::format("{}{{\"lat\":{:.7f},\"lng\":{:.7f},\"timestamp\":{}", i > 0 ? "," : "", lat,
                       lng, from_ms + static_cast<std::int64_t>(i) * step_ms);
    out += ",\"accuracy\":5}";
  }
  return out + "]}";
}

std::string post_request(const LoadSettings& settings, const LiveRucker& rucker,
                         std::string_view path, std::string_view body) {
  return fmt::format(
      "POST {}/api/rucks/{}{} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type:"
      " application/json\r\nContent-Length: {}\r\n\r\n{}",
      settings.url.path, rucker.ruck, path, settings.url.authority(), rucker.token, body.size(),
      body);
}

// A thread with its share of viewers and ruckers.
struct Lane {
  std::vector<std::shared_ptr<Viewer>> viewers;
  std::vector<char> scratch = std::vector<char>(kScratchBytes);
  std::vector<char> http_scratch = std::vector<char>(kScratchBytes);
  Histogram receipt;
  Histogram last_receipt;
  Histogram recording;
  std::uint64_t receipts = 0;
  std::uint64_t errors = 0;
};

class LiveRun {
 public:
  LiveRun(const LoadSettings& settings, const LiveSettings& live, const OnMoment& on_moment,
          const std::atomic<bool>& stop)
      : settings_(settings),
        live_(live),
        on_moment_(on_moment),
        stop_(stop),
        cores_(settings.threads),
        tasks_("ruckers", [](std::string_view, const std::exception_ptr&) {}) {
    for (std::size_t i = 0; i < settings.threads; ++i) lanes_.push_back(std::make_unique<Lane>());
    cores_.start();
  }
  ~LiveRun() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      on_core(i, [this, i] {
        for (const auto& viewer : lanes_[i]->viewers) viewer->close();
      });
    }
    tasks_.join();
    cores_.stop_and_join();
  }
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  Result<std::unique_ptr<LiveReport>> run() {
    const auto server = http::resolve(settings_.url);
    if (!server) return fail(server.error());
    server_ = *server;
    const auto viewed = live_.url ? http::resolve(*live_.url) : server;
    if (!viewed) return fail(viewed.error());
    viewed_ = *viewed;
    pid_ = settings_.server_pid;
    if (!pid_) pid_ = listener_on(server_.port());
    if (Result<> ready = prepare(); !ready) return fail(ready.error());
    if (Result<> connected = connect(); !connected) return fail(connected.error());
    if (live_.idle == 0) measure();
    judge();
    return std::move(report_);
  }

 private:
  template <class Fn>
  void on_core(std::size_t core, Fn fn) {
    std::promise<void> done;
    boost::asio::post(cores_.at(core).io(), [&] {
      fn();
      done.set_value();
    });
    done.get_future().wait();
  }

  [[nodiscard]] std::size_t updates_each() const {
    return static_cast<std::size_t>(settings_.duration / live_.update_every);
  }
  [[nodiscard]] std::size_t sockets() const {
    return live_.idle > 0 ? live_.idle : settings_.users * live_.viewers;
  }
  [[nodiscard]] std::size_t watchers() const {
    return (sockets() + kSocketsPerUser - 1) / kSocketsPerUser;
  }

  Result<> prepare() {
    auto accounts = read_accounts(settings_.accounts_path);
    if (!accounts) return fail(accounts.error());
    const std::size_t ruckers = live_.idle > 0 ? 0 : settings_.users;
    const std::size_t needed = ruckers + watchers();
    if (accounts->size() < needed) {
      auto more = register_accounts(settings_.url, needed - accounts->size(), [&](std::size_t n) {
        on_moment_({.part = "making accounts",
                    .done = static_cast<double>(n) / static_cast<double>(needed),
                    .text = {}});
      });
      if (!more) return fail(more.error());
      accounts->insert(accounts->end(), more->begin(), more->end());
      if (Result<> kept = write_accounts(settings_.accounts_path, *accounts); !kept) return kept;
    }
    accounts_ = std::move(*accounts);
    for (std::size_t i = 0; i < ruckers; ++i) {
      if (Result<> begun = begin_ruck(i); !begun) return begun;
      on_moment_({.part = "beginning rucks",
                  .done = static_cast<double>(i + 1) / static_cast<double>(ruckers),
                  .text = {}});
    }
    return ruckers > 0 ? follow() : Result<>();
  }

  Result<> begin_ruck(std::size_t number) {
    auto rucker = std::make_unique<LiveRucker>();
    rucker->token = accounts_[number].token;
    rucker->number = number;
    rucker->updates = std::vector<Update>(updates_each());
    http::Client client(settings_.url);
    client.set_token(rucker->token);
    const auto chosen =
        client.send(http::Method::kPut, "/api/users/profile", R"({"live_audience":"followers"})");
    if (!chosen) return fail(chosen.error());
    const auto post = [&](const std::string& path, const std::string& body) {
      return client.send(http::Method::kPost, path, body);
    };
    auto made = post("/api/rucks", R"({"ruck_weight_kg":15})");
    if (made && made->status != 201) {  // one of a run before is active still
      const std::string old = std::to_string(json::Tree::parse(made->body)["id"].integer());
      const auto ended = post("/api/rucks/" + old + "/complete", "{}");
      if (!ended) return fail(ended.error());
      made = post("/api/rucks", R"({"ruck_weight_kg":15})");
    }
    if (!made) return fail(made.error());
    const json::Tree created = json::Tree::parse(made->body);
    rucker->ruck = std::to_string(created["id"].integer());
    const std::int64_t now_ms = to_ms(SystemClock().now()).time_since_epoch().count();
    rucker->begin_ms = now_ms - kHeadStartMs;
    const auto started = post("/api/rucks/" + rucker->ruck + "/start", "{}");
    const std::size_t walked = 50;
    const std::int64_t step_ms = kHeadStartMs / static_cast<std::int64_t>(walked + 1);
    const auto stored = post("/api/rucks/" + rucker->ruck + "/location",
                             points_json(*rucker, 0, rucker->begin_ms, walked, step_ms));
    if (!started || !stored || stored->status != 201) {
      return fail(ErrorCode::kUnavailable, "a ruck could not be begun: " +
                                               (stored ? stored->body : std::string("no answer")));
    }
    ruckers_.push_back(std::move(rucker));
    return {};
  }

  // Each watcher follows those whom its sockets will watch.
  Result<> follow() {
    for (std::size_t socket = 0; socket < sockets(); ++socket) {
      const std::size_t rucker = socket / live_.viewers;
      const bool is_new =
          socket == 0 || rucker != (socket - 1) / live_.viewers || socket % kSocketsPerUser == 0;
      if (!is_new) continue;
      http::Client client(settings_.url);
      client.set_token(watcher_of(socket).token);
      const auto followed = client.send(
          http::Method::kPost, "/api/users/" + accounts_[rucker].user_id + "/follow", "{}");
      if (!followed) return fail(followed.error());
      if (socket % 500 == 0) {
        on_moment_({.part = "following",
                    .done = static_cast<double>(socket) / static_cast<double>(sockets()),
                    .text = {}});
      }
    }
    return {};
  }
  [[nodiscard]] const LoadAccount& watcher_of(std::size_t socket) const {
    return accounts_[ruckers_.size() + socket / kSocketsPerUser];
  }

  Result<> connect() {
    const auto before = pid_ ? use_of(*pid_) : std::nullopt;
    const auto began = Steady::now();
    std::size_t started = 0;
    while (ready_.load() < sockets()) {
      if (stop_.load() || Steady::now() - began > kConnectTime || closed_.load() > 0) {
        return fail(ErrorCode::kUnavailable,
                    fmt::format("{} of {} sockets are ready, {} were closed", ready_.load(),
                                sockets(), closed_.load()));
      }
      for (; started < sockets() && started < ready_.load() + kConnectingMax; ++started) {
        connect_one(started);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    report_->connect_s = std::chrono::duration<double>(Steady::now() - began).count();
    std::this_thread::sleep_for(kSettleTime);
    report_->sockets = sockets();
    report_->ruckers = ruckers_.size();
    const auto after = pid_ ? use_of(*pid_) : std::nullopt;
    if (before && after) {
      report_->server_bytes_per_socket =
          static_cast<double>(after->resident_bytes - before->resident_bytes) /
          static_cast<double>(sockets());
    }
    return {};
  }

  void connect_one(std::size_t socket) {
    const std::size_t core = socket % lanes_.size();
    std::vector<std::string> hello = {
        "{\"type\":\"auth\",\"token\":" + json::to_text(watcher_of(socket).token) + "}"};
    LiveRucker* rucker = nullptr;
    if (!ruckers_.empty()) {
      rucker = ruckers_[socket / live_.viewers].get();
      hello.push_back("{\"type\":\"subscribe\",\"topic\":\"ruck:" + rucker->ruck + "\"}");
    }
    boost::asio::post(cores_.at(core).io(), [this, core, rucker, hello = std::move(hello)] {
      Lane& lane = *lanes_[core];
      const auto viewer = std::make_shared<Viewer>(
          cores_.at(core), lane.scratch,
          [this, &lane, rucker](std::string_view type, std::optional<double> lat_deg) {
            const bool is_ready = rucker == nullptr ? type == "ready" : type == "snapshot";
            if (is_ready) ready_.fetch_add(1);
            if (type == "update" && lat_deg) take(lane, *rucker, *lat_deg);
          },
          [this] { closed_.fetch_add(1); });
      lane.viewers.push_back(viewer);
      const http::Url& url = live_.url ? *live_.url : settings_.url;
      viewer->connect(viewed_, url.authority(), hello);
    });
  }

  // Which batch it was, by where its last point is: frames do not say how many points there are.
  void take(Lane& lane, LiveRucker& rucker, double lat_deg) const {
    const double walked_m = (lat_deg - kStartLat) / kDegreesPerMetre - kHeadStartM;
    if (walked_m < 0) return;
    const auto index = static_cast<std::size_t>(walked_m / batch_m(step_ms()));
    if (index >= rucker.updates.size()) return;
    Update& update = rucker.updates[index];
    const Micros took = micros_now() - update.sent_at.load();
    lane.receipt.record(took);
    ++lane.receipts;
    if (update.receipts.fetch_add(1) + 1 == live_.viewers) lane.last_receipt.record(took);
  }

  void measure() {
    const double cpu_before = own_cpu_s();
    const auto server_before = pid_ ? use_of(*pid_) : std::nullopt;
    const auto began = Steady::now();
    for (std::size_t i = 0; i < ruckers_.size(); ++i) {
      const std::size_t core = i % lanes_.size();
      tasks_.spawn(cores_.at(core), walk(core, *ruckers_[i]));
    }
    while (tasks_.running() > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
      const double s = std::chrono::duration<double>(Steady::now() - began).count();
      on_moment_({.part = "running",
                  .done = std::min(1.0, s * 1e6 / static_cast<double>(settings_.duration)),
                  .text = {}});
      if (const auto use = pid_ ? use_of(*pid_) : std::nullopt) {
        report_->server_bytes_max = std::max(report_->server_bytes_max, use->resident_bytes);
      }
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - began).count();
    const auto server_after = pid_ ? use_of(*pid_) : std::nullopt;
    if (server_before && server_after) {
      report_->server_cores = (server_after->cpu_s - server_before->cpu_s) / seconds;
    }
    report_->generator_cores = (own_cpu_s() - cpu_before) / seconds;
    std::this_thread::sleep_for(kSettleTime);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      on_core(i, [this, i] {
        report_->receipt.add(lanes_[i]->receipt);
        report_->last_receipt.add(lanes_[i]->last_receipt);
        report_->recording.add(lanes_[i]->recording);
        report_->receipts += lanes_[i]->receipts;
        report_->errors += lanes_[i]->errors;
      });
    }
  }

  // Between two points.
  [[nodiscard]] std::int64_t step_ms() const {
    return live_.update_every / 1000 / static_cast<std::int64_t>(kPointsPerBatch);
  }
  // Sends its batches at its times, each once.
  task<> walk(std::size_t core, LiveRucker& rucker) {
    Lane& lane = *lanes_[core];
    http::AsyncConnection connection(cores_.at(core).io(), server_, lane.http_scratch);
    const double share = static_cast<double>(rucker.number) / static_cast<double>(ruckers_.size());
    const Micros first =
        micros_now() + static_cast<Micros>(share * static_cast<double>(live_.update_every));
    for (std::size_t k = 0; k < rucker.updates.size() && !stop_.load(); ++k) {
      const Micros due = first + static_cast<Micros>(k) * live_.update_every;
      const Micros wait = due - micros_now();
      if (wait > 0) co_await runtime::sleep_for(std::chrono::milliseconds(wait / 1000));
      const std::string body =
          points_json(rucker, kHeadStartM + batch_m(step_ms()) * static_cast<double>(k),
                      rucker.begin_ms + kHeadStartMs +
                          static_cast<std::int64_t>(k * kPointsPerBatch) * step_ms(),
                      kPointsPerBatch, step_ms());
      std::string request = post_request(settings_, rucker, "/location", body);
      const Micros sent = micros_now();
      rucker.updates[k].sent_at = sent;
      sent_.fetch_add(1);
      const auto answer = co_await connection.exchange(std::move(request));
      lane.recording.record(micros_now() - sent);
      if (!answer || answer->status != 201) ++lane.errors;
    }
  }

  void judge() {
    report_->updates = sent_.load();
    report_->closed = closed_.load();
    const std::uint64_t expected = report_->updates * live_.viewers;
    report_->missing = expected > report_->receipts ? expected - report_->receipts : 0;
    if (report_->errors > 0) {
      report_->problems.push_back(fmt::format("{} batches were not stored", report_->errors));
    }
    if (report_->closed > 0) {
      report_->problems.push_back(fmt::format("{} sockets were closed", report_->closed));
    }
  }

  const LoadSettings& settings_;
  const LiveSettings& live_;
  const OnMoment& on_moment_;
  const std::atomic<bool>& stop_;
  runtime::Cores cores_;
  runtime::TaskGroup tasks_;
  http::ServerAddress server_;
  http::ServerAddress viewed_;  // the viewers' server
  std::optional<int> pid_;
  std::vector<LoadAccount> accounts_;
  std::vector<std::unique_ptr<LiveRucker>> ruckers_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> ready_{0};
  std::atomic<std::size_t> closed_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::unique_ptr<LiveReport> report_ = std::make_unique<LiveReport>();
};

std::string milliseconds(const Histogram& h) {
  const auto ms = [](Micros us) { return static_cast<double>(us) / 1000; };
  return fmt::format("{:>9.1f} {:>9.1f} {:>9.1f}", ms(h.quantile(0.5)), ms(h.quantile(0.99)),
                     ms(h.max()));
}
}  // namespace

Result<std::unique_ptr<LiveReport>> run_live(const LoadSettings& settings, const LiveSettings& live,
                                             const OnMoment& on_moment,
                                             const std::atomic<bool>& stop) {
  return LiveRun(settings, live, on_moment, stop).run();
}

std::string to_table(const LiveReport& r) {
  std::string out = fmt::format(
      "\n{} ruckers, {} sockets (ready in {:.1f} s), {:.0f} bytes a socket in the server\n",
      r.ruckers, r.sockets, r.connect_s, r.server_bytes_per_socket);
  if (r.updates > 0) {
    out += fmt::format("\n  {:<28}{:>9} {:>9} {:>9}\n", "milliseconds", "p50", "p99", "max");
    out += fmt::format("  {:<28}{}\n", "recording", milliseconds(r.recording));
    out += fmt::format("  {:<28}{}\n", "sent to received", milliseconds(r.receipt));
    out += fmt::format("  {:<28}{}\n", "sent to the last receipt", milliseconds(r.last_receipt));
    out += fmt::format("\n  {} updates, {} receipts, {} replaced by newer ones\n", r.updates,
                       r.receipts, r.missing);
    out += fmt::format("  server {:.2f} cores, {} MiB at most; generator {:.2f} cores\n",
                       r.server_cores.value_or(0), r.server_bytes_max >> 20, r.generator_cores);
  }
  for (const std::string& problem : r.problems) out += "  PROBLEM: " + problem + "\n";
  return out;
}

std::string to_json(const LiveReport& r) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  const auto number = [&](std::string_view name, double value) {
    w.key(name);
    w.number(value);
  };
  number("ruckers", static_cast<double>(r.ruckers));
  number("sockets", static_cast<double>(r.sockets));
  number("connect_s", r.connect_s);
  number("server_bytes_per_socket", r.server_bytes_per_socket);
  number("server_bytes_max", static_cast<double>(r.server_bytes_max));
  number("server_cores", r.server_cores.value_or(0));
  number("generator_cores", r.generator_cores);
  number("updates", static_cast<double>(r.updates));
  number("receipts", static_cast<double>(r.receipts));
  number("replaced", static_cast<double>(r.missing));
  number("closed", static_cast<double>(r.closed));
  number("errors", static_cast<double>(r.errors));
  for (const auto& [name, histogram] :
       {std::pair("recording", &r.recording), std::pair("receipt", &r.receipt),
        std::pair("last_receipt", &r.last_receipt)}) {
    w.key(name);
    w.begin_object();
    number("p50_ms", static_cast<double>(histogram->quantile(0.5)) / 1000);
    number("p99_ms", static_cast<double>(histogram->quantile(0.99)) / 1000);
    number("max_ms", static_cast<double>(histogram->max()) / 1000);
    w.end_object();
  }
  w.end_object();
  return out + "\n";
}

}  // namespace ruck::load

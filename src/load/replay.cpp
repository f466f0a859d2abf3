#include "load/replay.hpp"

#include "base/clock.hpp"
#include "rucking/track_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

namespace ruck::load {
namespace {
using Steady = std::chrono::steady_clock;

void shift(gpx::Recording& recording, std::int64_t by_ms) {
  for (auto& point : recording.points) point.time_ms += by_ms;
  for (auto& sample : recording.heart_rate) sample.time_ms += by_ms;
  for (auto& pause : recording.pauses) {
    pause.from_ms += by_ms;
    pause.to_ms += by_ms;
  }
}

class Run {
 public:
  Run(Phone& phone, const gpx::Recording& recording, const ReplayOptions& options,
      const Progress& progress)
      : phone_(phone), recording_(recording), options_(options), progress_(progress) {}

  Result<> send_all() {
    const auto& points = recording_.points;
    std::size_t from = 0;
    while (from < points.size()) {
      const std::size_t to = end_of_batch(from);
      wait_until(points[to - 1].time_ms);
      if (Result<> sent = phone_.send_points(std::span(points).subspan(from, to - from)); !sent)
        return sent;
      if (Result<> sent = send_heart_rate_until(points[to - 1].time_ms, false); !sent) return sent;
      if (Result<> sent = send_pause_after(points[to - 1].time_ms); !sent) return sent;
      from = to;
      listen();
      progress_(static_cast<double>(from) / static_cast<double>(points.size()));
    }
    return send_heart_rate_until(points.back().time_ms, true);
  }

 private:
  // Once a second: an answer that does not come is asked for again.
  void listen() {
    if (options_.speedup <= 0 || Steady::now() < next_listen_) return;
    next_listen_ = Steady::now() + std::chrono::seconds(1);
    const Result<json::Tree> cheers = phone_.cheers();
    if (!cheers) return;
    const auto& all = (*cheers)["messages"].items();
    for (auto cheer = all.rbegin(); cheer != all.rend(); ++cheer) {  // the newest is the first
      if (heard_.insert((*cheer)["id"].text()).second) options_.on_cheer(*cheer);
    }
  }
  // At most what a phone sends at once, and never across a pause.
  [[nodiscard]] std::size_t end_of_batch(std::size_t from) const {
    const auto& points = recording_.points;
    std::size_t to = std::min(points.size(), from + batch_points());
    if (next_pause_ >= recording_.pauses.size()) return to;
    const std::int64_t pause_ms = recording_.pauses[next_pause_].from_ms;
    while (to > from + 1 && points[to - 1].time_ms > pause_ms) --to;
    return to;
  }
  // In real time a phone uploads every 30 s of its own clock.
  [[nodiscard]] std::size_t batch_points() const {
    if (options_.speedup <= 0 || recording_.points.size() < 2) return kPhoneBatchPoints;
    const double span_s =
        static_cast<double>(recording_.points.back().time_ms - recording_.points.front().time_ms) /
        1000;
    const double per_upload =
        30.0 * static_cast<double>(recording_.points.size()) / std::max(1.0, span_s);
    const double every_second =
        per_upload / 30.0 * options_.speedup;  // so that watchers see it move
    return std::clamp<std::size_t>(
        static_cast<std::size_t>(std::llround(std::min(per_upload, std::max(1.0, every_second)))),
        1, kPhoneBatchPoints);
  }
  void wait_until(std::int64_t time_ms) const {
    if (options_.speedup <= 0) return;
    const double since_start_ms = static_cast<double>(time_ms - recording_.points.front().time_ms);
    std::this_thread::sleep_until(
        started_ + std::chrono::milliseconds(std::llround(since_start_ms / options_.speedup)));
  }
  Result<> send_heart_rate_until(std::int64_t time_ms, bool all) {
    const auto& samples = recording_.heart_rate;
    std::size_t to = heart_rate_sent_;
    while (to < samples.size() && samples[to].time_ms <= time_ms) ++to;
    while (to - heart_rate_sent_ >= kPhoneChunkSamples || (all && to > heart_rate_sent_)) {
      const std::size_t count = std::min(to - heart_rate_sent_, kPhoneChunkSamples);
      Result<> sent = phone_.send_heart_rate(std::span(samples).subspan(heart_rate_sent_, count));
      if (!sent) return sent;
      heart_rate_sent_ += count;
    }
    return {};
  }
  Result<> send_pause_after(std::int64_t time_ms) {
    if (next_pause_ >= recording_.pauses.size()) return {};
    const gpx::Pause& pause = recording_.pauses[next_pause_];
    if (time_ms < pause.from_ms) return {};
    next_pause_ += 1;
    if (Result<> paused = phone_.pause(utc_ms(pause.from_ms)); !paused) return paused;
    wait_until(pause.to_ms);
    return phone_.resume(utc_ms(pause.to_ms));
  }

  Phone& phone_;
  const gpx::Recording& recording_;
  const ReplayOptions& options_;
  const Progress& progress_;
  Steady::time_point started_ = Steady::now();
  std::size_t heart_rate_sent_ = 0;
  std::size_t next_pause_ = 0;
  Steady::time_point next_listen_ = Steady::now();
  std::set<std::string> heard_;
};

// What the app would have computed on the way.
Phone::Claims claims_of(const gpx::Recording& recording, double load_kg) {
  rucking::TrackEngine engine({.load_kg = load_kg, .altitude_source = recording.altitude_source});
  auto pause = recording.pauses.begin();
  for (const rucking::TrackPoint& point : recording.points) {
    for (; pause != recording.pauses.end() && pause->from_ms < point.time_ms; ++pause) {
      static_cast<void>(engine.pause(pause->from_ms));
      static_cast<void>(engine.resume(pause->to_ms));
    }
    static_cast<void>(engine.feed(point));
  }
  const rucking::Totals totals = engine.totals();
  return {.distance_m = totals.distance_m,
          .duration_s = totals.active_s(),
          .paused_s = totals.paused_s,
          .started_at = utc_ms(recording.points.front().time_ms),
          .completed_at = utc_ms(recording.points.back().time_ms)};
}

std::string clock_text(std::int64_t seconds) {
  if (seconds >= 86'400) {
    return fmt::format("{} d {}:{:02}:{:02}", seconds / 86'400, seconds / 3600 % 24,
                       seconds / 60 % 60, seconds % 60);
  }
  if (seconds >= 3600)
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}
}  // namespace

Result<json::Tree> replay(Phone& phone, gpx::Recording recording, const ReplayOptions& options,
                          const Progress& progress) {
  if (!recording.has_times) {
    return fail(ErrorCode::kInvalidInput,
                "the points of this file have no times, so it cannot be replayed");
  }
  if (options.ends_now) {
    const std::int64_t span_ms = recording.points.back().time_ms - recording.points.front().time_ms;
    const double run_ms = options.speedup > 0 ? static_cast<double>(span_ms) / options.speedup : 0;
    const std::int64_t now_ms = to_ms(SystemClock().now()).time_since_epoch().count();
    shift(recording, now_ms + std::llround(run_ms) - recording.points.back().time_ms);
  }
  const Result<> begun = phone.begin(options.load_kg, utc_ms(recording.points.front().time_ms));
  if (!begun) return fail(begun.error());
  const Result<> sent = Run(phone, recording, options, progress).send_all();
  if (!sent) return fail(sent.error());
  const Result<json::Tree> completed = phone.complete(claims_of(recording, options.load_kg));
  if (!completed) return fail(completed.error());
  Result<json::Tree> ruck = phone.fetch();
  if (ruck && (*ruck)["status"].text() != "completed") {
    return fail(ErrorCode::kInvalidState,
                "the server says the ruck is " + (*ruck)["status"].text());
  }
  return ruck;
}

std::string summary(const json::Tree& ruck, const std::string& title) {
  const double km = ruck["distance_km"].number();
  const std::int64_t paused = ruck["paused_duration_seconds"].integer();
  std::string out = fmt::format("\n{}\n\n", title);
  const auto row = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  {:<12}{:>16}\n", name, value);
  };
  row("distance", fmt::format("{:.2f} km", km));
  row("elapsed", clock_text(ruck["duration_seconds"].integer() + paused));
  row("moving", clock_text(ruck["moving_seconds"].integer()));
  if (paused > 0) row("paused", clock_text(paused));
  row("pace", clock_text(std::llround(ruck["average_pace"].number())) + " /km");
  row("climb", fmt::format("+{:.0f} m −{:.0f} m", ruck["elevation_gain_m"].number(),
                           ruck["elevation_loss_m"].number()));
  row("load", fmt::format("{:g} kg", ruck["ruck_weight_kg"].number()));
  row("energy", fmt::format("{} kcal", ruck["calories_burned"].integer()));
  if (ruck.has("avg_heart_rate")) {
    row("heart rate",
        fmt::format("{} ({}–{})", ruck["avg_heart_rate"].integer(),
                    ruck["min_heart_rate"].integer(), ruck["max_heart_rate"].integer()));
  }
  out += "\n  split      time     climb    energy\n";
  for (const json::Tree& split : ruck["splits"].items()) {
    const double length = split["split_distance"].number();
    out +=
        fmt::format("  {:>5}  {:>8}  {:>6.0f} m  {:>6} kcal{}\n", split["split_number"].integer(),
                    clock_text(split["split_duration_seconds"].integer()),
                    split["elevation_gain_m"].number(), split["calories_burned"].integer(),
                    length < 0.999 ? fmt::format("  ({:.2f})", length) : "");
  }
  return out;
}

}  // namespace ruck::load

#include "load/rucker.hpp"

#include "base/time.hpp"
#include "http/json/element.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::load {
namespace {
constexpr std::size_t kChunkBeats = 100;       // contract core §3.6
constexpr Micros kBeatsEvery = 120 * kSecond;  // likewise
constexpr Micros kBackoffMax = 30 * kSecond;   // contract core §1.2
constexpr Micros kReadSpacing = kSecond / 20;  // between the calls of one screen
constexpr std::uint32_t kListEvery = 5;        // screens: the app keeps the list for 5 minutes
constexpr Micros kFloodDepth = 24 * 3600 * kSecond;  // how old the points of a closed loop are
constexpr double kWalkMaxM = 1e7;                    // longer than any run

// Cities, so that tracks do not lie upon each other.
constexpr double kSouthDeg = 44;
constexpr double kNorthDeg = 54;
constexpr double kWestDeg = 0;
constexpr double kEastDeg = 20;
}  // namespace

Rucker::Rucker(const Behaviour& behaviour, std::string token, std::uint64_t seed)
    : behaviour_(behaviour), token_(std::move(token)), seed_(seed), random_(seed) {}

std::int64_t Rucker::wall_ms(Micros at) const {
  return plan_.begin_wall_ms + (at - plan_.begin) / 1000;
}

void Rucker::set_up() {
  step_ = Step::kCreate;
  lanes_ = {};
}

void Rucker::complete() {
  if (step_ == Step::kFailed) return;
  step_ = Step::kComplete;
  lanes_ = {};
}

rucking::SimulationSettings Rucker::simulation() const {
  rucking::SeededRandom place(seed_ + 1);
  return {.start = {.lat_deg = place.uniform(kSouthDeg, kNorthDeg),
                    .lng_deg = place.uniform(kWestDeg, kEastDeg)},
          .start_ms = start_ms_,
          .length_m = kWalkMaxM,
          .duration_s = kWalkMaxM,
          .speed_m_per_s = place.uniform(1.1, 1.7),
          .sampling = behaviour_.sampling,
          .heart_rate_every_s = behaviour_.heart_rate ? 1.0 : 0.0};
}

void Rucker::walk(const WalkPlan& plan) {
  if (step_ == Step::kFailed) return;
  step_ = Step::kWalk;
  lanes_ = {};
  plan_ = plan;
  if (behaviour_.closed_loop) {
    plan_.back_at = plan.begin;
    plan_.offline_before = kFloodDepth;
  }
  const auto every = static_cast<double>(behaviour_.batch_every);
  const Micros first_due = plan.begin + static_cast<Micros>(random_.uniform(0, every));
  beats_sent_at_ = plan.begin - static_cast<Micros>(random_.uniform(20, 120) * kSecond);
  if (behaviour_.read_every > 0) {
    next_read_ = plan.begin + static_cast<Micros>(
                                  random_.uniform(0, static_cast<double>(behaviour_.read_every)));
    read_step_ = static_cast<std::uint32_t>(random_.below(kListEvery)) << 2;
  }
  const Micros start =
      plan_.back_at ? *plan_.back_at - plan_.offline_before : first_due - behaviour_.batch_every;
  start_ms_ = wall_ms(start);
  live_ = std::make_unique<Stream>(simulation(), seed_);
  live_->next_due = start + behaviour_.batch_every;
  live_->end = plan.end;
  live_->could_send_at = plan_.back_at.value_or(plan.begin);
  offline_until_ = live_->could_send_at;
  has_backlog_ = plan_.back_at.has_value();
  if (!plan_.sends_live_first || !plan_.back_at) return;
  split_walk(start);
}

// The walk up to ten seconds or so before it comes back is the backlog's; the rest is live, and its
// first batch goes out at once.
void Rucker::split_walk(Micros start) {
  const Micros dues = plan_.offline_before / behaviour_.batch_every - 1;
  const Micros border = start + dues * behaviour_.batch_every;
  late_ = std::make_unique<Stream>(simulation(), seed_);
  late_->next_due = live_->next_due;
  late_->end = border + 1;
  late_->could_send_at = *plan_.back_at;
  while (live_->next_due <= border) {
    fill_until(*live_, wall_ms(live_->next_due));
    const bool is_full = live_->batch.size() >= behaviour_.batch_points_max;
    live_->batch.clear();
    if (!is_full) live_->next_due += behaviour_.batch_every;
  }
  live_->next_due = *plan_.back_at;
  beats_.clear();
}

void Rucker::cut_short(Micros now) {
  if (!is_walking() || now >= plan_.end) return;
  plan_.end = now;
  const bool is_online = now >= offline_until_;
  live_->end = is_online ? std::min(live_->end, now) : live_->next_due;
  if (late_ && !is_online) late_->end = late_->next_due;
}

bool Rucker::is_finished(const Stream& stream) {
  return stream.batch.empty() && stream.next_due >= stream.end;
}

bool Rucker::has_step() const {
  return step_ == Step::kCreate || step_ == Step::kEndOld || step_ == Step::kStart ||
         step_ == Step::kComplete;
}

bool Rucker::is_done() const {
  const bool any_busy = std::ranges::any_of(lanes_, [](const LaneState& l) { return l.busy; });
  if (any_busy) return false;
  if (!is_walking()) return !has_step();
  return is_finished(*live_) && (!late_ || is_finished(*late_)) && beats_sending_ == 0;
}

std::uint64_t Rucker::points_uncertain() const {
  std::uint64_t sum = 0;
  for (const Stream* stream : {live_.get(), late_.get()}) {
    if (stream != nullptr && stream->may_be_stored && !stream->is_resend) {
      sum += stream->batch.size();
    }
  }
  return sum;
}

Micros Rucker::stream_wake(const Stream& stream, const LaneState& lane) const {
  if (lane.busy || is_finished(stream)) return kNever;
  if (!stream.batch.empty()) return lane.retry_at;
  return std::max({stream.next_due, stream.could_send_at, lane.retry_at});
}

Micros Rucker::next_wake() const {
  const LaneState& upload = state(Lane::kUpload);
  if (has_step()) return upload.busy ? kNever : upload.retry_at;
  if (!is_walking()) return kNever;
  Micros at = stream_wake(*live_, upload);
  if (!upload.busy && beats_sending_ > 0) at = std::min(at, upload.retry_at);
  if (late_ && acknowledged_ > 0) at = std::min(at, stream_wake(*late_, state(Lane::kLate)));
  if (!state(Lane::kRead).busy && next_read_ < plan_.end) {
    at = std::min(at, std::max(next_read_, offline_until_));
  }
  return at;
}

// A tunnel, a dead zone, a phone that is restarted.
bool Rucker::goes_offline(Micros now, Tally& tally) {
  if (behaviour_.online_mean == 0 || plan_.back_at) return false;
  const bool is_catching_up = live_->next_due < live_->could_send_at;
  const double chance =
      static_cast<double>(behaviour_.batch_every) / static_cast<double>(behaviour_.online_mean);
  if (is_catching_up || !random_.chance(chance)) return false;
  const double length = random_.uniform(static_cast<double>(behaviour_.offline_min),
                                        static_cast<double>(behaviour_.offline_max));
  offline_until_ = now + static_cast<Micros>(length);
  live_->could_send_at = offline_until_;
  has_backlog_ = true;
  // One who would come back after the end is not waited for.
  if (offline_until_ >= plan_.end) live_->end = live_->next_due;
  tally.offline_periods += 1;
  return true;
}

void Rucker::wake(Micros now, Tally& tally) {
  if (!is_walking()) return;
  if (behaviour_.closed_loop && now >= plan_.end) live_->end = live_->next_due;
  const auto is_due = [&](const Stream& stream, Lane lane) {
    return !state(lane).busy && stream.batch.empty() && stream.next_due < stream.end &&
           stream.next_due <= now && now >= stream.could_send_at;
  };
  if (is_due(*live_, Lane::kUpload) && !goes_offline(now, tally)) fill_batch(*live_, now);
  if (late_ && acknowledged_ > 0 && is_due(*late_, Lane::kLate)) fill_batch(*late_, now);
  gather_beats(now);
}

void Rucker::fill_until(Stream& stream, std::int64_t until_ms) {
  while (stream.batch.size() < behaviour_.batch_points_max) {
    if (!stream.ahead) stream.ahead = stream.simulator.next();
    if (!stream.ahead || stream.ahead->point.time_ms > until_ms) return;
    stream.batch.push_back(stream.ahead->point);
    if (const auto& beat = stream.ahead->heart_rate) {
      beats_.push_back({.second = static_cast<std::int32_t>((beat->time_ms - start_ms_) / 1000),
                        .bpm = beat->bpm});
    }
    stream.ahead.reset();
  }
}

// The points of as many due times as have passed and fit.
void Rucker::fill_batch(Stream& stream, Micros now) {
  stream.batch_dues = 0;
  stream.batch_due = now;
  stream.is_backlog = stream.next_due < stream.could_send_at && !behaviour_.closed_loop;
  stream.is_resend = stream.may_be_stored = false;
  while (stream.next_due <= now && stream.next_due < stream.end) {
    const std::int64_t until_ms = wall_ms(stream.next_due);
    fill_until(stream, until_ms);
    const bool is_full = stream.batch.size() >= behaviour_.batch_points_max;
    const bool reached = stream.ahead && stream.ahead->point.time_ms > until_ms;
    if (is_full && !reached) {
      // One more point tells whether the due time's points are all in.
      if (!stream.ahead) stream.ahead = stream.simulator.next();
      if (!stream.ahead || stream.ahead->point.time_ms <= until_ms) return;
    }
    // A due time at which a phone that stands still has nothing to say is none.
    if (!stream.batch.empty()) {
      const bool is_first = stream.batch_dues == 0 && !behaviour_.closed_loop;
      if (is_first) stream.batch_due = stream.next_due;
      stream.batch_dues += 1;
    }
    stream.next_due += behaviour_.batch_every;
    if (is_full || (behaviour_.closed_loop && !stream.batch.empty())) return;
  }
}

void Rucker::gather_beats(Micros now) {
  if (beats_.empty() || beats_sending_ > 0 || now < offline_until_) return;
  const bool is_due = beats_.size() >= kChunkBeats || now - beats_sent_at_ >= kBeatsEvery;
  if (!is_due || state(Lane::kUpload).busy) return;
  beats_sending_ = std::min(beats_.size(), kChunkBeats);
  beats_ready_at_ = now;
}

Endpoint Rucker::kind_of(const Stream& stream, Micros due) const {
  if (behaviour_.closed_loop) return Endpoint::kLocation;
  if (due < stream.could_send_at || (stream.is_backlog && stream.batch_dues == 0)) {
    return Endpoint::kBacklog;
  }
  return plan_.back_at ? Endpoint::kRejoined : Endpoint::kLocation;
}

bool Rucker::wants_to_send(Lane lane, Micros now) const {
  const LaneState& at = state(lane);
  if (at.busy || now < at.retry_at) return false;
  if (has_step()) return lane == Lane::kUpload;
  if (!is_walking()) return false;
  switch (lane) {
    case Lane::kUpload:
      return !live_->batch.empty() || beats_sending_ > 0;
    case Lane::kLate:
      return late_ && !late_->batch.empty();
    case Lane::kRead:
      return next_read_ <= now && next_read_ < plan_.end && now >= offline_until_;
  }
  return false;
}

// ---- requests ----------------------------------------------------------------------------------

std::string Rucker::write_request(Lane lane) {
  state(lane).busy = true;
  std::string path;
  std::string body;
  if (has_step()) {
    write_step(path, body);
  } else if (lane == Lane::kRead) {
    write_read(path);
  } else if (!stream_of(lane).batch.empty()) {
    write_batch(lane, path, body);
  } else {
    write_beats(path, body);
  }
  return compose(lane != Lane::kRead, path, body);
}

void Rucker::write_step(std::string& path, std::string& body) {
  LaneState& lane = state(Lane::kUpload);
  path = fmt::format("/api/rucks/{}", ruck_id_);
  switch (step_) {
    case Step::kCreate:
      lane.endpoint = Endpoint::kCreate;
      path = "/api/rucks";
      body = R"({"ruck_weight_kg":15,"user_weight_kg":80,"is_manual":false})";
      return;
    case Step::kEndOld:
      lane.endpoint = Endpoint::kComplete;
      path = fmt::format("/api/rucks/{}/complete", old_ruck_id_);
      body = "{}";
      return;
    case Step::kStart:
      lane.endpoint = Endpoint::kStart;
      path += "/start";
      body = R"({"ruck_weight_kg":15,"user_weight_kg":80})";
      return;
    default:
      lane.endpoint = Endpoint::kComplete;
      path += "/complete";
      body = "{}";
      if (!live_) return;
      body = fmt::format(R"({{"completed_at":"{}","ruck_weight_kg":15,"calorie_method":"fusion"}})",
                         to_iso8601(utc_ms(wall_ms(plan_.end))));
  }
}

void Rucker::write_read(std::string& path) {
  LaneState& lane = state(Lane::kRead);
  lane.due = std::max(next_read_, offline_until_);
  switch (read_step_ & 3) {
    case 0:
      lane.endpoint = Endpoint::kProfile;
      path = "/api/users/profile";
      return;
    case 1:
      lane.endpoint = Endpoint::kMonthly;
      path = "/api/stats/monthly";
      return;
    case 2:
      lane.endpoint = Endpoint::kWeekly;
      path = "/api/stats/weekly";
      return;
    default:
      lane.endpoint = Endpoint::kRucks;
      path = "/api/rucks?limit=50";
  }
}

void Rucker::write_batch(Lane lane, std::string& path, std::string& body) {
  const Stream& stream = stream_of(lane);
  const auto later_dues = static_cast<Micros>(stream.batch_dues == 0 ? 0 : stream.batch_dues - 1);
  state(lane).endpoint = kind_of(stream, stream.batch_due + later_dues * behaviour_.batch_every);
  path = fmt::format("/api/rucks/{}/location", ruck_id_);
  append_points(body, stream.batch, behaviour_.fields);
}

void Rucker::write_beats(std::string& path, std::string& body) {
  state(Lane::kUpload).endpoint = Endpoint::kHeartRate;
  path = fmt::format("/api/rucks/{}/heart-rate-chunk", ruck_id_);
  append_beats(body, std::span(beats_).first(beats_sending_), start_ms_);
}

std::string Rucker::compose(bool is_post, const std::string& path, const std::string& body) const {
  std::string out;
  out.reserve(256 + path.size() + token_.size() + body.size());
  out += is_post ? "POST " : "GET ";
  out += behaviour_.base;
  out += path;
  out += " HTTP/1.1\r\nHost: ";
  out += behaviour_.host;
  out +=
      "\r\nUser-Agent: Dart/3.5 (dart:io)\r\nAccept: application/json\r\n"
      "Authorization: Bearer ";
  out += token_;
  if (is_post) {
    out += "\r\nContent-Type: application/json\r\nContent-Length: ";
    fmt::format_to(std::back_inserter(out), "{}", body.size());
  } else {
    out += "\r\nAccept-Encoding: gzip";
  }
  out += "\r\n\r\n";
  out += body;
  return out;
}

// ---- answers -----------------------------------------------------------------------------------

// Counts the answer and says what it means: done, again later (5xx, silence), or refused for good.
Rucker::Verdict Rucker::judge(LaneState& lane, const Reply& reply, Micros now, Tally& tally) {
  EndpointTally& counts = tally.of(lane.endpoint);
  counts.requests += 1;
  counts.bytes_out += reply.bytes_out;
  counts.bytes_in += reply.bytes_in;
  if (reply.is_answer) {
    counts.answers[reply.status] += 1;
    counts.service.record(now - reply.sent_at);
    if (reply.status / 100 == 2) {
      lane.failures = 0;
      lane.retry_at = 0;
      return Verdict::kOk;
    }
    if (reply.status == 503 && reply.retry_after_s) counts.shed += 1;
  } else {
    counts.broken += 1;
  }
  tally.note(fmt::format(
      "{}: {} {}", name_of(lane.endpoint),
      reply.is_answer ? std::to_string(reply.status) : "no answer:", reply.body.substr(0, 160)));
  if (reply.is_answer && reply.status < 500) return Verdict::kRefused;
  const int doublings = std::min<int>(lane.failures, 5);
  lane.failures = static_cast<std::uint8_t>(std::min(100, lane.failures + 1));
  Micros pause = std::min(kBackoffMax, kSecond << doublings);
  if (reply.retry_after_s) pause = std::max<Micros>(1, *reply.retry_after_s) * kSecond;
  lane.retry_at = now + static_cast<Micros>(static_cast<double>(pause) * random_.uniform(1, 1.25));
  return Verdict::kLater;
}

void Rucker::answered(Lane lane, const Reply& reply, Micros now, Tally& tally) {
  LaneState& at = state(lane);
  at.busy = false;
  const Verdict verdict = judge(at, reply, now, tally);
  if (has_step()) return after_step(verdict, reply, now, tally);
  if (lane == Lane::kRead) return after_read(verdict, now, tally);
  if (at.endpoint == Endpoint::kHeartRate) return after_beats(verdict, now, tally);
  after_batch(lane, verdict, reply, now, tally);
}

void Rucker::after_step(Verdict verdict, const Reply& reply, Micros now, Tally& tally) {
  if (verdict == Verdict::kLater) return;
  if (verdict == Verdict::kRefused) {
    step_ = Step::kFailed;
    return;
  }
  tally.of(state(Lane::kUpload).endpoint).latency.record(now - reply.sent_at);
  if (step_ == Step::kComplete) {
    step_ = Step::kDone;
  } else if (step_ == Step::kEndOld) {
    step_ = Step::kCreate;
  } else if (step_ == Step::kStart) {
    step_ = Step::kReady;
  } else {
    const auto root = json::parse(reply.body);
    const auto id = root ? root->find("id") : std::nullopt;
    const std::int64_t number = id ? id->integer().value_or(0) : 0;
    if (number == 0) {
      tally.note("create: the answer has no id");
      step_ = Step::kFailed;
    } else if (root->find("has_active_session")) {
      old_ruck_id_ = number;
      step_ = Step::kEndOld;
    } else {
      ruck_id_ = number;
      step_ = Step::kStart;
    }
  }
}

void Rucker::after_read(Verdict verdict, Micros now, Tally& tally) {
  LaneState& lane = state(Lane::kRead);
  if (verdict == Verdict::kOk) tally.of(lane.endpoint).latency.record(now - lane.due);
  lane.retry_at = 0;  // what a screen could not load it shows from its cache
  const std::uint32_t screen = read_step_ >> 2;
  const std::uint32_t calls = screen % kListEvery == 0 ? 4 : 3;
  if ((read_step_ & 3) + 1 < calls) {
    read_step_ += 1;
    next_read_ += kReadSpacing;
  } else {
    next_read_ += behaviour_.read_every - kReadSpacing * (read_step_ & 3);
    read_step_ = (screen + 1) << 2;
  }
}

void Rucker::after_beats(Verdict verdict, Micros now, Tally& tally) {
  if (verdict == Verdict::kLater) return;
  if (verdict == Verdict::kOk) {
    tally.of(Endpoint::kHeartRate).latency.record(now - beats_ready_at_);
    tally.beats_acknowledged += beats_sending_;
  }
  beats_.erase(beats_.begin(), beats_.begin() + static_cast<std::ptrdiff_t>(beats_sending_));
  beats_sending_ = 0;
  beats_sent_at_ = now;
}

// What the answer says became of the points.
void Rucker::account(const Stream& stream, const Reply& reply, Tally& tally) {
  const auto root = json::parse(reply.body);
  const auto number = [&](std::string_view key) -> std::uint64_t {
    const auto found = root ? root->find(key) : std::nullopt;
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, found ? found->integer().value_or(0) : 0));
  };
  const std::uint64_t size = stream.batch.size();
  const std::uint64_t inserted = number("inserted");
  const std::uint64_t duplicates = number("duplicates");
  const std::uint64_t rejected = number("rejected");
  if (stream.is_resend || stream.may_be_stored) tally.points_resent += size;
  if (stream.is_resend) {
    tally.points_doubled += inserted;
    if (inserted > 0) tally.note("a batch that had been acknowledged was stored again");
    return;
  }
  tally.points_refused += rejected;
  const std::uint64_t kept = std::min(size, inserted + duplicates);
  if (kept + rejected < size || (duplicates > 0 && !stream.may_be_stored)) {
    tally.points_missing +=
        size - std::min(size, stream.may_be_stored ? kept : inserted) - std::min(size, rejected);
    tally.note(fmt::format("a batch of {}: {} inserted, {} duplicates, {} rejected", size, inserted,
                           duplicates, rejected));
  }
  acknowledged_ += kept;
  tally.points_acknowledged += kept;
}

void Rucker::record_dues(const Stream& stream, Micros now, Tally& tally) const {
  if (stream.batch_dues == 0 || behaviour_.closed_loop) {
    const Micros due = behaviour_.closed_loop ? now : stream.batch_due;
    tally.of(kind_of(stream, due)).latency.record(now - stream.batch_due);
    return;
  }
  for (std::uint32_t i = 0; i < stream.batch_dues; ++i) {
    const Micros due = stream.batch_due + static_cast<Micros>(i) * behaviour_.batch_every;
    tally.of(kind_of(stream, due)).latency.record(now - std::max(due, stream.could_send_at));
  }
}

void Rucker::note_backlog(const Stream& stream, Micros now, Tally& tally) {
  const bool is_last = late_ ? &stream == late_.get() && is_finished(stream)
                             : has_backlog_ && stream.next_due >= stream.could_send_at;
  if (!is_last || !has_backlog_ || behaviour_.closed_loop) return;
  has_backlog_ = false;
  tally.backlogs += 1;
  tally.backlog_time.record(now - stream.could_send_at);
}

void Rucker::after_batch(Lane lane, Verdict verdict, const Reply& reply, Micros now, Tally& tally) {
  Stream& stream = stream_of(lane);
  if (verdict == Verdict::kLater) {
    stream.may_be_stored = stream.may_be_stored || !reply.is_answer;
    return;
  }
  if (verdict == Verdict::kRefused) {
    if (!stream.is_resend) tally.points_refused += stream.batch.size();
    stream.batch.clear();
    return;
  }
  account(stream, reply, tally);
  // A closed loop has no due times: it is the server's time that counts, not the wait for one of
  // the connections.
  if (behaviour_.closed_loop) stream.batch_due = reply.sent_at;
  record_dues(stream, now, tally);
  if (!stream.is_resend && random_.chance(behaviour_.resend_chance)) {
    stream.is_resend = true;
    stream.batch_dues = 0;
    stream.batch_due = now;
    return;
  }
  stream.batch.clear();
  note_backlog(stream, now, tally);
}

}  // namespace ruck::load

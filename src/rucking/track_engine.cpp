#include "rucking/track_engine.hpp"

#include "base/crc32c.hpp"
#include "rucking/load.hpp"
#include "rucking/state_archive.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ruck::rucking {
namespace {
constexpr std::uint8_t kStateVersion = 1;
constexpr double kMsPerSecond = 1000;

// Across a longer step than a minute the altitude says nothing of the hills between, and points do
// not cover the time. A recorder that is slow by habit gets three of its usual steps.
constexpr std::int64_t kLongestStep_ms = 60'000;
constexpr double kLongestUsualSteps = 3;
constexpr double kUsualStepShare = 1.0 / 16;  // of a new step in the running mean

constexpr double kLeastDistanceForPace_m = 10;
constexpr double kSlowestShownSpeed_m_per_s = 0.1;

double seconds(std::int64_t ms) { return static_cast<double>(ms) / kMsPerSecond; }

double sane(double value, double low, double high, double otherwise) {
  return std::isfinite(value) ? std::clamp(value, low, high) : otherwise;
}

// The heaviest march loads known are about 60 kg; 150 leaves room for a sled on the back.
double sane_load_kg(double load_kg) { return sane(load_kg, 0, 150, 0); }

Body body_of(const Rucker& rucker) {
  const Body usual;
  return {.weight_kg = sane(rucker.weight_kg, 20, 300, usual.weight_kg),
          .height_cm = sane(rucker.height_cm, 100, 250, usual.height_cm),
          .age_years = sane(rucker.age_years, 5, 120, usual.age_years),
          .sex = rucker.sex};
}

HeartRateRange heart_rate_range_of(const Rucker& rucker) {
  constexpr double kLeastReserve_bpm = 20;
  const double usual_rest = default_resting_bpm(rucker.sex);
  const double usual_max = tanaka_max_bpm(body_of(rucker).age_years);
  const double rest = sane(rucker.resting_bpm.value_or(usual_rest), 25, 120, usual_rest);
  const double max = sane(rucker.max_bpm.value_or(usual_max), 100, 250, usual_max);
  return {.resting_bpm = rest, .max_bpm = std::max(max, rest + kLeastReserve_bpm)};
}

EnergyCalculator calculator_of(const EngineConfig& config) {
  return {body_of(config.rucker), config.load_is_vest, sane(config.terrain_factor, 0.5, 5, 1)};
}

double mechanical_kcal(const EnergyTotals& energy, EnergyModel model) {
  return model == EnergyModel::kLcda ? energy.lcda_kcal : energy.pandolf_kcal;
}
}  // namespace

double EnergyTotals::gross_kcal(EnergyModel model, CalorieMethod method) const {
  return combined_kcal({.mechanical_kcal = mechanical_kcal(*this, model),
                        .heart_rate_kcal = heart_rate_kcal,
                        .heart_rate_coverage = heart_rate_coverage},
                       method);
}

double EnergyTotals::net_kcal(EnergyModel model, CalorieMethod method) const {
  return std::max(0.0, gross_kcal(model, method) - resting_kcal);
}

std::optional<double> Totals::pace_s_per_km() const {
  if (distance_m < kLeastDistanceForPace_m) return std::nullopt;
  return moving_s / (distance_m / 1000);
}

std::optional<double> Live::pace_s_per_km() const {
  if (speed_m_per_s < kSlowestShownSpeed_m_per_s) return std::nullopt;
  return 1000 / speed_m_per_s;
}

TrackEngine::TrackEngine(const EngineConfig& config)
    : config_(config),
      resting_watts_(calculator_of(config).resting()),
      climb_(config.altitude_source),
      energy_(calculator_of(config), config.altitude_source),
      heart_rate_(body_of(config.rucker), heart_rate_range_of(config.rucker)),
      load_kg_(sane_load_kg(config.load_kg)),
      load_before_kg_(load_kg_) {}

// ---- input --------------------------------------------------------------------------------------

FeedResult TrackEngine::feed(const TrackPoint& point) {
  if (has_point_ && point.time_ms <= last_point_ms_) return FeedResult::kOutOfOrder;
  if (point.time_ms < last_event_ms_) return FeedResult::kOutOfOrder;
  note_point(point);
  if (paused_) {
    ++counts_.while_paused;
    return FeedResult::kRejected;
  }
  const FilterStep step = filter_.add(point);
  count(step.use);
  const bool continues = !step.interrupted && step.gap_ms <= longest_step_ms();
  if (continues) take_altitude(point, step.use);
  apply(step.stretches);
  if (!continues) {
    interrupt();
    take_altitude(point, step.use);
  }
  return step.use == PointUse::kUsed ? FeedResult::kTaken : FeedResult::kRejected;
}

// While they stand the altitude only wanders, and would climb hills of its own.
void TrackEngine::take_altitude(const TrackPoint& point, PointUse use) {
  if (use != PointUse::kUsed || !filter_.is_moving()) return;
  if (point.altitude_dm != TrackPoint::kNoAltitude) climb_.add(point.time_ms, point.altitude_dm);
}

std::size_t TrackEngine::feed(std::span<const TrackPoint> points) {
  std::size_t taken = 0;
  while (taken < points.size() && feed(points[taken]) != FeedResult::kOutOfOrder) ++taken;
  return taken;
}

std::size_t TrackEngine::feed(std::span<const HeartRateSample> samples) {
  std::size_t taken = 0;
  while (taken < samples.size() && feed(samples[taken]) != FeedResult::kOutOfOrder) ++taken;
  return taken;
}

void TrackEngine::start_clock(std::int64_t time_ms) {
  if (started_) return;
  started_ = true;
  first_ms_ = last_ms_ = time_ms;
  const Progress start = progress(time_ms, {});
  kilometres_.start(start);
  miles_.start(start);
}

void TrackEngine::note_point(const TrackPoint& point) {
  start_clock(point.time_ms);
  ++counts_.fed;
  if (has_point_ && !paused_) {
    const std::int64_t step_ms = cover_until(point.time_ms);
    usual_step_ms_ += (static_cast<double>(std::min(step_ms, kLongestStep_ms)) - usual_step_ms_) *
                      kUsualStepShare;
  }
  has_point_ = true;
  last_point_ms_ = last_ms_ = point.time_ms;
}

// Time since the last point or resume is covered by points, unless it is too long. Returns it.
std::int64_t TrackEngine::cover_until(std::int64_t time_ms) {
  const std::int64_t step_ms = time_ms - last_ms_;
  if (step_ms <= longest_step_ms()) covered_ms_ += step_ms;
  return step_ms;
}

void TrackEngine::count(PointUse use) {
  switch (use) {
    case PointUse::kUsed:
      ++counts_.used;
      return;
    case PointUse::kPoorAccuracy:
      ++counts_.poor_accuracy;
      return;
    case PointUse::kJump:
      ++counts_.jumps;
      return;
    case PointUse::kVehicle:
      ++counts_.in_vehicle;
      return;
  }
}

std::int64_t TrackEngine::longest_step_ms() const {
  return std::max(kLongestStep_ms, static_cast<std::int64_t>(usual_step_ms_ * kLongestUsualSteps));
}

bool TrackEngine::is_late(std::int64_t event_ms) const {
  return event_ms < last_event_ms_ || (has_point_ && event_ms < last_point_ms_);
}

FeedResult TrackEngine::set_load(std::int64_t time_ms, double load_kg) {
  if (is_late(time_ms)) return FeedResult::kOutOfOrder;
  last_event_ms_ = time_ms;
  // A second change at the same moment replaces the first.
  if (time_ms != load_changed_ms_) load_before_kg_ = load_kg_;
  load_changed_ms_ = time_ms;
  load_kg_ = sane_load_kg(load_kg);
  return FeedResult::kTaken;
}

FeedResult TrackEngine::pause(std::int64_t time_ms) {
  if (is_late(time_ms)) return FeedResult::kOutOfOrder;
  last_event_ms_ = time_ms;
  if (paused_) return FeedResult::kTaken;
  start_clock(time_ms);
  if (has_point_) cover_until(time_ms);
  last_ms_ = time_ms;
  finish();
  paused_ = true;
  paused_since_ms_ = time_ms;
  return FeedResult::kTaken;
}

FeedResult TrackEngine::resume(std::int64_t time_ms) {
  if (is_late(time_ms)) return FeedResult::kOutOfOrder;
  last_event_ms_ = time_ms;
  if (!paused_) return FeedResult::kTaken;
  paused_ = false;
  paused_ms_ += time_ms - paused_since_ms_;
  last_ms_ = time_ms;
  filter_.resume_at(time_ms);
  return FeedResult::kTaken;
}

// ---- counting -----------------------------------------------------------------------------------

void TrackEngine::apply(const Stretches& stretches) {
  for (const Stretch& stretch : stretches) {
    if (stretch.moving) {
      move(stretch);
    } else {
      energy_.stand(seconds(stretch.duration_ms()),
                    mean_load_kg({stretch.start_ms, stretch.end_ms}));
    }
  }
}

void TrackEngine::move(const Stretch& stretch) {
  const double to_m = distance_m_ + stretch.distance_m;
  const bool ends_split = kilometres_.ends_before(to_m) || miles_.ends_before(to_m);
  const Progress from = ends_split ? progress(stretch.start_ms, stretch.from) : Progress{};

  const double load_kg = mean_load_kg({stretch.start_ms, stretch.end_ms});
  distance_m_ = to_m;
  moving_ms_ += stretch.duration_ms();
  load_distance_kg_m_ += load_kg * stretch.distance_m;
  if (stretch.estimated) {
    estimated_m_ += stretch.distance_m;
    estimated_moving_ms_ += stretch.duration_ms();
  }
  // Nobody knows the slopes of a long gap: it is charged as level, and no leg runs into it.
  const bool blind = stretch.estimated && stretch.duration_ms() > longest_step_ms();
  if (blind) energy_.interrupt(climb_.altitude_m());
  const auto altitude_m = blind ? std::nullopt : climb_.altitude_m();
  energy_.move(stretch.distance_m, seconds(stretch.duration_ms()), load_kg, altitude_m);

  if (!ends_split) return;
  const Progress to = progress(stretch.end_ms, stretch.to);
  const auto keep = [this](const Split& split) { finished_splits_.push_back(split); };
  kilometres_.advance(from, to, keep);
  miles_.advance(from, to, keep);
}

void TrackEngine::interrupt() {
  energy_.interrupt(climb_.altitude_m());
  climb_.interrupt();
}

// Decides everything that is open: for a pause, or on the copy that totals() reads.
void TrackEngine::finish() {
  if (!started_ || paused_) return;
  apply(filter_.finish(last_ms_));
  interrupt();
}

// The load over a span of time that ends now or a little before: it knows the last change.
double TrackEngine::mean_load_kg(TimeSpan span) const {
  if (load_changed_ms_ <= span.start_ms) return load_kg_;
  if (load_changed_ms_ >= span.end_ms) return load_before_kg_;
  const double before = seconds(load_changed_ms_ - span.start_ms);
  const double after = seconds(span.end_ms - load_changed_ms_);
  return (before * load_before_kg_ + after * load_kg_) / (before + after);
}

Progress TrackEngine::progress(std::int64_t time_ms, Position position) const {
  const Climb climb = climb_.climb();
  const auto joules = energy_.total(climb_.altitude_m());
  const bool lcda = config_.energy_model == EnergyModel::kLcda;
  return {.distance_m = distance_m_,
          .time_ms = time_ms,
          .moving_s = seconds(moving_ms_),
          .gain_m = climb.gain_m,
          .loss_m = climb.loss_m,
          .energy_kcal = to_kcal(lcda ? joules.lcda : joules.pandolf),
          .position = position};
}

// ---- output -------------------------------------------------------------------------------------

Totals TrackEngine::totals() const {
  TrackEngine ended = *this;
  ended.finish();
  const auto& e = ended;
  Totals t;
  t.start_ms = e.first_ms_;
  t.end_ms = e.last_ms_;
  t.distance_m = e.distance_m_;
  t.estimated_distance_m = e.estimated_m_;
  t.elapsed_s = seconds(e.last_ms_ - e.first_ms_);
  t.moving_s = seconds(e.moving_ms_);
  t.estimated_moving_s = seconds(e.estimated_moving_ms_);
  t.paused_s = seconds(e.paused_ms_ + (e.paused_ ? e.last_ms_ - e.paused_since_ms_ : 0));
  if (t.active_s() > 0) t.coverage = std::min(1.0, seconds(e.covered_ms_) / t.active_s());
  const Climb climb = e.climb_.climb();
  t.gain_m = climb.gain_m;
  t.loss_m = climb.loss_m;
  t.min_altitude_m = e.climb_.min_altitude_m();
  t.max_altitude_m = e.climb_.max_altitude_m();
  t.heart_rate = e.heart_rate_.totals();
  t.energy = e.energy_totals(t);
  t.load_distance_kg_km = e.load_distance_kg_m_ / 1000;
  const double mean_load_kg = t.distance_m > 0 ? e.load_distance_kg_m_ / t.distance_m : e.load_kg_;
  t.power_points = power_points(mean_load_kg, t.distance_m, t.gain_m);
  t.points = e.counts_;
  return t;
}

EnergyTotals TrackEngine::energy_totals(const Totals& totals) const {
  const auto joules = energy_.total(std::nullopt);
  EnergyTotals energy;
  energy.lcda_kcal = to_kcal(joules.lcda);
  energy.pandolf_kcal = to_kcal(joules.pandolf);
  energy.resting_kcal = to_kcal(resting_watts_ * totals.active_s());
  const double active_s = totals.active_s();
  const double covered_s = totals.heart_rate.covered_s;
  if (active_s > 0 && covered_s > 0) {
    // A strap that was on during pauses covers more than the ruck: then its mean power counts.
    const double share = std::min(1.0, active_s / covered_s);
    energy.heart_rate_kcal = totals.heart_rate.energy_kcal * share;
    energy.heart_rate_coverage = std::min(1.0, covered_s / active_s);
  }
  energy.fused_kcal = energy.gross_kcal(config_.energy_model, CalorieMethod::kFusion);
  return energy;
}

std::optional<Live> TrackEngine::live() const {
  if (!filter_.has_position()) return std::nullopt;
  Live live;
  live.time_ms = filter_.recorded_ms();
  live.recorded = filter_.recorded();
  live.filtered = filter_.position();
  live.moving = filter_.is_moving();
  live.speed_m_per_s = filter_.speed_m_per_s();
  live.grade_percent = energy_.grade_percent();
  live.altitude_m = climb_.altitude_m();
  live.heart_rate = heart_rate_.last();
  live.load_kg = load_kg_;
  return live;
}

std::vector<Split> TrackEngine::drain_splits() { return std::exchange(finished_splits_, {}); }

std::vector<Split> TrackEngine::open_splits() const {
  TrackEngine ended = *this;
  ended.finished_splits_.clear();
  ended.finish();
  std::vector<Split> open = std::move(ended.finished_splits_);
  const Progress now = ended.progress(ended.last_ms_, ended.filter_.position());
  for (const SplitMeter* meter : {&ended.kilometres_, &ended.miles_}) {
    const Split split = meter->open(now);
    if (split.distance_m > 0) open.push_back(split);
  }
  std::ranges::sort(open, [](const Split& a, const Split& b) {
    return a.unit != b.unit ? a.unit < b.unit : a.number < b.number;
  });
  return open;
}

// ---- state --------------------------------------------------------------------------------------

template <class Archive>
void TrackEngine::visit(Archive& archive) {
  filter_.visit(archive);
  climb_.visit(archive);
  energy_.visit(archive);
  heart_rate_.visit(archive);
  kilometres_.visit(archive);
  miles_.visit(archive);
  archive(started_, paused_, has_point_, first_ms_, last_ms_, last_point_ms_, last_event_ms_,
          paused_since_ms_, paused_ms_, covered_ms_, usual_step_ms_, load_kg_, load_before_kg_,
          load_changed_ms_, distance_m_, estimated_m_, load_distance_kg_m_, moving_ms_,
          estimated_moving_ms_, counts_.fed, counts_.used, counts_.while_paused,
          counts_.poor_accuracy, counts_.jumps, counts_.in_vehicle);
}

std::string TrackEngine::serialize() const {
  StateWriter writer;
  writer(kStateVersion);
  TrackEngine copy = *this;  // visiting is one function for writing and reading
  copy.visit(writer);
  std::string state = writer.take();
  const std::uint32_t checksum = crc32c(state);
  state.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return state;
}

std::expected<TrackEngine, StateProblem> TrackEngine::restore(const EngineConfig& config,
                                                              std::string_view state) {
  if (state.empty() || static_cast<std::uint8_t>(state[0]) != kStateVersion) {
    return std::unexpected(StateProblem::kUnknownVersion);
  }
  std::uint32_t checksum = 0;
  if (state.size() <= sizeof checksum) return std::unexpected(StateProblem::kDamaged);
  const std::string_view fields = state.substr(0, state.size() - sizeof checksum);
  std::memcpy(&checksum, state.data() + fields.size(), sizeof checksum);
  if (checksum != crc32c(fields)) return std::unexpected(StateProblem::kDamaged);
  TrackEngine engine(config);
  StateReader reader(fields.substr(1));
  engine.visit(reader);
  if (reader.failed() || !reader.at_end()) return std::unexpected(StateProblem::kDamaged);
  return engine;
}

}  // namespace ruck::rucking

#include "rucking/track_filter.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {
namespace {
constexpr double kMsPerSecond = 1000;

// ---- accuracy. Phones mean the 68 or the 95 % radius (science §2.4); for a circular Gaussian the
// latter is 2.448 sigma. No phone in a moving pocket is better than 3 m per axis, whatever it says.
constexpr double kGate_m = 50;
constexpr double kUsual_m = 5;  // where the recorder did not say
constexpr double kSigmaPerAccuracy = 1 / 2.448;
constexpr double kLeastSigma_m = 3;
// Where nothing passes the gate for a minute, fixes up to this may bridge the gap, as far as they
// are twice as far away as they can be wrong: then the join is a few percent too long at most.
constexpr double kWorstBridge_m = 200;
constexpr double kBridgeDistancePerAccuracy = 2;
constexpr std::int64_t kBridgeAfter_ms = 60'000;

// ---- speed
constexpr double kFastestStep_m_per_s = 8;         // a sprint downhill, for one step
constexpr double kFastestSustained_m_per_s = 4.5;  // a fast run with a pack: 3:42 min/km
// A ride is told from a run by half a minute above the pace of 3:02 min/km, a fifth above what
// anyone with a pack sustains; city traffic is faster than that most of the time.
constexpr double kVehicle_m_per_s = 5.5;
constexpr std::int64_t kVehicleAfter_ms = 30'000;
constexpr std::int64_t kLongestSprint_ms = 10'000;  // where a gap leaves no time to see
constexpr double kVehicleLeft_m_per_s = 3;
constexpr std::int64_t kVehicleLeftOver_ms = 9'000;
// Two fixes may be off towards each other, or a receiver that had lost its way may find it again.
constexpr double kLeastJumpAllowance_m = 10;
constexpr std::uint8_t kJumpsThatAgree = 3;

// ---- standing. science §2.6, §3.4
constexpr double kSlowest_m_per_s = 0.4;  // net over half a minute
constexpr double kLeave_m = kSlowest_m_per_s * PositionWindow::kSpan_ms / kMsPerSecond;
constexpr double kMostLeave_m = 36;  // an unhurried walker's half minute; a worse fix asks for more
constexpr double kLeavePerAccuracy = 2.5;
// Slower than the gate, as up a steep face, but as far from the stopping place as noise never gets.
constexpr double kCreep_m = 25;
constexpr double kCreepPerAccuracy = 3;
// The last entry of the window that is this close to the farthest is where the rucker set off.
constexpr double kSetOff_m = 2;
// One step or tail tells of a stop if a walker would have come farther in it than fixes are wrong.
constexpr std::int64_t kTellingStep_ms = 8'000;
constexpr double kTellingPerAccuracy = 0.9;

// ---- distance
constexpr std::int64_t kGap_ms = 30'000;
constexpr double kLeastAnchor_m = 5;
constexpr double kMostAnchor_m = 10;
constexpr double kAnchorPerAccuracy = 0.5;
// Where fixes are dense, the wander shows in every short chord: 3 m over a minute add 1.6 % at 5 m,
// but 0.6 % at 20 m (measured by simulation). So a way that is straight is measured by longer
// chords.
constexpr std::int64_t kDenseStep_ms = 3'000;
constexpr double kLongestChord_m = 20;
constexpr double kStraight_m = 1.5;  // to either side; a third of the accuracy of a worse receiver
constexpr double kStraightPerAccuracy = 1.0 / 3;
// They have arrived where they stand once they come no farther than this from it.
constexpr double kArrived_m = 4;

double seconds(std::int64_t ms) { return static_cast<double>(ms) / kMsPerSecond; }

double sigma_m(double accuracy_m) {
  return std::max(accuracy_m * kSigmaPerAccuracy, kLeastSigma_m);
}

bool is_telling(std::int64_t dt_ms, double accuracy_m) {
  return dt_ms >= kTellingStep_ms &&
         kSlowest_m_per_s * seconds(dt_ms) >= kTellingPerAccuracy * accuracy_m;
}
}  // namespace

bool TrackFilter::Fix::is_poor() const { return accuracy_m() > kGate_m; }

TrackFilter::Fix TrackFilter::fix_of(const TrackPoint& point) {
  return {.time_ms = point.time_ms,
          .lat_e7 = point.lat_e7,
          .lng_e7 = point.lng_e7,
          .accuracy_hm = point.accuracy_hm == TrackPoint::kNoAccuracy
                             ? static_cast<std::uint16_t>(kUsual_m * 2)
                             : point.accuracy_hm};
}

double TrackFilter::anchor_m() const {
  return std::clamp(last_.accuracy_m() * kAnchorPerAccuracy, kLeastAnchor_m, kMostAnchor_m);
}

double TrackFilter::speed_m_per_s() const {
  if (!is_moving() || window_.size() < 2) return 0;
  const auto& from = window_.oldest();
  const auto& to = window_.newest();
  return distance_m(from.position(), to.position()) / seconds(to.time_ms - from.time_ms);
}

FilterStep TrackFilter::add(const TrackPoint& point) {
  const Fix fix = fix_of(point);
  FilterStep step;
  if (!has_time_) resume_at(fix.time_ms);
  if (!has_fix_) {
    step.use = start_at(fix);
    return step;
  }
  const std::int64_t last_ms = last_.time_ms;
  const double net_m = distance_m(last_.position(), fix.position());
  if (fix.is_poor() && !bridges_gap(fix)) {
    step.use = PointUse::kPoorAccuracy;
  } else if (is_jump(fix, net_m)) {
    step.use = take_jump(fix, step);
  } else {
    step.use = step_to(fix, net_m, step);
  }
  if (step.use == PointUse::kUsed) step.gap_ms = fix.time_ms - last_ms;
  return step;
}

// ---- which fixes --------------------------------------------------------------------------------

PointUse TrackFilter::start_at(const Fix& fix) {
  if (fix.accuracy_m() > kWorstBridge_m) return PointUse::kPoorAccuracy;
  has_fix_ = true;
  anchor_ = fix.position();
  // Standing until they walk: what the receiver wanders before the start is not distance.
  status_ = kStanding;
  restart_at(fix);
  return PointUse::kUsed;
}

// Forgets velocity and the last half minute, but not the anchor.
void TrackFilter::restart_at(const Fix& fix) {
  step_ms_ = fix.time_ms - last_.time_ms;
  last_ = fix;
  jump_count_ = 0;
  kalman_.start(fix.position(), sigma_m(fix.accuracy_m()));
  window_.clear();
  window_.push(fix.time_ms, fix.position());
}

bool TrackFilter::bridges_gap(const Fix& poor) const {
  if (poor.accuracy_m() > kWorstBridge_m) return false;
  const std::int64_t dt_ms = poor.time_ms - last_.time_ms;
  if (dt_ms < kBridgeAfter_ms) return false;
  const double d = distance_m(anchor_, poor.position());
  const double speed = d / seconds(dt_ms);
  return d >= kBridgeDistancePerAccuracy * std::max(poor.accuracy_m(), last_.accuracy_m()) &&
         speed >= kSlowest_m_per_s && speed <= kFastestSustained_m_per_s;
}

bool TrackFilter::is_jump(const Fix& fix, double net_m) const {
  // While fixes elsewhere agree with each other, it is not enough that time passes and makes the
  // way there less impossible.
  const bool doubtful = jump_count_ > 0;
  const double fastest_m_per_s = doubtful ? kFastestSustained_m_per_s : kFastestStep_m_per_s;
  return net_m >
         fastest_m_per_s * seconds(fix.time_ms - last_.time_ms) + jump_allowance_m(last_, fix);
}

double TrackFilter::jump_allowance_m(const Fix& a, const Fix& b) {
  return std::max(kLeastJumpAllowance_m, a.accuracy_m() + b.accuracy_m());
}

PointUse TrackFilter::take_jump(const Fix& fix, FilterStep& step) {
  const bool agrees =
      jump_count_ > 0 && distance_m(jump_last_.position(), fix.position()) <=
                             kFastestStep_m_per_s * seconds(fix.time_ms - jump_last_.time_ms) +
                                 jump_allowance_m(jump_last_, fix);
  if (!agrees) {
    jump_count_ = 0;
    jump_first_ = fix;
  }
  jump_last_ = fix;
  if (++jump_count_ < kJumpsThatAgree) return PointUse::kJump;
  // The way there is not counted, as nobody walked it. From the first fix there on, everything is.
  settle_tail(step.stretches);
  settle_standing(step.stretches, jump_first_.time_ms);
  step.interrupted = true;
  start_at(jump_first_);
  return step_to(fix, distance_m(last_.position(), fix.position()), step);
}

// ---- gaps ---------------------------------------------------------------------------------------

PointUse TrackFilter::step_to(const Fix& fix, double net_m, FilterStep& step) {
  const std::int64_t dt_ms = fix.time_ms - last_.time_ms;
  const bool gap = dt_ms > kGap_ms;
  const bool slow = net_m < kSlowest_m_per_s * seconds(dt_ms);
  // A recorder that waits for the rucker to get somewhere tells of a stop by one long step.
  if (slow && (gap || (is_telling(dt_ms, fix.accuracy_m()) && status_ != kVehicle))) {
    stand_until(fix, step);
    return PointUse::kUsed;
  }
  if (!gap) return walk_to(fix, step);
  cross_gap(fix, step, net_m > kFastestSustained_m_per_s * seconds(dt_ms));
  return PointUse::kUsed;
}

// They stood for most of the time since the last fix. The way counts when they go on.
void TrackFilter::stand_until(const Fix& fix, FilterStep& step) {
  const bool gap = fix.time_ms - last_.time_ms > kGap_ms;
  settle_tail(step.stretches);
  status_ = kStanding;
  restart_at(fix);
  creep_on(step.stretches, gap);
}

void TrackFilter::cross_gap(const Fix& fix, FilterStep& step, bool too_fast) {
  settle_tail(step.stretches);
  if (too_fast) {  // a lift in a car, or a tunnel: nobody walked that
    settle_standing(step.stretches, fix.time_ms);
    step.interrupted = true;
    start_at(fix);
    return;
  }
  settle_standing(step.stretches, last_.time_ms);
  settle_moving(step.stretches, fix.time_ms, fix.position(), true);
  status_ = kMoving;
  restart_at(fix);
}

// ---- walking ------------------------------------------------------------------------------------

PointUse TrackFilter::walk_to(const Fix& fix, FilterStep& step) {
  // A better fix right after a poor first one is where they are; the way between is only error.
  if (last_.is_poor() && !fix.is_poor()) {
    settle_standing(step.stretches, fix.time_ms);
    start_at(fix);
    return PointUse::kUsed;
  }
  step_ms_ = fix.time_ms - last_.time_ms;
  kalman_.update(seconds(step_ms_), fix.position(), sigma_m(fix.accuracy_m()));
  last_ = fix;
  jump_count_ = 0;
  const bool remembered = window_.push(fix.time_ms, kalman_.position());
  switch (status_) {
    case kMoving:
      walk_on(step.stretches);
      break;
    case kStanding:
      if (remembered) stand_on(step.stretches);
      break;
    case kFast:
      hurry_on(step);
      break;
    default:
      ride_on(step);
  }
  return status_ == kVehicle ? PointUse::kVehicle : PointUse::kUsed;
}

void TrackFilter::walk_on(Stretches& out) {
  const auto& newest = window_.newest();
  if (newest.time_ms == last_.time_ms && window_.spans_it_all()) {
    const auto& oldest = window_.oldest();
    const double needed_m = kSlowest_m_per_s * seconds(newest.time_ms - oldest.time_ms);
    if (kalman_.distance2_m2(oldest.position()) < needed_m * needed_m) {
      stop(out);
      return;
    }
  }
  const double away_m2 = kalman_.distance2_m2(anchor_);
  if (away_m2 < anchor_m() * anchor_m()) return;
  if (away_m2 < kLongestChord_m * kLongestChord_m && goes_straight()) return;
  arrive(out);
}

// Whether all of the way since the anchor lies along the chord from there, as far as is remembered.
bool TrackFilter::goes_straight() const {
  if (step_ms_ >= kDenseStep_ms) return false;
  const double aside_m = std::max(kStraight_m, last_.accuracy_m() * kStraightPerAccuracy);
  const Offset chord = kalman_.offset_from(anchor_);
  const double length_m2 = chord.east_m * chord.east_m + chord.north_m * chord.north_m;
  for (std::size_t i = window_.size(); i-- > 0;) {
    if (window_[i].time_ms <= settled_ms_) return true;
    const Offset back = kalman_.offset_from(window_[i].position());
    const double cross_m2 = chord.east_m * back.north_m - chord.north_m * back.east_m;
    if (cross_m2 * cross_m2 > aside_m * aside_m * length_m2) return false;
  }
  return true;
}

// The gate has closed: they stand, since they arrived here.
void TrackFilter::stop(Stretches& out) {
  std::size_t arrived = window_.size() - 1;
  while (arrived > 0 && window_[arrived - 1].time_ms > settled_ms_ &&
         kalman_.distance2_m2(window_[arrived - 1].position()) <= kArrived_m * kArrived_m) {
    --arrived;
  }
  const auto& there = window_[arrived];
  if (distance_m(anchor_, there.position()) >= anchor_m()) {
    settle_moving(out, there.time_ms, there.position(), false);
  }
  status_ = kStanding;
}

// They have come here from the anchor since settled_ms_: counted, unless it was too fast to be
// sure.
void TrackFilter::arrive(Stretches& out) {
  const double d = distance_m(anchor_, kalman_.position());
  if (d <= kVehicle_m_per_s * seconds(last_.time_ms - settled_ms_)) {
    settle_moving(out, last_.time_ms, kalman_.position(), false);
    status_ = kMoving;
    return;
  }
  status_ = kFast;
  cursor_ = kalman_.position();
  cursor_ms_ = last_.time_ms;
  fast_m_ = d;
}

void TrackFilter::stand_on(Stretches& out) {
  const double leave_m = std::clamp(last_.accuracy_m() * kLeavePerAccuracy, kLeave_m, kMostLeave_m);
  double farthest_m2 = 0;
  for (std::size_t i = 0; i + 1 < window_.size(); ++i) {
    farthest_m2 = std::max(farthest_m2, kalman_.distance2_m2(window_[i].position()));
  }
  const double away_m2 = kalman_.distance2_m2(anchor_);
  if (farthest_m2 < leave_m * leave_m || away_m2 < anchor_m() * anchor_m()) {
    return creep_on(out, false);
  }
  const double there_m = std::sqrt(farthest_m2) - kSetOff_m;
  std::size_t i = window_.size() - 1;
  while (i > 0 && kalman_.distance2_m2(window_[i].position()) < there_m * there_m) --i;
  settle_standing(out, window_[i].time_ms);
  arrive(out);
}

// Too slow for the gate, yet far from where they stopped: they must have walked some of the time.
void TrackFilter::creep_on(Stretches& out, bool estimated) {
  const double creep_m = std::max(kCreep_m, last_.accuracy_m() * kCreepPerAccuracy);
  const double away_m2 = kalman_.distance2_m2(anchor_);
  if (away_m2 < creep_m * creep_m) return;
  const std::int64_t walked_ms = std::llround(std::sqrt(away_m2) / kSlowest_m_per_s * kMsPerSecond);
  settle_standing(out, last_.time_ms - walked_ms);
  settle_moving(out, last_.time_ms, kalman_.position(), estimated);
  status_ = kMoving;
}

// Above a runner's pace since the anchor: nothing is counted until it is clear what it was.
void TrackFilter::hurry_on(FilterStep& step) {
  const double d = distance_m(cursor_, kalman_.position());
  if (d >= anchor_m()) {
    fast_m_ += d;
    cursor_ = kalman_.position();
    cursor_ms_ = last_.time_ms;
  }
  const std::int64_t hurried_ms = last_.time_ms - settled_ms_;
  const double since_cursor_m = d >= anchor_m() ? 0 : d;
  if (fast_m_ + since_cursor_m < kVehicle_m_per_s * seconds(hurried_ms)) {
    settle_sprint(step.stretches);  // or noise
    settle_tail(step.stretches);
  } else if (hurried_ms >= kVehicleAfter_ms) {
    status_ = kVehicle;
    step.interrupted = true;
  }
}

void TrackFilter::ride_on(FilterStep& step) {
  for (std::size_t i = window_.size() - 1; i > 0; --i) {
    const auto& entry = window_[i - 1];
    const std::int64_t age_ms = last_.time_ms - entry.time_ms;
    if (age_ms < kVehicleLeftOver_ms) continue;
    const double still_riding_m = kVehicleLeft_m_per_s * seconds(age_ms);
    if (kalman_.distance2_m2(entry.position()) >= still_riding_m * still_riding_m) return;
    settle_standing(step.stretches, last_.time_ms);
    step.interrupted = true;
    start_at(last_);
    return;
  }
}

// ---- deciding -----------------------------------------------------------------------------------

void TrackFilter::settle_standing(Stretches& out, std::int64_t end_ms) {
  if (end_ms <= settled_ms_) return;
  out.push({.moving = false,
            .estimated = false,
            .start_ms = settled_ms_,
            .end_ms = end_ms,
            .distance_m = 0,
            .from = anchor_,
            .to = anchor_});
  settled_ms_ = end_ms;
}

void TrackFilter::settle_moving(Stretches& out, std::int64_t end_ms, Position to, bool estimated) {
  out.push({.moving = true,
            .estimated = estimated,
            .start_ms = settled_ms_,
            .end_ms = end_ms,
            .distance_m = distance_m(anchor_, to),
            .from = anchor_,
            .to = to});
  settled_ms_ = end_ms;
  anchor_ = to;
}

void TrackFilter::settle_sprint(Stretches& out) {
  out.push({.moving = true,
            .estimated = false,
            .start_ms = settled_ms_,
            .end_ms = cursor_ms_,
            .distance_m = fast_m_,
            .from = anchor_,
            .to = cursor_});
  settled_ms_ = cursor_ms_;
  anchor_ = cursor_;
  status_ = kMoving;
}

// Decides the time up to the last fix, short of the anchor's distance.
void TrackFilter::settle_tail(Stretches& out) {
  if (status_ == kFast) {  // cut off before it was clear what it was
    const std::int64_t fast_ms = cursor_ms_ - settled_ms_;
    const bool sprint =
        fast_ms <= kLongestSprint_ms && fast_m_ <= kFastestStep_m_per_s * seconds(fast_ms);
    if (sprint) settle_sprint(out);
    if (!sprint) status_ = kVehicle;
  }
  if (status_ == kVehicle) anchor_ = kalman_.position();  // where they got out
  if (last_.time_ms <= settled_ms_) return;
  if (status_ != kMoving) return settle_standing(out, last_.time_ms);
  const std::int64_t tail_ms = last_.time_ms - settled_ms_;
  const double needed_m = kSlowest_m_per_s * seconds(tail_ms);
  if (is_telling(tail_ms, last_.accuracy_m()) &&
      kalman_.distance2_m2(anchor_) < needed_m * needed_m) {
    return settle_standing(out, last_.time_ms);
  }
  settle_moving(out, last_.time_ms, kalman_.position(), false);
}

Stretches TrackFilter::finish(std::int64_t time_ms) {
  Stretches out;
  if (has_fix_) settle_tail(out);
  if (has_time_) settle_standing(out, time_ms);
  has_fix_ = has_time_ = false;
  status_ = kStanding;
  jump_count_ = 0;
  window_.clear();
  return out;
}

void TrackFilter::resume_at(std::int64_t time_ms) {
  has_time_ = true;
  settled_ms_ = time_ms;
}

}  // namespace ruck::rucking

#pragma once
// Which fixes count, where the rucker really was, and when they stood still.
//
// A receiver wanders: 3 m of noise that changes over a minute makes 23 % too much distance of a
// walk and 4 km of an hour on a bench (science §2.5). The chain, in the order a fix goes through
// it:
//
//   accuracy gate   a fix worse than 50 m waits; where there is nothing better for a minute, as in
//   a
//                   gorge, it serves as the far end of a straight join, once it is farther away
//                   than it can be wrong
//   jumps           nobody on foot covers more than 8 m/s between two fixes; three fixes in a row
//                   that agree with each other and not with the past are a new start, as a gap
//   gaps            over 30 s without a fix: joined straight where a walker could have done it, and
//                   marked estimated; not counted where they could not
//   Kalman filter   constant velocity, each axis alone, the noise taken from the fix's accuracy
//   stop gate       less than 0.4 m/s net over 30 s is standing
//   anchor          distance is counted only from one place to another at least 5 m away; where
//                   fixes are dense and the way is straight, in chords of up to 20 m
//   vehicles        over 5.5 m/s for half a minute is not a ruck
//
// What comes out is the ruck's time cut into stretches, without a hole and in order: moving, with
// the metres they add, or standing. A stretch comes out when it is decided, up to half a minute
// late; finish() decides the rest. Nothing here says what is stored: every valid fix is.
#include "rucking/geo.hpp"
#include "rucking/position_filter.hpp"
#include "rucking/track_point.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ruck::rucking {

// What the filter made of a fix.
enum class PointUse : std::uint8_t {
  kUsed,
  kPoorAccuracy,  // worse than the gate, and not needed
  kJump,          // farther from the last fix than anybody runs
  kVehicle,       // in a sustained ride
};

// A span of the ruck's time that has been decided.
struct Stretch {
  bool moving = false;
  bool estimated = false;  // a straight join across a gap
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  double distance_m = 0;  // zero where not moving
  Position from;
  Position to;

  [[nodiscard]] std::int64_t duration_ms() const { return end_ms - start_ms; }
};

// The few stretches that one fix can decide, without allocating.
class Stretches {
 public:
  void push(const Stretch& stretch) { items_[size_++] = stretch; }
  [[nodiscard]] const Stretch* begin() const { return items_.data(); }
  [[nodiscard]] const Stretch* end() const { return items_.data() + size_; }

 private:
  // A sprint and the tail before a jump, standing until it, and after it a tail, standing and
  // moving.
  static constexpr std::size_t kMost = 8;
  std::array<Stretch, kMost> items_;
  std::size_t size_ = 0;
};

struct FilterStep {
  PointUse use = PointUse::kUsed;
  bool interrupted = false;  // altitude before and after this fix must not be compared
  std::int64_t gap_ms = 0;   // since the last used fix, where this one is used
  Stretches stretches;
};

class TrackFilter {
 public:
  // A fix; times ascending.
  FilterStep add(const TrackPoint& point);
  // Decides everything up to `time_ms`, at or after the last fix, and forgets where the rucker was:
  // the end of the ruck, or a pause. `resume_at` opens the time again.
  Stretches finish(std::int64_t time_ms);
  void resume_at(std::int64_t time_ms);

  [[nodiscard]] bool is_moving() const { return status_ == kMoving || status_ == kFast; }
  [[nodiscard]] bool has_position() const { return has_fix_; }
  [[nodiscard]] Position position() const { return kalman_.position(); }  // filtered
  [[nodiscard]] Position recorded() const { return last_.position(); }    // as it came
  [[nodiscard]] std::int64_t recorded_ms() const { return last_.time_ms; }
  // Net speed over the last half minute; zero while standing.
  [[nodiscard]] double speed_m_per_s() const;

  template <class Archive>
  void visit(Archive& archive) {
    last_.visit(archive);
    jump_first_.visit(archive);
    jump_last_.visit(archive);
    kalman_.visit(archive);
    window_.visit(archive);
    archive.bounded(status_, kVehicle);
    archive.position(anchor_);
    archive.position(cursor_);
    archive(jump_count_, step_ms_, has_fix_, has_time_, settled_ms_, cursor_ms_, fast_m_);
  }

 private:
  enum Status : std::uint8_t { kStanding, kMoving, kFast, kVehicle };

  struct Fix {
    std::int64_t time_ms = 0;
    std::int32_t lat_e7 = 0;
    std::int32_t lng_e7 = 0;
    std::uint16_t accuracy_hm = 0;

    [[nodiscard]] Position position() const { return from_e7(lat_e7, lng_e7); }
    [[nodiscard]] double accuracy_m() const { return accuracy_hm * 0.5; }
    [[nodiscard]] bool is_poor() const;
    template <class Archive>
    void visit(Archive& archive) {
      archive(time_ms, lat_e7, lng_e7, accuracy_hm);
    }
  };

  static Fix fix_of(const TrackPoint& point);
  static double jump_allowance_m(const Fix& a, const Fix& b);
  [[nodiscard]] bool is_jump(const Fix& fix, double net_m) const;
  [[nodiscard]] bool bridges_gap(const Fix& poor) const;

  PointUse start_at(const Fix& fix);
  void restart_at(const Fix& fix);
  PointUse take_jump(const Fix& fix, FilterStep& step);
  PointUse step_to(const Fix& fix, double net_m, FilterStep& step);
  void stand_until(const Fix& fix, FilterStep& step);
  void cross_gap(const Fix& fix, FilterStep& step, bool too_fast);
  PointUse walk_to(const Fix& fix, FilterStep& step);

  void walk_on(Stretches& out);
  void stand_on(Stretches& out);
  void creep_on(Stretches& out, bool estimated);
  [[nodiscard]] bool goes_straight() const;
  void stop(Stretches& out);
  void arrive(Stretches& out);
  void hurry_on(FilterStep& step);
  void ride_on(FilterStep& step);

  void settle_tail(Stretches& out);
  void settle_sprint(Stretches& out);
  void settle_moving(Stretches& out, std::int64_t end_ms, Position to, bool estimated);
  void settle_standing(Stretches& out, std::int64_t end_ms);
  [[nodiscard]] double anchor_m() const;

  Fix last_;                  // the last fix that was used
  std::int64_t step_ms_ = 0;  // between it and the one before
  Fix jump_first_;            // fixes that jumped, and agree with each other
  Fix jump_last_;
  std::uint8_t jump_count_ = 0;
  std::uint8_t status_ = kStanding;
  bool has_fix_ = false;
  bool has_time_ = false;
  PositionFilter kalman_;
  PositionWindow window_;
  std::int64_t settled_ms_ = 0;  // all time before is decided
  Position anchor_;              // the last counted place
  // While it may turn out to be a ride: how far it went since the anchor, and to where.
  Position cursor_;
  std::int64_t cursor_ms_ = 0;
  double fast_m_ = 0;
};

}  // namespace ruck::rucking

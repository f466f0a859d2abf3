#pragma once
// Where a ruck begins and ends, for the purpose of hiding it. Decided from fixes that agree with
// each other, never from the first or last fix alone: a receiver that wakes up reports 0,0, or
// where it was yesterday, and a circle around that would leave the door in the open.
//
// Ends are
//   - the first fix of the first run of fixes that agree, every fix before it, and every fix of
//   that
//     run that came after a minute of silence: the one before may be of yesterday;
//   - the last fix of the last run, and every fix after it;
//   - where two runs are torn apart (a ride, a receiver that jumped and stayed): both sides;
//   - both sides of half an hour without a fix;
//   - a place where the rucker stayed for half an hour.
// More fixes can only add ends; what was one is kept by whoever stores them. Late points do not
// take an end away.
//
// One rule for live, links, finished rucks and previews: EndFinder is fed one point at a time, and
// ends_of() feeds it a whole track.
#include "rucking/privacy.hpp"
#include "rucking/track_point.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ruck::rucking {

inline constexpr std::size_t kAgreeingFixesMin = 5;
inline constexpr std::int64_t kAgreeing_ms = 30'000;      // that a run of them lasts, at least
inline constexpr std::int64_t kSilence_ms = 30 * 60'000;  // without a fix: both sides are ends
inline constexpr std::int64_t kStay_ms = 30 * 60'000;     // at one place: it is an end
inline constexpr double kStayRadiusM = 100;               // a receiver indoors wanders
inline constexpr double kSameEndM = 30;                   // ends closer to each other are one
// More than this is noise, or an attack on whoever draws it: such a ruck shows nothing.
inline constexpr std::size_t kRuckEndsMax = 256;

class EndFinder {
 public:
  // Times ascending.
  void add(const TrackPoint& point);

  // Whether enough fixes agree to say where the ruck began. Before that nothing may be shown.
  [[nodiscard]] bool is_settled() const { return is_settled_; }
  // Of a ruck under way: where it will end is not known. Fixes that do not agree with the run are
  // among them for as long as they may be right.
  [[nodiscard]] std::vector<RuckEnd> ends() const;
  // Where it would end if the last point were its last.
  [[nodiscard]] std::vector<RuckEnd> late_ends() const;

 private:
  struct Fix {
    std::int64_t time_ms = 0;
    RuckEnd end;
    bool is_poor = false;
  };
  struct Stay {
    Fix since;
    Offset sum;  // of the fixes, from the first
    std::size_t fixes = 0;
    bool has_left = false;  // with the last fix, which may be wrong
  };
  [[nodiscard]] static Fix fix_of(const TrackPoint& point);
  [[nodiscard]] static bool agree(const Fix& a, const Fix& b);
  [[nodiscard]] static std::size_t start_of_run(std::span<const Fix> fixes);
  [[nodiscard]] static bool ends_in_a_run(std::span<const Fix> fixes);
  [[nodiscard]] static std::vector<RuckEnd> starts_in(std::span<const Fix> fixes);
  void begin();
  void take_early(const Fix& fix);
  void follow(const Fix& fix);
  void note_stay(const Fix& fix);
  void remember(const Fix& fix);

  bool is_settled_ = false;
  bool is_early_ = true;      // no run since the start, or since a silence
  std::vector<Fix> early_;    // until then
  std::vector<Fix> pending_;  // fixes after the run that do not agree with it
  std::vector<Fix> recent_;   // the newest, whatever they are
  std::optional<Fix> last_;   // of the run
  std::optional<Stay> stay_;
  std::vector<RuckEnd> ends_;
};

// All ends of a recorded track; at least one where there are points. kRuckEndsMax of them mean that
// nothing of it may be shown.
[[nodiscard]] std::vector<RuckEnd> ends_of(std::span<const TrackPoint> points);
// Adds those that are not there yet, up to kRuckEndsMax.
void add_ends(std::vector<RuckEnd>& ends, std::span<const RuckEnd> more);

}  // namespace ruck::rucking

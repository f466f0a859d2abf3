#pragma once
// What a heart-rate strap says of a ruck: zones, training impulse, energy.
//
// Samples arrive in chunks of their own, minutes after the points they belong to. So the meter
// below knows nothing of points and pauses, and the figures do not depend on which came first.
#include "rucking/energy.hpp"
#include "rucking/feed_result.hpp"
#include "rucking/track_point.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ruck::rucking {

struct HeartRateRange {
  double resting_bpm = 67;
  double max_bpm = 180;
};

// Tanaka, Monahan, Seals 2001. science §5.1
[[nodiscard]] double tanaka_max_bpm(double age_years);
// What the mobile app assumes: 65 for men, 70 for women, 67 otherwise (contract/behaviour.md §5).
[[nodiscard]] double default_resting_bpm(Sex sex);

inline constexpr int kHeartRateZones = 5;
// Karvonen: 50, 60, 70, 80, 90 and 100 % of the reserve between rest and maximum.
[[nodiscard]] std::array<double, kHeartRateZones + 1> zone_boundaries_bpm(HeartRateRange range);
// 1 to 5; 0 below the first boundary. A boundary belongs to the zone above it.
[[nodiscard]] int zone_of(double bpm, HeartRateRange range);

// Banister's training impulse of time at one heart rate; the mean of both formulas for an unknown
// sex. Sum it over samples: the formula is convex, a mean heart rate gives too little.
[[nodiscard]] double banister_trimp(double minutes, double bpm, HeartRateRange range, Sex sex);

// Edwards: minutes times 1 to 5 by tenths of the maximum from 50 %; nothing below.
[[nodiscard]] double edwards_load(double minutes, double bpm, HeartRateRange range);

// Summary of the samples so far.
struct HeartRateTotals {
  std::uint32_t samples = 0;
  double average_bpm = 0;  // of samples; 0 where there are none
  int min_bpm = 0;
  int max_bpm = 0;
  std::array<double, kHeartRateZones + 1> zone_s{};  // [0]: below zone 1
  double trimp = 0;
  double edwards = 0;
  double energy_kcal = 0;  // Keytel, gross, over covered_s
  double covered_s = 0;
};

// Adds up samples in the order of their times. Between two samples the heart rate is their mean.
class HeartRateMeter {
 public:
  HeartRateMeter(const Body& body, HeartRateRange range);

  // kOutOfOrder where a sample is not after the last one, kRejected where it is no heart rate;
  // neither changes anything.
  FeedResult add(const HeartRateSample& sample);

  [[nodiscard]] HeartRateTotals totals() const;
  [[nodiscard]] std::optional<HeartRateSample> last() const;

  template <class Archive>
  void visit(Archive& archive) {
    archive(last_ms_, last_bpm_, min_bpm_, max_bpm_, samples_, sum_bpm_, zone_ms_, trimp_, edwards_,
            energy_j_, covered_ms_);
  }

 private:
  void add_interval(std::int64_t dt_ms, double bpm);

  Body body_;
  HeartRateRange range_;
  std::int64_t last_ms_ = 0;
  std::uint16_t last_bpm_ = 0;
  std::uint16_t min_bpm_ = 0;
  std::uint16_t max_bpm_ = 0;
  std::uint32_t samples_ = 0;
  std::uint32_t sum_bpm_ = 0;
  std::array<std::uint32_t, kHeartRateZones + 1> zone_ms_{};  // 49 days each
  double trimp_ = 0;
  double edwards_ = 0;
  double energy_j_ = 0;
  std::int64_t covered_ms_ = 0;
};

}  // namespace ruck::rucking

#include "rucking/heart_rate.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {
namespace {
// A strap that drops out says nothing of the minutes between: zones, as in the mobile app, take at
// most ten of them (contract/behaviour.md §5).
constexpr std::int64_t kLongestZoneInterval_ms = 600'000;
// A heart follows effort with a time constant of half a minute, so a sample speaks for a minute.
// For energy, what lies beyond counts as not covered, and the mechanical figure takes its place.
constexpr std::int64_t kLongestCoveredInterval_ms = 60'000;
constexpr double kMsPerSecond = 1000;
constexpr double kMsPerMinute = 60'000;

double reserve_share(double bpm, HeartRateRange range) {
  const double reserve_bpm = range.max_bpm - range.resting_bpm;
  if (!(reserve_bpm > 0)) return 0;
  return std::clamp((bpm - range.resting_bpm) / reserve_bpm, 0.0, 1.0);
}
}  // namespace

double tanaka_max_bpm(double age_years) { return 208 - 0.7 * age_years; }

double default_resting_bpm(Sex sex) {
  if (sex == Sex::kMale) return 65;
  if (sex == Sex::kFemale) return 70;
  return 67;
}

std::array<double, kHeartRateZones + 1> zone_boundaries_bpm(HeartRateRange range) {
  std::array<double, kHeartRateZones + 1> boundaries{};
  for (std::size_t i = 0; i < boundaries.size(); ++i) {
    const double share = 0.5 + 0.1 * static_cast<double>(i);
    boundaries[i] = range.resting_bpm + share * (range.max_bpm - range.resting_bpm);
  }
  return boundaries;
}

int zone_of(double bpm, HeartRateRange range) {
  const auto boundaries = zone_boundaries_bpm(range);
  int zone = 0;
  while (zone < kHeartRateZones && bpm >= boundaries[static_cast<std::size_t>(zone)]) ++zone;
  return zone;
}

double banister_trimp(double minutes, double bpm, HeartRateRange range, Sex sex) {
  const double r = reserve_share(bpm, range);
  const double male = 0.64 * std::exp(1.92 * r);
  const double female = 0.86 * std::exp(1.67 * r);
  const double weight = sex == Sex::kMale     ? male
                        : sex == Sex::kFemale ? female
                                              : (male + female) / 2;
  return minutes * r * weight;
}

double edwards_load(double minutes, double bpm, HeartRateRange range) {
  if (!(range.max_bpm > 0)) return 0;
  // A hundredth of a beat keeps 0.6·max, which rounds below itself, in its own zone.
  const double tenths = std::floor((bpm + 0.01) / range.max_bpm * 10);
  return minutes * std::clamp(tenths - 4, 0.0, 5.0);
}

HeartRateMeter::HeartRateMeter(const Body& body, HeartRateRange range)
    : body_(body), range_(range) {}

FeedResult HeartRateMeter::add(const HeartRateSample& sample) {
  if (samples_ > 0 && sample.time_ms <= last_ms_) return FeedResult::kOutOfOrder;
  if (sample.bpm < kLowestHeartRate_bpm || sample.bpm > kHighestHeartRate_bpm) {
    return FeedResult::kRejected;
  }
  if (samples_ > 0) add_interval(sample.time_ms - last_ms_, (last_bpm_ + sample.bpm) / 2.0);
  min_bpm_ = samples_ > 0 ? std::min(min_bpm_, sample.bpm) : sample.bpm;
  max_bpm_ = std::max(max_bpm_, sample.bpm);
  last_ms_ = sample.time_ms;
  last_bpm_ = sample.bpm;
  sum_bpm_ += sample.bpm;
  ++samples_;
  return FeedResult::kTaken;
}

void HeartRateMeter::add_interval(std::int64_t dt_ms, double bpm) {
  const std::int64_t zone_ms = std::min(dt_ms, kLongestZoneInterval_ms);
  const double minutes = static_cast<double>(zone_ms) / kMsPerMinute;
  zone_ms_[static_cast<std::size_t>(zone_of(bpm, range_))] += static_cast<std::uint32_t>(zone_ms);
  trimp_ += banister_trimp(minutes, bpm, range_, body_.sex);
  edwards_ += edwards_load(minutes, bpm, range_);
  const std::int64_t covered_ms = std::min(dt_ms, kLongestCoveredInterval_ms);
  covered_ms_ += covered_ms;
  energy_j_ += keytel_watts(body_, bpm) * static_cast<double>(covered_ms) / kMsPerSecond;
}

HeartRateTotals HeartRateMeter::totals() const {
  HeartRateTotals totals;
  totals.samples = samples_;
  if (samples_ > 0) totals.average_bpm = static_cast<double>(sum_bpm_) / samples_;
  totals.min_bpm = min_bpm_;
  totals.max_bpm = max_bpm_;
  for (std::size_t i = 0; i < zone_ms_.size(); ++i) {
    totals.zone_s[i] = static_cast<double>(zone_ms_[i]) / kMsPerSecond;
  }
  totals.trimp = trimp_;
  totals.edwards = edwards_;
  totals.energy_kcal = to_kcal(energy_j_);
  totals.covered_s = static_cast<double>(covered_ms_) / kMsPerSecond;
  return totals;
}

std::optional<HeartRateSample> HeartRateMeter::last() const {
  if (samples_ == 0) return std::nullopt;
  return HeartRateSample{.time_ms = last_ms_, .bpm = last_bpm_};
}

}  // namespace ruck::rucking

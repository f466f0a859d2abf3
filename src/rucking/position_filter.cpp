#include "rucking/position_filter.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {
namespace {
// How much a walker's velocity changes by itself, as white acceleration. science §2.5
constexpr double kAcceleration_m2_per_s3 = 0.05;
// Before the second fix anything up to a run is likely.
constexpr double kFirstVelocity_m2_per_s2 = 4;
// A scale taken this far away is wrong by less than 0.01 % at 60°, which a filter does not notice.
constexpr double kScaleReach_deg = 0.003;
// Closer to the pole than 1.1 km a degree of longitude is nothing to divide by: fixes are taken as
// they are.
constexpr double kFarthestLatitude_deg = 89.99;

std::int32_t to_e7(double degrees) {
  return static_cast<std::int32_t>(std::llround(degrees / kDegreesPerE7));
}
}  // namespace

void PositionFilter::start(Position at, double sigma_m) {
  at_ = at;
  scale_lat_deg_ = at.lat_deg;
  scale_ = local_scale(scale_lat_deg_);
  east_m_per_s_ = north_m_per_s_ = 0;
  p_position_ = sigma_m * sigma_m;
  p_cross_ = 0;
  p_velocity_ = kFirstVelocity_m2_per_s2;
}

void PositionFilter::update(double dt_s, Position measured, double sigma_m) {
  if (std::fabs(measured.lat_deg) > kFarthestLatitude_deg) return start(measured, sigma_m);
  if (std::fabs(measured.lat_deg - scale_lat_deg_) > kScaleReach_deg) {
    scale_lat_deg_ = measured.lat_deg;
    scale_ = local_scale(scale_lat_deg_);
  }
  // Predict.
  const double q = kAcceleration_m2_per_s3;
  p_position_ += dt_s * (2 * p_cross_ + dt_s * (p_velocity_ + q * dt_s / 3));
  p_cross_ += dt_s * (p_velocity_ + q * dt_s / 2);
  p_velocity_ += q * dt_s;
  const Offset travelled{.east_m = east_m_per_s_ * dt_s, .north_m = north_m_per_s_ * dt_s};
  // Correct.
  const Offset to_measured = offset(at_, measured, scale_);
  const double east_m = to_measured.east_m - travelled.east_m;
  const double north_m = to_measured.north_m - travelled.north_m;
  const double innovation_m2 = p_position_ + sigma_m * sigma_m;
  const double gain = p_position_ / innovation_m2;
  const double velocity_gain = p_cross_ / innovation_m2;
  at_ = moved(
      at_,
      {.east_m = travelled.east_m + gain * east_m, .north_m = travelled.north_m + gain * north_m},
      scale_);
  east_m_per_s_ += velocity_gain * east_m;
  north_m_per_s_ += velocity_gain * north_m;
  p_velocity_ -= velocity_gain * p_cross_;
  p_cross_ *= 1 - gain;
  p_position_ *= 1 - gain;
}

double PositionFilter::distance2_m2(Position place) const {
  const Offset d = offset_from(place);
  return d.east_m * d.east_m + d.north_m * d.north_m;
}

bool PositionWindow::push(std::int64_t time_ms, Position position) {
  if (size_ > 0 && time_ms - newest().time_ms < kStep_ms) return false;
  // Of the entries that are a span old, only the youngest is needed.
  std::size_t drop = size_ == kCapacity ? 1 : 0;  // only a forged state is that full
  while (drop + 1 < size_ && time_ms - entries_[drop + 1].time_ms >= kSpan_ms) ++drop;
  std::move(entries_.begin() + static_cast<std::ptrdiff_t>(drop), entries_.begin() + size_,
            entries_.begin());
  size_ = static_cast<std::uint8_t>(size_ - drop);
  entries_[size_++] = {
      .time_ms = time_ms, .lat_e7 = to_e7(position.lat_deg), .lng_e7 = to_e7(position.lng_deg)};
  return true;
}

bool PositionWindow::spans_it_all() const {
  return size_ > 1 && newest().time_ms - oldest().time_ms >= kSpan_ms;
}

}  // namespace ruck::rucking

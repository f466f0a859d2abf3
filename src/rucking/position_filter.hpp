#pragma once
// Where the rucker is, from noisy fixes, and where they were during the last half minute.
#include "rucking/geo.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ruck::rucking {

// A constant-velocity Kalman filter. East and north are alike, so they share one covariance.
// Cost: a few dozen multiplications a fix; the local scale is renewed every kilometre or so.
class PositionFilter {
 public:
  void start(Position at, double sigma_m);
  void update(double dt_s, Position measured, double sigma_m);
  [[nodiscard]] Position position() const { return at_; }
  // From a place nearby to the filtered position.
  [[nodiscard]] Offset offset_from(Position place) const { return offset(place, at_, scale_); }
  [[nodiscard]] double distance2_m2(Position place) const;  // squared metres

  template <class Archive>
  void visit(Archive& archive) {
    archive.position(at_);
    archive(scale_lat_deg_, east_m_per_s_, north_m_per_s_, p_position_, p_cross_, p_velocity_);
    scale_ = local_scale(scale_lat_deg_);
  }

 private:
  Position at_;
  double scale_lat_deg_ = 0;
  LocalScale scale_;
  double east_m_per_s_ = 0;
  double north_m_per_s_ = 0;
  double p_position_ = 0;  // m²
  double p_cross_ = 0;     // m²/s
  double p_velocity_ = 0;  // m²/s²
};

// Filtered positions of the last half minute, one every three seconds at most.
class PositionWindow {
 public:
  static constexpr std::int64_t kSpan_ms = 30'000;
  static constexpr std::int64_t kStep_ms = 3'000;

  struct Entry {
    std::int64_t time_ms = 0;
    std::int32_t lat_e7 = 0;
    std::int32_t lng_e7 = 0;
    [[nodiscard]] Position position() const { return from_e7(lat_e7, lng_e7); }
  };

  void clear() { size_ = 0; }
  // False where the last entry is younger than kStep_ms: then nothing is remembered.
  bool push(std::int64_t time_ms, Position position);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool spans_it_all() const;  // oldest() is at least kSpan_ms before newest()
  [[nodiscard]] const Entry& oldest() const { return entries_[0]; }
  [[nodiscard]] const Entry& newest() const { return entries_[size_ - 1U]; }
  [[nodiscard]] const Entry& operator[](std::size_t i) const { return entries_[i]; }

  template <class Archive>
  void visit(Archive& archive) {
    archive.bounded(size_, kCapacity);
    for (Entry& entry : entries_) archive(entry.time_ms, entry.lat_e7, entry.lng_e7);
  }

 private:
  // One entry every step, one at least kSpan_ms old, and the one that is being pushed.
  static constexpr std::uint8_t kCapacity = kSpan_ms / kStep_ms + 2;
  std::array<Entry, kCapacity> entries_{};
  std::uint8_t size_ = 0;
};

}  // namespace ruck::rucking

#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ruck::load {

// Values below 2 * 64 have a bucket each; above, the leading 7 bits say which.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kSubBits + 1));
  return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(value >> shift);
}

double Histogram::middle_of(std::size_t bucket) {
  constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  if (bucket < 2 * kSub) return static_cast<double>(bucket);
  const auto shift = static_cast<int>((bucket >> kSubBits) - 1);
  const auto lead = static_cast<double>((bucket & (kSub - 1)) + kSub);
  return std::ldexp(lead + 0.5, shift) - 0.5;  // whole microseconds: the last one is excluded
}

void Histogram::record(Micros value) {
  constexpr Micros kLargest = (Micros{1} << kValueBits) - 1;
  value = std::clamp<Micros>(value, 0, kLargest);
  buckets_[bucket_of(static_cast<std::uint64_t>(value))] += 1;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  count_ += 1;
  sum_ += static_cast<double>(value);
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

void Histogram::clear() { *this = Histogram(); }

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

Micros Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::clamp<Micros>(std::llround(middle_of(i)), min_, max_);
  }
  return max_;
}

}  // namespace ruck::load

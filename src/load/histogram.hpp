#pragma once
// A histogram of durations: buckets of equal width inside each power of two, 64 of them, so a
// quantile is wrong by at most 1/128 of itself whatever its size. Two can be added up.
#include <array>
#include <cstdint>

namespace ruck::load {

using Micros = std::int64_t;  // microseconds: of a duration, or since the run's clock began

class Histogram {
 public:
  void record(Micros value);
  void add(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Micros max() const { return max_; }
  [[nodiscard]] double mean() const;
  // The value that a share `q` (0..1) of all values does not exceed; 0 when there are none.
  [[nodiscard]] Micros quantile(double q) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr int kValueBits = 40;  // twelve days; longer ones count as that
  static constexpr std::size_t kBuckets = (static_cast<std::size_t>(kValueBits - kSubBits - 1) + 2)
                                          << kSubBits;
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value);
  [[nodiscard]] static double middle_of(std::size_t bucket);

  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Micros min_ = 0;
  Micros max_ = 0;
};

}  // namespace ruck::load

#pragma once
// Which fixes of a live ruck are new, and which were sent before.
#include "services/rucks/limits.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace ruck::rucks {

// The latest times of one kind of sample, to know what is new and what was sent before.
class RecentTimes {
 public:
  RecentTimes() = default;
  explicit RecentTimes(const std::vector<std::int64_t>& times) {
    for (const std::int64_t time_ms : times) add(time_ms);
  }

  enum class Seen : std::uint8_t { kNew, kDuplicate, kUnknown };
  [[nodiscard]] Seen look(std::int64_t time_ms) const {
    if (after_ms_.empty() || time_ms > newest_ms()) return Seen::kNew;
    const bool is_known =
        time_ms >= base_ms_ && std::ranges::binary_search(after_ms_, after_base(time_ms));
    return is_known ? Seen::kDuplicate : Seen::kUnknown;
  }
  // Later than all before.
  void add(std::int64_t time_ms) {
    if (after_ms_.empty() || time_ms - base_ms_ > kSpanMax_ms) {
      after_ms_.clear();
      base_ms_ = time_ms;
    }
    if (after_ms_.size() == kRecentTimesMax + kSlack) {
      after_ms_.erase(after_ms_.begin(), after_ms_.begin() + kSlack);
    }
    if (after_ms_.size() == after_ms_.capacity()) {  // no more than can be needed
      after_ms_.reserve(std::min(2 * after_ms_.size() + 1, kRecentTimesMax + kSlack));
    }
    after_ms_.push_back(after_base(time_ms));
  }

 private:
  static constexpr std::size_t kSlack = 32;  // so that few are moved often
  static constexpr std::int64_t kSpanMax_ms = std::numeric_limits<std::uint32_t>::max();
  [[nodiscard]] std::uint32_t after_base(std::int64_t time_ms) const {
    return static_cast<std::uint32_t>(time_ms - base_ms_);
  }
  [[nodiscard]] std::int64_t newest_ms() const { return base_ms_ + after_ms_.back(); }

  std::int64_t base_ms_ = 0;
  // Ascending, without a gap: all that is stored from the first on. 4 bytes each.
  std::vector<std::uint32_t> after_ms_;
};

}  // namespace ruck::rucks

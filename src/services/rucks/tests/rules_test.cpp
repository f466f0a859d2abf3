#include "services/rucks/rules.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ruck::rucks {
namespace {

TEST(RuckIds, OfOneMomentAreDifferentAndAboveEveryEpoch) {
  const UtcUs now =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(8);
  std::set<std::int64_t> ids;
  for (int i = 0; i < 4096; ++i) ids.insert(make_ruck_id(now).value());
  EXPECT_EQ(ids.size(), 4096U);
  EXPECT_GT(*ids.begin(), to_ms(now).time_since_epoch().count()) << "offline names are epochs";
  const std::int64_t last = *ids.rbegin();
  EXPECT_GT(make_ruck_id(now + std::chrono::days(1)).value(), last) << "ordered by day";
  EXPECT_LT(last, std::int64_t{1} << 53) << "numbers of JSON are exact";
}

// An id held the millisecond at which the rucker pressed Start: with the time of the first visible
// point it gave the length of the hidden way.
TEST(RuckIds, DoNotTellTheMomentOfTheDay) {
  const auto day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
  int later_is_larger = 0;
  constexpr int kRounds = 1000;
  for (int i = 0; i < kRounds; ++i) {
    const RuckId early = make_ruck_id(day + std::chrono::hours(1));
    const RuckId late = make_ruck_id(day + std::chrono::hours(23));
    later_is_larger += late.value() > early.value() ? 1 : 0;
  }
  EXPECT_NEAR(later_is_larger, kRounds / 2, kRounds / 8);
}

}  // namespace
}  // namespace ruck::rucks

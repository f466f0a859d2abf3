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
  EXPECT_GT(make_ruck_id(now + std::chrono::milliseconds(1)).value(), last) << "ordered by time";
  EXPECT_LT(last, std::int64_t{1} << 53) << "numbers of JSON are exact";
}

}  // namespace
}  // namespace ruck::rucks

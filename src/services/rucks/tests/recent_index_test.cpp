#include "services/rucks/limits.hpp"
#include "services/rucks/recording/recent_times.hpp"
#include "services/rucks/track/recent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::rucks {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kStartMs = 1'763'790'000'000;
using SteadyTime = RecentIndex::SteadyTime;

TEST(RecentIndexTest, ARuckIsDueWhenItHasManyBatchesOrOldOnes) {
  RecentIndex index;
  const store::Key busy{.user = UserId(Uuid()), .ruck = RuckId(1)};
  const store::Key calm{.user = UserId(Uuid()), .ruck = RuckId(2)};
  static_cast<void>(index.append(calm, std::nullopt, 5));
  for (std::size_t i = 0; i < kBatchesPerMerge; ++i) {
    static_cast<void>(index.append(busy, std::nullopt, 6));
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto due = index.due(10, now);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due.front().ruck, busy.ruck);
  EXPECT_THAT(index.due(10, now), IsEmpty()) << "once";
  const auto later = index.due(10, now + kRecentAge);
  ASSERT_THAT(later, SizeIs(2)) << "what was not merged is due again";
  EXPECT_EQ(later.front().ruck, calm.ruck) << "the oldest first";
}

TEST(RecentIndexTest, WhatIsMergedIsLookedForSoLongAsAReadMayLast) {
  RecentIndex index;
  const store::Key key{.user = UserId(Uuid()), .ruck = RuckId(1)};
  for (int i = 0; i < 3; ++i) static_cast<void>(index.append(key, std::nullopt, 10 + i));
  const SteadyTime now = std::chrono::steady_clock::now();
  index.merged(key.ruck, 2, 11, now);
  EXPECT_THAT(index.ids_after(key.ruck, 11), ElementsAre(3));
  EXPECT_THAT(index.ids_after(key.ruck, 9), ElementsAre(1, 2, 3)) << "a read with the older row";
  EXPECT_EQ(index.first_needed(now), 1);
  EXPECT_EQ(index.first_needed(now + kMergedKept), 3);
  EXPECT_THAT(index.ids_after(key.ruck, 9), ElementsAre(3));
  index.merged(key.ruck, 3, 12, now);
  EXPECT_EQ(index.first_needed(now + kMergedKept), 4);
  EXPECT_EQ(index.rows(), 0);
}

TEST(RecentTimesTest, TellsWhatIsNewAndWhatWasSentBefore) {
  using Seen = RecentTimes::Seen;
  RecentTimes times;
  EXPECT_EQ(times.look(kStartMs), Seen::kNew);
  const int count = 3 * static_cast<int>(kRecentTimesMax);
  for (int i = 0; i < count; ++i) times.add(kStartMs + 1000 * i);
  EXPECT_EQ(times.look(kStartMs + 1000 * count), Seen::kNew);
  for (int i = count - static_cast<int>(kRecentTimesMax); i < count; ++i) {
    EXPECT_EQ(times.look(kStartMs + 1000 * i), Seen::kDuplicate) << i;
  }
  EXPECT_EQ(times.look(kStartMs + 1000 * (count - 1) - 1), Seen::kUnknown) << "between two";
  EXPECT_EQ(times.look(kStartMs), Seen::kUnknown) << "too long ago to be remembered";
  EXPECT_EQ(times.look(kStartMs - 1), Seen::kUnknown);
}

// They are kept as distances from the first: a phone whose clock was wrong by years was not to
// make two times look the same.
TEST(RecentTimesTest, AJumpOfYearsIsNoDuplicate) {
  using Seen = RecentTimes::Seen;
  constexpr std::int64_t kRound = std::int64_t{1} << 32;  // ms
  RecentTimes times;
  times.add(kStartMs);
  times.add(kStartMs + 1000);
  EXPECT_EQ(times.look(kStartMs + 1000 + kRound), Seen::kNew);
  times.add(kStartMs + 1000 + kRound);
  EXPECT_EQ(times.look(kStartMs + 1000), Seen::kUnknown);
  EXPECT_EQ(times.look(kStartMs + 1000 + kRound), Seen::kDuplicate);
}

}  // namespace
}  // namespace ruck::rucks

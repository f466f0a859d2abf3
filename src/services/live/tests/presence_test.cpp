#include "services/live/presence.hpp"

#include "services/live/limits.hpp"

#include <gmock/gmock.h>

namespace ruck::live {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

constexpr RuckId kRuck(7);
const Presence::SteadyTime kNow = Presence::SteadyTime() + std::chrono::hours(1);

TEST(Presence, IsTheSumOfAllServers) {
  Presence here;
  here.set(kRuck, 2);
  EXPECT_TRUE(here.hear(1, {.ruck = kRuck, .count = 3}, kNow));
  EXPECT_TRUE(here.hear(2, {.ruck = kRuck, .count = 1}, kNow));
  EXPECT_EQ(here.total(kRuck), 6U);
  EXPECT_FALSE(here.hear(1, {.ruck = kRuck, .count = 3}, kNow)) << "the same again";
  EXPECT_TRUE(here.hear(1, {.ruck = kRuck, .count = 0}, kNow));
  EXPECT_EQ(here.total(kRuck), 3U);
  EXPECT_EQ(here.total(RuckId(8)), 0U);
}

TEST(Presence, WhatHasChangedIsSaidOnce) {
  Presence here;
  static_cast<void>(here.due(kNow));
  here.set(kRuck, 2);
  EXPECT_THAT(here.due(kNow), ElementsAre(Presence::Said{.ruck = kRuck, .count = 2}));
  EXPECT_THAT(here.due(kNow), IsEmpty());
  here.set(kRuck, 2);
  EXPECT_THAT(here.due(kNow), IsEmpty());
  here.set(kRuck, 0);
  EXPECT_THAT(here.due(kNow), ElementsAre(Presence::Said{.ruck = kRuck, .count = 0}));
  here.set(kRuck, 0);
  EXPECT_THAT(here.due(kNow + kPresenceEvery), IsEmpty());
}

TEST(Presence, AllOfItIsSaidNowAndThen) {
  Presence here;
  here.set(kRuck, 2);
  static_cast<void>(here.due(kNow));
  EXPECT_THAT(here.due(kNow + kPresenceEvery - seconds(1)), IsEmpty());
  EXPECT_THAT(here.due(kNow + kPresenceEvery),
              ElementsAre(Presence::Said{.ruck = kRuck, .count = 2}));
}

TEST(Presence, AServerThatSaysNothingAnyMoreIsForgotten) {
  Presence here;
  here.hear(1, {.ruck = kRuck, .count = 3}, kNow);
  here.hear(2, {.ruck = kRuck, .count = 1}, kNow + seconds(20));
  EXPECT_THAT(here.forget(kNow + kPresenceMax), IsEmpty());
  EXPECT_THAT(here.forget(kNow + kPresenceMax + seconds(1)), ElementsAre(kRuck));
  EXPECT_EQ(here.total(kRuck), 1U);
}

TEST(Presence, OfOtherBytesNothingIsMade) {
  const std::string bytes = to_bytes({.server = 5, .said = {{.ruck = kRuck, .count = 2}}});
  const auto message = message_from(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->server, 5U);
  EXPECT_THAT(message->said, ElementsAre(Presence::Said{.ruck = kRuck, .count = 2}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const bool is_one = size == sizeof(std::uint64_t);  // that says nothing
    EXPECT_EQ(message_from(bytes.substr(0, size)).has_value(), is_one) << size;
  }
}

TEST(Presence, IsBounded) {
  Presence here;
  for (std::size_t i = 0; i <= kPresenceRucksMax; ++i) {
    here.hear(1, {.ruck = RuckId(static_cast<std::int64_t>(i) + 1), .count = 1}, kNow);
  }
  EXPECT_EQ(here.total(RuckId(static_cast<std::int64_t>(kPresenceRucksMax) + 1)), 0U);
  for (std::uint64_t server = 0; server < 2 * kPresenceServersMax; ++server) {
    here.hear(server, {.ruck = kRuck, .count = 1}, kNow);
  }
  EXPECT_LE(here.total(kRuck), kPresenceServersMax + 1);
}

}  // namespace
}  // namespace ruck::live

#include "services/people/visibility.hpp"

#include "services/people/store.hpp"
#include "support/databases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ruck::people {
namespace {
using test::DatabaseKind;

TEST(Visibility, WhatIsNotUnderstoodIsPrivate) {
  EXPECT_EQ(visibility_of("public"), Visibility::kPublic);
  EXPECT_EQ(visibility_of("followers"), Visibility::kFollowers);
  EXPECT_EQ(visibility_of("Public"), Visibility::kPrivate);
  EXPECT_EQ(visibility_of(""), Visibility::kPrivate);
}

TEST(Visibility, AnUnknownStandingSeesNothing) {
  for (const auto visibility :
       {Visibility::kPublic, Visibility::kFollowers, Visibility::kPrivate}) {
    EXPECT_EQ(access_to({}, visibility), Access::kHidden);
    EXPECT_EQ(live_access_to({}, visibility, true), LiveAccess::kHidden);
  }
}

TEST(Visibility, LiveFollowingIsForFollowersWhereItIsAllowed) {
  const Standing stranger{.is_blocked = false, .is_private_profile = false};
  const Standing follower{.follows = true,
                          .is_blocked = false,
                          .is_private_profile = false,
                          .live_audience = LiveAudience::kFollowers};
  EXPECT_EQ(live_access_to(stranger, Visibility::kPublic, true), LiveAccess::kMustFollow);
  EXPECT_EQ(live_access_to(stranger, Visibility::kFollowers, true), LiveAccess::kHidden);
  EXPECT_EQ(live_access_to(follower, Visibility::kFollowers, true), LiveAccess::kOpen);
  EXPECT_EQ(live_access_to(follower, Visibility::kPublic, false), LiveAccess::kDisabled);
  EXPECT_EQ(live_access_to(follower, Visibility::kPrivate, true), LiveAccess::kHidden);
  EXPECT_EQ(live_access_to({.is_self = true}, Visibility::kPrivate, false), LiveAccess::kOpen);
}

TEST(Visibility, TheAudienceSaysWhichFollowersMayFollowLive) {
  struct Case {
    LiveAudience audience;
    LiveAccess follower;
    LiveAccess mutual;
  };
  const Case cases[] = {{LiveAudience::kNobody, LiveAccess::kDisabled, LiveAccess::kDisabled},
                        {LiveAudience::kMutual, LiveAccess::kDisabled, LiveAccess::kOpen},
                        {LiveAudience::kFollowers, LiveAccess::kOpen, LiveAccess::kOpen},
                        {LiveAudience::kLink, LiveAccess::kDisabled, LiveAccess::kDisabled}};
  for (const Case& c : cases) {
    Standing standing{.follows = true,
                      .is_blocked = false,
                      .is_private_profile = false,
                      .live_audience = c.audience};
    EXPECT_EQ(live_access_to(standing, Visibility::kPublic, true), c.follower);
    standing.is_followed_by = true;
    EXPECT_EQ(live_access_to(standing, Visibility::kPublic, true), c.mutual);
    EXPECT_EQ(live_access_to(standing, Visibility::kPublic, false), LiveAccess::kDisabled);
    standing.follows = false;
    EXPECT_EQ(live_access_to(standing, Visibility::kPublic, true), LiveAccess::kMustFollow);
  }
  EXPECT_EQ(live_audience_of("everybody"), LiveAudience::kNobody) << "what is not understood";
}

UserId user_id(int number) {
  Uuid::Bytes bytes{};
  bytes[15] = static_cast<std::uint8_t>(number);
  return UserId(Uuid(bytes));
}

const db::Sql kSeen{"test.visible_rucks",
                    "SELECT r.id FROM rucks r JOIN users u ON u.id = r.user_id WHERE " +
                        visible_to_viewer("r", "u", "$1") + " ORDER BY r.id"};
const db::Sql kAddUser{
    "test.add_user",
    "INSERT INTO users (id, email, username, calorie_method, calorie_active_only, prefer_metric,"
    " allow_ruck_sharing, is_private, notification_clubs, notification_buddies,"
    " notification_events, notification_duels, notification_first_ruck, strava_auto_export,"
    " time_zone, secret, revision, created_at, updated_at) VALUES ($1, $2, $2, 'fusion', $3, $3,"
    " $4, $5, $3, $3, $3, $3, $3, $3, 'UTC', $6, 1, 0, 0)"};
const db::Sql kAddRuck{
    "test.add_ruck",
    "INSERT INTO rucks (user_id, id, status, visibility, is_manual, allow_live_following,"
    " ruck_weight_kg, body, altitude_source, created_at, updated_at, last_arrival_at, listed_at,"
    " client, distance_m, distance_source, duration_s, moving_s, paused_s, elevation_gain_m,"
    " elevation_loss_m, calories_kcal, power_points, load_distance_kg_km, training_load, steps,"
    " point_count, has_photos) VALUES ($1, $2, 'completed', $3, $4, $5, 0, '{}', 'gps', 0, 0, 0,"
    " 1, '{}', 0, 'none', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $4)"};
const db::Sql kAddOwner{"test.add_owner",
                        "INSERT INTO ruck_owners (ruck_id, user_id) VALUES ($1, $2)"};

class VisibilityTest : public test::OnBothDatabases {
 protected:
  static void add_user(db::Session& q, int number, bool is_private) {
    const std::string name = "user" + std::to_string(number);
    q.execute(kAddUser, user_id(number), name, false, true, is_private,
              db::BytesView{"0123456789abcdef"});
  }
  static void add_ruck(db::Session& q, int owner, int ruck, std::string_view visibility) {
    q.execute(kAddRuck, user_id(owner), ruck, visibility, false, true);
    q.execute(kAddOwner, ruck, user_id(owner));
  }
};

// Every case: profile private or not, viewer follows or not, blocked from either side or not, each
// level. The statement for lists, the batch and the rule for one must agree.
TEST_P(VisibilityTest, TheRuleAsSqlIsTheRule) {
  migrate();
  constexpr int kViewer = 1;
  struct Case {
    bool is_private;
    bool follows;
    bool blocks;
    bool is_blocked;
  };
  std::vector<Case> cases;
  for (int bits = 0; bits < 16; ++bits) {
    cases.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0});
  }
  const auto done = database().write_now([&](db::Session& q) -> Result<> {
    add_user(q, kViewer, false);
    add_ruck(q, kViewer, 1, "private");
    for (int i = 0; i < std::ssize(cases); ++i) {
      const Case& c = cases[static_cast<std::size_t>(i)];
      const int owner = 10 + i;
      add_user(q, owner, c.is_private);
      add_ruck(q, owner, owner * 10, "public");
      add_ruck(q, owner, owner * 10 + 1, "followers");
      add_ruck(q, owner, owner * 10 + 2, "private");
      add_ruck(q, owner, owner * 10 + 3, "a level of tomorrow");
      if (c.follows) store::follow(q, {user_id(kViewer), user_id(owner)}, utc_us(1));
      if (c.blocks) store::block(q, {user_id(kViewer), user_id(owner)}, utc_us(1));
      if (c.is_blocked) store::block(q, {user_id(owner), user_id(kViewer)}, utc_us(1));
    }
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  const auto checked = database().read_now([&](db::Session& q) -> Result<> {
    std::vector<std::int64_t> expected = {1};
    for (int i = 0; i < std::ssize(cases); ++i) {
      const Case& c = cases[static_cast<std::size_t>(i)];
      const auto standing = standing_of(q, user_id(kViewer), user_id(10 + i));
      EXPECT_EQ(standing->is_private_profile, c.is_private);
      EXPECT_EQ(standing->follows, c.follows);
      EXPECT_EQ(standing->is_blocked, c.blocks || c.is_blocked);
      std::vector<RuckId> rucks;
      std::vector<std::int64_t> shown;
      for (int level = 0; level < 4; ++level) {
        const auto visibility = std::array{Visibility::kPublic, Visibility::kFollowers,
                                           Visibility::kPrivate, Visibility::kPrivate};
        rucks.push_back(RuckId((10 + i) * 10 + level));
        if (access_to(*standing, visibility[static_cast<std::size_t>(level)]) == Access::kCut) {
          shown.push_back(rucks.back().value());
        }
      }
      std::vector<std::int64_t> batch;
      for (const RuckAccess& access : access_to_rucks(q, user_id(kViewer), rucks)) {
        EXPECT_EQ(access.access, Access::kCut);
        EXPECT_EQ(access.owner, user_id(10 + i));
        batch.push_back(access.ruck.value());
      }
      std::ranges::sort(batch);
      EXPECT_EQ(batch, shown);
      for (const RuckId ruck : rucks) {
        EXPECT_EQ(access_to_ruck(q, user_id(kViewer), ruck).has_value(),
                  std::ranges::count(shown, ruck.value()) == 1);
      }
      expected.insert(expected.end(), shown.begin(), shown.end());
    }
    std::vector<std::int64_t> listed = q.many<std::int64_t>(kSeen, user_id(kViewer));
    std::ranges::sort(expected);
    EXPECT_EQ(listed, expected);
    EXPECT_EQ(expected.size(), 1U + 1 + 2 + 2) << "own; open; open followed; private followed";
    EXPECT_FALSE(standing_of(q, user_id(kViewer), user_id(99)));
    // Nobody is signed in: what is public of open profiles, whatever blocks there are.
    EXPECT_EQ(access_to(*standing_of(q, std::nullopt, user_id(10)), Visibility::kPublic),
              Access::kCut);
    EXPECT_EQ(access_to(*standing_of(q, std::nullopt, user_id(11)), Visibility::kPublic),
              Access::kHidden);
    return {};
  });
  ASSERT_TRUE(checked) << checked.error().detail;
}

const db::Sql kLive{"test.live_rucks",
                    "SELECT r.id FROM rucks r JOIN users u ON u.id = r.user_id WHERE " +
                        live_for_viewer("r", "u", "$1") + " ORDER BY r.id"};
const db::Sql kSetAudience{"test.set_audience",
                           "UPDATE users SET live_audience = $2 WHERE id = $1"};

// Every audience, each way of following, blocked or not, each level and switch of a ruck: the
// statement for lists, the question about many viewers and the rule for one must agree.
TEST_P(VisibilityTest, TheLiveRuleAsSqlIsTheRule) {
  migrate();
  constexpr int kViewer = 1;
  constexpr int kOwners = 32;  // audience, follows, is followed, is blocked
  const auto owner_of = [](int i) { return 10 + i; };
  const auto done = database().write_now([&](db::Session& q) {
    add_user(q, kViewer, false);
    for (int i = 0; i < kOwners; ++i) {
      const int owner = owner_of(i);
      add_user(q, owner, false);
      q.execute(kSetAudience, user_id(owner), json::name_of_enum(static_cast<LiveAudience>(i % 4)));
      for (int ruck = 0; ruck < 6; ++ruck) {
        const auto level =
            std::array{"public", "followers", "private"}[static_cast<std::size_t>(ruck % 3)];
        q.execute(kAddRuck, user_id(owner), owner * 10 + ruck, level, false, ruck < 3);
      }
      if ((i & 4) != 0) store::follow(q, {user_id(kViewer), user_id(owner)}, utc_us(1));
      if ((i & 8) != 0) store::follow(q, {user_id(owner), user_id(kViewer)}, utc_us(1));
      if ((i & 16) != 0) store::block(q, {user_id(owner), user_id(kViewer)}, utc_us(1));
    }
  });
  ASSERT_TRUE(done) << done.error().detail;
  const auto checked = database().read_now([&](db::Session& q) {
    std::vector<std::int64_t> expected;
    for (int i = 0; i < kOwners; ++i) {
      const auto standing = standing_of(q, user_id(kViewer), user_id(owner_of(i)));
      EXPECT_EQ(standing->live_audience, static_cast<LiveAudience>(i % 4));
      const std::vector<Standing> same = standings_of(
          q, {user_id(99), user_id(kViewer), user_id(owner_of(i))}, user_id(owner_of(i)));
      EXPECT_TRUE(same[0].is_blocked) << "nobody is a stranger";
      EXPECT_EQ(same[1].follows, standing->follows);
      EXPECT_EQ(same[1].is_followed_by, standing->is_followed_by);
      EXPECT_EQ(same[1].is_blocked, standing->is_blocked);
      EXPECT_EQ(same[1].live_audience, standing->live_audience);
      EXPECT_TRUE(same[2].is_self);
      for (int ruck = 0; ruck < 6; ++ruck) {
        const auto level = std::array{Visibility::kPublic, Visibility::kFollowers,
                                      Visibility::kPrivate}[static_cast<std::size_t>(ruck % 3)];
        if (live_access_to(*standing, level, ruck < 3) == LiveAccess::kOpen) {
          expected.push_back(owner_of(i) * 10 + ruck);
        }
      }
    }
    EXPECT_EQ(q.many<std::int64_t>(kLive, user_id(kViewer)), expected);
    EXPECT_EQ(expected.size(), 2U * (1 + 2)) << "mutual both ways; followers either way; 2 levels";
  });
  ASSERT_TRUE(checked) << checked.error().detail;
}

// More viewers than one question takes.
TEST_P(VisibilityTest, ManyViewersAreAskedAboutInTheirOrder) {
  migrate();
  constexpr int kViewers = 120;
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    for (int i = 0; i <= kViewers; ++i) add_user(q, i, false);
    for (int i = 1; i <= kViewers; i += 3) store::follow(q, {user_id(i), user_id(0)}, utc_us(1));
  }));
  std::vector<UserId> viewers;
  for (int i = kViewers; i > 0; --i) viewers.push_back(user_id(i));
  const auto standings =
      database().read_now([&](db::Session& q) { return standings_of(q, viewers, user_id(0)); });
  ASSERT_TRUE(standings);
  ASSERT_EQ(standings->size(), viewers.size());
  for (int i = kViewers; i > 0; --i) {
    EXPECT_EQ((*standings)[static_cast<std::size_t>(kViewers - i)].follows, i % 3 == 1) << i;
  }
}

RUCK_ON_BOTH_DATABASES(VisibilityTest);

}  // namespace
}  // namespace ruck::people

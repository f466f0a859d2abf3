// The order of a list is no oracle.
#include "privacy/order.hpp"

#include "privacy/visit.hpp"
#include "rucking/privacy.hpp"
#include "support/rucking.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ruck::attack {
namespace {

class OrderTest : public testing::Test {
 protected:
  // How many rucks' exact values the order tells, though what is shown of them is another.
  int count_told(const OrderOracle::Question& question, double SeenRuck::* value, double close) {
    std::vector<std::int64_t> rucks;
    for (const TrueRuck& ruck : seen_.truth.rucks) rucks.push_back(ruck.id);
    const auto found = oracle_.ask(question, rucks);
    EXPECT_FALSE(found.empty()) << "the question was not asked";
    int told = 0;
    for (std::size_t i = 0; i < rucks.size(); ++i) {
      if (!found.contains(rucks[i])) continue;
      const double exact = seen_.truth.rucks[i].own.*value;
      const double shown = seen_.sight.rucks[i].*value;
      const double guessed = found.at(rucks[i]);
      std::printf("[ measured ] %s: exact %.1f, shown %.1f, the order says %.1f\n",
                  question.sort.c_str(), exact, shown, guessed);
      told += std::fabs(guessed - exact) <= close && std::fabs(shown - exact) > close ? 1 : 0;
    }
    return told;
  }

  test::RuckServer server_{{}};
  Viewers viewers_{server_};
  Visit visit_{server_,
               viewers_,
               {.seed = 11,
                .streets = Streets::kBent,
                .story = Story::kStarts,
                .rucks = 4,
                .until_ms = test::now_ms()}};
  Seen seen_ = visit_.play();
  OrderOracle oracle_{server_, visit_.owner().user_id};
};

TEST_F(OrderTest, AnOwnRuckInTheFeedDoesNotTellAnothersExactDistance) {
  EXPECT_EQ(count_told({.sort = "distance_desc", .low = 100, .high = 16'484, .exact_to = 1},
                       &SeenRuck::distance_m, 4),
            0);
}

TEST_F(OrderTest, AnOwnRuckInTheFeedDoesNotTellAnothersExactTime) {
  EXPECT_EQ(count_told({.sort = "duration_desc", .low = 60, .high = 16'444, .exact_to = 1},
                       &SeenRuck::duration_s, 4),
            0);
}

TEST_F(OrderTest, AnOwnRuckInTheFeedDoesNotTellAnothersExactClimb) {
  EXPECT_EQ(count_told({.sort = "elevation_gain_desc", .low = 0, .high = 1024, .exact_to = 0.05},
                       &SeenRuck::gain_m, 0.1),
            0);
}

TEST_F(OrderTest, AnOwnRuckInTheFeedDoesNotTellAnothersExactEnergy) {
  EXPECT_EQ(count_told({.sort = "calories_desc", .low = 20, .high = 4116, .exact_to = 1},
                       &SeenRuck::calories_kcal, 1),
            0);
}

// Lists by time have their order from the moment a ruck ended, which was at home.
TEST_F(OrderTest, AnOwnRuckInTheFeedDoesNotTellWhenAnotherEnded) {
  constexpr double kHourS = 3600;
  int asked = 0;
  int told = 0;
  for (std::size_t i = 0; i < seen_.sight.rucks.size(); ++i) {
    const SeenRuck& own = seen_.truth.rucks[i].own;
    const double shown_s = static_cast<double>(seen_.sight.rucks[i].completed_ms) / 1000;
    const double exact_s = static_cast<double>(own.completed_ms) / 1000;
    const std::int64_t id = seen_.sight.rucks[i].id;
    if (!oracle_.is_listed(id)) continue;
    // What is shown lies before the end by what is hidden and by the minutes of an hour; the
    // spy's own ruck is put at an hour as well.
    const double before_s = own.duration_s + 2 * kHourS;
    const auto found = oracle_.ask({.sort = "created_at_desc",
                                    .low = exact_s - before_s,
                                    .high = exact_s + 2 * kHourS,
                                    .exact_to = 1},
                                   {id});
    ASSERT_TRUE(found.contains(id))
        << "the question was not asked of ruck " << i << ", which ended " << exact_s - shown_s
        << " s after what is shown";
    ++asked;
    std::printf("[ measured ] ended %.0f s after what is shown, the order says %.0f\n",
                exact_s - shown_s, found.at(id) - shown_s);
    const bool is_close = std::fabs(found.at(id) - exact_s) <= 2;
    told += is_close && std::fabs(shown_s - exact_s) > 2 ? 1 : 0;
  }
  EXPECT_GT(asked, 0);
  // The spy's own ruck moves by whole hours, so one of four may end there by chance; an order by
  // the true ends tells all of them.
  EXPECT_LE(told, asked / 4);
}

// A walk round the block of which nothing may be shown: no list has it, nor a cursor, nor a sign
// that there is one more.
TEST_F(OrderTest, ARuckOfWhichNothingIsShownLeavesNoTraceInAList) {
  test::ApiClient homebody(server_.url());
  homebody.sign_up("homebody");
  viewers_.follower.post("/api/users/" + homebody.user_id + "/follow");
  const Frame frame({.lat_deg = 31, .lng_deg = 31});
  // Round a block, nowhere farther from its start than what is always hidden.
  constexpr double kRoundM = 0.45 * rucking::kEndMarginM;
  Fixes fixes;
  for (int i = 0; i < 160; ++i) {
    const double angle = i * 2 * 3.14159265 / 160;
    fixes.push_back({.at = frame.on_earth(kRoundM * towards(angle)),
                     .altitude_m = 50,
                     .time_ms = test::now_ms() - 3'600'000 + 5000 * i});
  }
  const std::string id =
      test::start_ruck(homebody, R"({"ruck_weight_kg":9,"visibility":"public"})");
  homebody.post("/api/rucks/" + id + "/location", batch_of(fixes));
  ASSERT_EQ(homebody.post("/api/rucks/" + id + "/complete", "{}").status, 200);
  ASSERT_EQ(viewers_.stranger.get("/api/rucks/" + id).json["route"].size(), 0U);
  const std::string near = "?sort_by=proximity_asc&latitude=31&longitude=31";
  for (auto* viewer : {&viewers_.stranger, &viewers_.follower}) {
    for (const std::string& query :
         {std::string("?per_page=50"), std::string("?following_only=true"), near,
          near + "&per_page=1", std::string("?sort_by=distance_desc&per_page=50")}) {
      const test::Reply list = viewer->get("/api/ruck-buddies" + query);
      EXPECT_FALSE(list.body.contains(id)) << query;
      if (query.starts_with(near)) EXPECT_FALSE(list.json["meta"]["has_more"].boolean()) << query;
    }
  }
}

}  // namespace
}  // namespace ruck::attack

#include "load/rucker.hpp"

#include "base/time.hpp"
#include "http/json/tree.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace ruck::load {
namespace {

constexpr std::int64_t kBeginMs = 1'763'800'000'000;

// A server of one rucker: keeps the times of the points it was sent, and answers as told.
class Stage {
 public:
  explicit Stage(Behaviour behaviour, std::uint64_t seed = 7)
      : behaviour_(std::move(behaviour)), rucker_(behaviour_, "token", seed) {
    rucker_.set_up();
    run_until(kSecond);
  }

  // Lets time pass; each request takes `takes`.
  void run_until(Micros end) {
    while (now_ < end) {
      rucker_.wake(now_, tally);
      bool sent = false;
      for (const Lane lane : {Lane::kUpload, Lane::kLate, Lane::kRead}) {
        if (!rucker_.wants_to_send(lane, now_)) continue;
        sent = true;
        exchange(lane);
      }
      if (sent) continue;
      now_ = std::min(end, std::max(now_ + 1, rucker_.next_wake()));
    }
  }
  void walk(Micros length, std::optional<Micros> back_after = {}, bool live_first = false) {
    WalkPlan plan{.begin = now_, .end = now_ + length, .begin_wall_ms = kBeginMs};
    if (back_after) {
      plan.back_at = now_ + *back_after;
      plan.offline_before = 3600 * kSecond;
      plan.sends_live_first = live_first;
    }
    rucker_.walk(plan);
  }

  std::function<Reply(const std::string& path, std::size_t points)> answer;
  Micros takes = 1000;
  Tally tally;
  std::map<std::string, int> times;       // of points, which sort as text: how often each came
  std::vector<std::int64_t> first_times;  // of each batch, in order
  std::vector<std::pair<Micros, std::string>> requests;
  Rucker& rucker() { return rucker_; }
  [[nodiscard]] Micros now() const { return now_; }

 private:
  void exchange(Lane lane) {
    const std::string text = rucker_.write_request(lane);
    const std::string path = text.substr(0, text.find(" HTTP/1.1"));
    requests.emplace_back(now_, path);
    std::size_t points = 0;
    std::string body = R"({"id":17})";
    if (path.ends_with("/location")) {
      const json::Tree tree = json::Tree::parse(text.substr(text.find("\r\n\r\n") + 4));
      points = tree["points"].size();
      std::size_t fresh = 0;
      Reply given = answer ? answer(path, points) : Reply{.is_answer = true, .status = 201};
      if (given.status / 100 == 2 || !given.is_answer) {
        for (const json::Tree& p : tree["points"].items()) {
          fresh += times[p["timestamp"].text()]++ == 0 ? 1 : 0;
        }
        first_times.push_back(
            parse_iso8601(tree["points"][0]["timestamp"].text())->time.time_since_epoch().count());
      }
      body =
          fmt::format(R"({{"inserted":{},"duplicates":{},"rejected":0}})", fresh, points - fresh);
      finish(lane, given, body);
      return;
    }
    finish(lane, answer ? answer(path, 0) : Reply{.is_answer = true, .status = 200}, body);
  }
  void finish(Lane lane, Reply reply, const std::string& body) {
    reply.sent_at = now_;
    reply.body = body;
    now_ += takes;
    rucker_.answered(lane, reply, now_, tally);
  }

  Behaviour behaviour_;
  Rucker rucker_;
  Micros now_ = 0;
};

Behaviour plain() {
  return {.host = "host", .heart_rate = false, .online_mean = 0, .resend_chance = 0};
}

TEST(Rucker, SendsTenPointsEveryTenSeconds) {
  Stage stage(plain());
  stage.walk(100 * kSecond);
  stage.run_until(stage.now() + 101 * kSecond);
  EXPECT_TRUE(stage.rucker().is_done());
  EXPECT_EQ(stage.first_times.size(), 10U);
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
  EXPECT_NEAR(static_cast<double>(stage.times.size()), 100, 2);
  EXPECT_EQ(stage.tally.of(Endpoint::kLocation).latency.count(), 10U);
  EXPECT_EQ(stage.tally.of(Endpoint::kLocation).latency.max(), 1000);
  EXPECT_EQ(stage.tally.errors(), 0U);
}

// Ten due times pass while one answer takes 95 s: their waiting must show.
TEST(Rucker, AStalledServerShowsInTheLatencyOfEveryDueTime) {
  Stage stage(plain());
  stage.walk(200 * kSecond);
  bool first = true;
  stage.answer = [&](const std::string&, std::size_t) {
    stage.takes = std::exchange(first, false) ? 95 * kSecond : 1000;
    return Reply{.is_answer = true, .status = 201};
  };
  stage.run_until(stage.now() + 201 * kSecond);
  const Histogram& latency = stage.tally.of(Endpoint::kLocation).latency;
  EXPECT_EQ(latency.count(), 20U) << "each due time counts, sent alone or with others";
  EXPECT_GE(latency.quantile(0.95), 84 * kSecond);
  EXPECT_NEAR(static_cast<double>(latency.quantile(0.75)), 45e6, 6e6);
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
}

TEST(Rucker, TriesAgainAfterA503AndNotBeforeItMay) {
  Stage stage(plain());
  stage.walk(30 * kSecond);
  int refusals = 2;
  stage.answer = [&](const std::string&, std::size_t) {
    if (refusals-- > 0) return Reply{.is_answer = true, .status = 503, .retry_after_s = 4};
    return Reply{.is_answer = true, .status = 201};
  };
  const std::size_t before = stage.requests.size();
  stage.run_until(stage.now() + 60 * kSecond);
  ASSERT_GE(stage.requests.size(), before + 3);
  EXPECT_GE(stage.requests[before + 1].first - stage.requests[before].first, 4 * kSecond);
  EXPECT_EQ(stage.tally.shed(), 2U);
  EXPECT_EQ(stage.tally.errors(), 0U);
  EXPECT_GE(stage.tally.of(Endpoint::kLocation).latency.max(), 8 * kSecond);
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
  EXPECT_EQ(stage.tally.points_refused, 0U);
}

TEST(Rucker, DropsWhatIsAnsweredWith4xxAsTheAppDoes) {
  Stage stage(plain());
  stage.walk(30 * kSecond);
  int refusals = 1;
  std::size_t refused = 0;
  stage.answer = [&](const std::string&, std::size_t points) {
    refused += refusals > 0 ? points : 0;
    return Reply{.is_answer = true, .status = refusals-- > 0 ? 400 : 201};
  };
  stage.run_until(stage.now() + 40 * kSecond);
  EXPECT_EQ(stage.first_times.size(), 2U);
  EXPECT_GE(refused, 10U);
  EXPECT_EQ(stage.tally.points_refused, refused);
  EXPECT_EQ(stage.tally.errors(), 1U);
}

TEST(Rucker, ALostAnswerIsSentAgainAndCountedOnce) {
  Stage stage(plain());
  stage.walk(30 * kSecond);
  int silences = 1;
  std::size_t unheard = 0;
  stage.answer = [&](const std::string&, std::size_t points) {
    unheard += silences > 0 ? points : 0;
    return silences-- > 0 ? Reply{} : Reply{.is_answer = true, .status = 201};
  };
  stage.run_until(stage.now() + 40 * kSecond);
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
  EXPECT_EQ(stage.tally.points_missing, 0U);
  EXPECT_EQ(stage.tally.points_doubled, 0U);
  EXPECT_GE(unheard, 10U);
  EXPECT_EQ(stage.tally.points_resent, unheard);
}

TEST(Rucker, NoticesAServerThatStoresTwice) {
  Behaviour behaviour = plain();
  behaviour.resend_chance = 1;
  Stage stage(behaviour);
  stage.walk(20 * kSecond);
  stage.run_until(stage.now() + 30 * kSecond);
  EXPECT_EQ(stage.tally.points_doubled, 0U);
  Stage forgetful(behaviour);
  forgetful.walk(20 * kSecond);
  forgetful.answer = [&](const std::string&, std::size_t) {
    forgetful.times.clear();
    return Reply{.is_answer = true, .status = 201};
  };
  forgetful.run_until(forgetful.now() + 30 * kSecond);
  EXPECT_GT(forgetful.tally.points_doubled, 0U);
}

TEST(Rucker, OfflineNothingIsSentAndAfterwardsNothingIsMissing) {
  Behaviour behaviour = plain();
  behaviour.online_mean = 60 * kSecond;
  Stage stage(behaviour);
  stage.walk(1200 * kSecond);
  stage.run_until(stage.now() + 1201 * kSecond);
  EXPECT_TRUE(stage.rucker().is_done());
  EXPECT_GT(stage.tally.offline_periods, 2U);
  EXPECT_GE(stage.tally.backlogs + 1, stage.tally.offline_periods) << "the last may not end";
  EXPECT_GT(stage.tally.of(Endpoint::kBacklog).latency.count(), 5U);
  EXPECT_NEAR(static_cast<double>(stage.times.size()), 1150, 62);
  std::int64_t before = 0;
  for (const auto& [text, count] : stage.times) {
    const std::int64_t time = parse_iso8601(text)->time.time_since_epoch().count();
    EXPECT_TRUE(before == 0 || time - before == 1000) << "a hole before " << text;
    before = time;
  }
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
}

TEST(Rucker, AnHourOfBacklogGoesInOrderAndInBatchesOfAHundred) {
  Stage stage(plain());
  stage.walk(60 * kSecond, 15 * kSecond);
  stage.run_until(stage.now() + 61 * kSecond);
  EXPECT_TRUE(stage.rucker().is_done());
  EXPECT_NEAR(static_cast<double>(stage.times.size()), 3645, 12);
  EXPECT_TRUE(std::ranges::is_sorted(stage.first_times));
  EXPECT_GE(stage.tally.of(Endpoint::kBacklog).requests, 36U);
  EXPECT_EQ(stage.tally.backlogs, 1U);
}

TEST(Rucker, LivePointsFirstThenTheBacklogBesideThem) {
  Stage stage(plain());
  stage.walk(60 * kSecond, 15 * kSecond, true);
  stage.run_until(stage.now() + 61 * kSecond);
  EXPECT_TRUE(stage.rucker().is_done());
  ASSERT_GT(stage.first_times.size(), 3U);
  EXPECT_GT(stage.first_times[0], stage.first_times[1] + 3'000'000) << "live before the old";
  EXPECT_NEAR(static_cast<double>(stage.times.size()), 3645, 12);
  for (const auto& [time, count] : stage.times) EXPECT_EQ(count, 1) << time;
  EXPECT_EQ(stage.tally.backlogs, 1U);
}

TEST(Rucker, AClosedLoopSendsTenOldPointsAtATimeUntilTheEnd) {
  Behaviour behaviour = plain();
  behaviour.closed_loop = true;
  behaviour.batch_points_max = 10;
  Stage stage(behaviour);
  stage.walk(kSecond);
  stage.run_until(stage.now() + 2 * kSecond);
  EXPECT_TRUE(stage.rucker().is_done());
  EXPECT_NEAR(static_cast<double>(stage.first_times.size()), 1000, 5) << "a millisecond each";
  EXPECT_LT(stage.first_times.back(), kBeginMs - 3'600'000) << "never in the future";
  EXPECT_EQ(stage.tally.points_acknowledged, stage.times.size());
  EXPECT_EQ(stage.tally.of(Endpoint::kLocation).latency.max(), 1000);
}

TEST(Rucker, EndsAnOldRuckThatIsInTheWay) {
  Behaviour behaviour = plain();
  Rucker rucker(behaviour, "token", 1);
  Tally tally;
  rucker.set_up();
  const auto step = [&](std::string_view body) {
    const std::string request = rucker.write_request(Lane::kUpload);
    rucker.answered(Lane::kUpload, {.is_answer = true, .status = 200, .body = body}, 0, tally);
    return request.substr(0, request.find(" HTTP"));
  };
  EXPECT_EQ(step(R"({"id":5,"has_active_session":true})"), "POST /api/rucks");
  EXPECT_EQ(step(R"({"id":5})"), "POST /api/rucks/5/complete");
  EXPECT_EQ(step(R"({"id":6})"), "POST /api/rucks");
  EXPECT_EQ(step(R"({"id":6})"), "POST /api/rucks/6/start");
  EXPECT_TRUE(rucker.is_done());
  EXPECT_EQ(rucker.ruck_id(), 6);
}

TEST(Rucker, OpensTheHomeScreenAndTheListEveryFifthTime) {
  Behaviour behaviour = plain();
  behaviour.read_every = 60 * kSecond;
  Stage stage(behaviour);
  stage.walk(600 * kSecond);
  stage.run_until(stage.now() + 601 * kSecond);
  EXPECT_EQ(stage.tally.of(Endpoint::kProfile).requests, 10U);
  EXPECT_EQ(stage.tally.of(Endpoint::kWeekly).requests, 10U);
  EXPECT_EQ(stage.tally.of(Endpoint::kRucks).requests, 2U);
}

TEST(Rucker, HeartRateGoesInChunksAndAllOfIt) {
  Behaviour behaviour = plain();
  behaviour.heart_rate = true;
  Stage stage(behaviour);
  stage.walk(1000 * kSecond);
  stage.run_until(stage.now() + 1001 * kSecond);
  const EndpointTally& chunks = stage.tally.of(Endpoint::kHeartRate);
  EXPECT_GE(chunks.requests, 9U);
  EXPECT_LE(chunks.requests, 12U);
  EXPECT_GT(stage.tally.beats_acknowledged, 890U);
}

TEST(Payload, TheAppsFieldsAreJsonThatTheServerReads) {
  const rucking::TrackPoint point{.time_ms = kBeginMs + 250,
                                  .lat_e7 = -1,
                                  .lng_e7 = 1'234'567'890,
                                  .altitude_dm = -12,
                                  .accuracy_hm = 7,
                                  .speed_5cm = 29};
  for (const PointFields fields : {PointFields::kApp, PointFields::kCompact}) {
    std::string text;
    append_points(text, std::span(&point, 1), fields);
    const json::Tree p = json::Tree::parse(text)["points"][0];
    EXPECT_DOUBLE_EQ(p["lat"].number(), -1e-7) << text;
    EXPECT_DOUBLE_EQ(p["lng"].number(), 123.456789);
    EXPECT_DOUBLE_EQ(p["elevation_meters"].number(), -1.2);
    EXPECT_DOUBLE_EQ(p["accuracy"].number(), 3.5);
    EXPECT_DOUBLE_EQ(p["speed"].number(), 1.45);
    EXPECT_EQ(p["timestamp"].text(), to_iso8601(utc_ms(point.time_ms)));
  }
}

}  // namespace
}  // namespace ruck::load

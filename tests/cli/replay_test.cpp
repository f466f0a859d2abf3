// The main job from outside: a recording in, a ruck with statistics out, and still there after a
// restart.
#include "support/rucking.hpp"
#include "support/tracks.hpp"

#include <gmock/gmock.h>

#include <ctime>
#include <fstream>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class ReplayTest : public ApiTest {
 protected:
  // `ruck …` in a folder of its own, as a user would type it.
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), binary());
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_URL=" + server_->url()},
                       .working_folder = folder_.path()},
                      std::chrono::minutes(3));
  }
  std::string simulated(const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"simulate"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Finished made = ruck(words);
    EXPECT_EQ(made.exit_code, 0) << made.output;
    std::ofstream(folder_.path() + "/made.gpx") << made.output;
    return "made.gpx";
  }
  ApiClient replayer() {
    ApiClient who = client();
    who.set_token(read_file(folder_.path() + "/var/replay-token"));
    return who;
  }

  TemporaryFolder folder_;
};

// Calendar months from that of the ruck to the present one: the statistics' offset.
int months_since(int year, int month) {
  const std::time_t now = std::time(nullptr);
  std::tm today{};
  ::gmtime_r(&now, &today);
  return (today.tm_year + 1900 - year) * 12 + today.tm_mon + 1 - month;
}

TEST_P(ReplayTest, ASimulatedWalkIsAsLongAsItWasMadeAndSurvivesARestart) {
  const std::string file = simulated({"--km", "6", "--load-kg", "15", "--seed", "3"});
  const Finished done = ruck({"replay", file, "--load-kg", "15", "--now"});
  ASSERT_EQ(done.exit_code, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("15 kg"));
  EXPECT_THAT(done.output, HasSubstr("split"));
  const Reply before = replayer().get("/api/rucks?limit=5");
  ASSERT_EQ(before.json.size(), 1U) << before.body;
  EXPECT_NEAR(before.json[0]["distance_km"].number(), 6, 0.09);
  EXPECT_EQ(before.json[0]["status"].text(), "completed");
  const std::string target = "/api/rucks/" + std::to_string(before.json[0]["id"].integer());
  const Reply whole = replayer().get(target);
  const Reply sums = replayer().get("/api/stats/weekly");
  EXPECT_EQ(server_->stop(), 0) << server_->log();
  server_->start();
  EXPECT_EQ(replayer().get("/api/rucks?limit=5").body, before.body);
  EXPECT_EQ(replayer().get(target).body, whole.body);
  EXPECT_EQ(replayer().get("/api/stats/weekly").body, sums.body);
}

TEST_P(ReplayTest, ARecordedTrekIsInTheStatisticsOfItsOwnMonth) {
  if (tracks_folder().empty()) GTEST_SKIP() << "the folder of recorded tracks is absent";
  const std::string file = tracks_folder() + "/black-forest-trek-3-days.gpx";
  const Finished done = ruck({"replay", file, "--load-kg", "15"});
  ASSERT_EQ(done.exit_code, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("80.2"));
  const Reply month =
      replayer().get("/api/stats/monthly?offset=" + std::to_string(months_since(2008, 7)));
  EXPECT_EQ(month.json["data"]["total_sessions"].integer(), 1) << month.body;
  EXPECT_NEAR(month.json["data"]["total_distance_km"].number(), 80.2, 0.3);
  const Reply list = replayer().get("/api/rucks");
  EXPECT_GE(replayer()
                .get("/api/rucks/" + std::to_string(list.json[0]["id"].integer()))
                .json["splits"]
                .size(),
            80U);
}

TEST_P(ReplayTest, TellsWhatIsWrongAndFails) {
  EXPECT_EQ(ruck({"replay"}).exit_code, 2);
  EXPECT_EQ(ruck({"replay", "a.gpx", "--loud"}).exit_code, 2);
  const Finished missing = ruck({"replay", "missing.gpx"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.output, HasSubstr("missing.gpx cannot be read"));
  const std::string file = simulated({"--km", "1"});
  const Finished nobody = ruck({"replay", file, "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.output, HasSubstr("127.0.0.1"));
  std::ofstream(folder_.path() + "/bad.gpx") << "<gpx><trk>";
  EXPECT_EQ(ruck({"replay", "bad.gpx"}).exit_code, 1);
}

TEST_P(ReplayTest, TheSameSeedMakesTheSameWalk) {
  const std::vector<std::string> flags = {"simulate", "--km", "1", "--seed", "5"};
  const Finished first = ruck(flags);
  EXPECT_EQ(first.output, ruck(flags).output);
  EXPECT_NE(first.output, ruck({"simulate", "--km", "1", "--seed", "6"}).output);
}

RUCK_ON_BOTH_DATABASES(ReplayTest);

}  // namespace
}  // namespace ruck::test

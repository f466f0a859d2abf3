// ruck replay on one side, ruck watch on the other.
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class WatchTest : public ApiTest {
 protected:
  ProcessOptions ruck(std::vector<std::string> words, const std::string& output) {
    words.insert(words.begin(), binary());
    return {.argv = std::move(words),
            .extra_env = {"RUCK_URL=" + server_->url()},
            .output_path = output.empty() ? "" : path(output),
            .working_folder = folder_.path()};
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  TemporaryFolder folder_;
};

TEST_P(WatchTest, TwoWatchAReplayAndACheerArrivesThere) {
  const Finished made =
      run_to_end(ruck({"simulate", "--km", "3", "--load-kg", "15"}, ""), std::chrono::seconds(60));
  std::ofstream(path("made.gpx")) << made.output;
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  berta.post("/api/users/" + anna.user_id + "/follow", "{}");
  anna.post("/api/users/" + berta.user_id + "/follow", "{}");
  std::ofstream(path("token")) << berta.token << "\n";
  Process replay(ruck({"replay", "made.gpx", "--now", "--speedup", "300", "--email",
                       "anna@example.org", "--password", "correct horse", "--quiet"},
                      "replay.txt"));
  std::string id;
  for (int i = 0; i < 200 && id.empty(); ++i) {
    const Reply list = anna.get("/api/rucks?limit=1");
    if (list.json.size() > 0 && list.json[0]["status"].text() == "in_progress") {
      id = std::to_string(list.json[0]["id"].integer());
    }
    static_cast<void>(replay.wait(std::chrono::milliseconds(50)));
  }
  ASSERT_FALSE(id.empty()) << read_file(path("replay.txt"));
  Process json(ruck({"watch", id, "--token-file", "token", "--json"}, "watch.json"));
  Process shown(ruck({"watch", id, "--token-file", "token", "--cheer", "Go, Anna!"}, "watch.txt"));
  EXPECT_EQ(replay.wait(std::chrono::seconds(60)), 0) << read_file(path("replay.txt"));
  EXPECT_EQ(json.wait(std::chrono::seconds(5)), 0) << "ends with the ruck";
  EXPECT_EQ(shown.wait(std::chrono::seconds(5)), 0);
  EXPECT_THAT(read_file(path("replay.txt")), HasSubstr("berta: Go, Anna!"));
  EXPECT_THAT(read_file(path("watch.json")), HasSubstr(R"({"type":"snapshot")"));
  EXPECT_THAT(read_file(path("watch.json")), HasSubstr(R"({"type":"update")"));
  EXPECT_THAT(read_file(path("watch.txt")), HasSubstr("in_progress"));
  EXPECT_THAT(read_file(path("watch.txt")), HasSubstr("This ruck has ended"));
}

INSTANTIATE_TEST_SUITE_P(Databases, WatchTest, testing::Values(DatabaseKind::kSqlite), name_of);

}  // namespace
}  // namespace ruck::test

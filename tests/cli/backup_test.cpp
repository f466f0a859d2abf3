// ruck backup, restore and check, as an operator uses them.
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;
namespace fs = std::filesystem;

class OperatorTest : public testing::Test {
 protected:
  OperatorTest() : server_({}), anna_(server_.url()) { anna_.sign_up("anna"); }
  // In the server's own folder, with its settings.
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), binary());
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_DATA_DIR=" + server_.folder() + "/data"},
                       .working_folder = server_.folder()},
                      std::chrono::minutes(2));
  }
  void record(int rucks) {
    for (int i = 0; i < rucks; ++i) {
      record_ruck(anna_, {.start_ms = now_ms() - 86'400'000 * (i + 1), .count = 200});
    }
  }
  [[nodiscard]] std::string database() const { return server_.folder() + "/data/ruck.db"; }
  std::string list() { return anna_.get("/api/rucks?limit=100").body; }

  RuckServer server_;
  ApiClient anna_;
};

TEST_F(OperatorTest, ABackupMadeWhileTheServerWritesIsAWholeOne) {
  record(5);
  std::atomic<bool> stop{false};
  std::thread phone([&] {
    ApiClient own(server_.url());
    own.set_token(anna_.token);
    const std::string id = start_ruck(own);
    for (int i = 0; !stop && i < 2000; ++i) {
      own.post("/api/rucks/" + id + "/location",
               Walk{.start_ms = now_ms() - 3'600'000, .step_s = 1}.part(i, 1).json());
    }
  });
  const Finished made = ruck({"backup", "kept.db"});
  stop = true;
  phone.join();
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("1 users"));
  EXPECT_THAT(made.output, HasSubstr(" rucks"));
  for (const char* day : {"2025-05-01T10:00:00Z", "2025-05-02T10:00:00Z"}) {
    ASSERT_EQ(enter_ruck(anna_, day, 5, 3600).status, 201);
  }
  const Finished busy = ruck({"restore", "kept.db"});
  EXPECT_EQ(busy.exit_code, 1);
  EXPECT_THAT(busy.output, HasSubstr("stop it first"));
  EXPECT_EQ(server_.stop(), 0);
  const Finished restored = ruck({"restore", "kept.db"});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_THAT(restored.output, HasSubstr("computed anew"));
  EXPECT_THAT(restored.output, HasSubstr("before-restore"));
  server_.start();
  const json::Tree after = json::Tree::parse(list());
  const std::size_t finished = 5;
  EXPECT_GE(after.size(), finished);
  EXPECT_LE(after.size(), finished + 1) << "what came after the backup is gone";
  EXPECT_EQ(ruck({"check"}).exit_code, 0);
}

TEST_F(OperatorTest, ADamagedBackupReplacesNothing) {
  record(3);
  ASSERT_EQ(ruck({"backup", "kept.db"}).exit_code, 0);
  EXPECT_EQ(ruck({"backup", "kept.db"}).exit_code, 1) << "an older backup is never written over";
  EXPECT_EQ(server_.stop(), 0);
  const std::string whole = read_file(server_.folder() + "/kept.db");
  const auto write = [&](const std::string& bytes) {
    std::ofstream(server_.folder() + "/bad.db", std::ios::binary | std::ios::trunc) << bytes;
  };
  write(whole.substr(0, whole.size() / 2));
  EXPECT_EQ(ruck({"restore", "bad.db"}).exit_code, 1);
  write("not a database");
  EXPECT_EQ(ruck({"restore", "bad.db"}).exit_code, 1);
  std::string scratched = whole;
  for (std::size_t i = 4096; i < scratched.size(); i += 997) scratched[i] ^= 0x55;
  write(scratched);
  EXPECT_EQ(ruck({"restore", "bad.db"}).exit_code, 1);
  EXPECT_EQ(ruck({"restore", "missing.db"}).exit_code, 1);
  server_.start();
  EXPECT_EQ(json::Tree::parse(list()).size(), 3U);
}

TEST_F(OperatorTest, CheckNamesWhatDoesNotFollowFromTheTrack) {
  record(3);
  const Finished fine = ruck({"check"});
  EXPECT_EQ(fine.exit_code, 0) << fine.output;
  EXPECT_THAT(fine.output, HasSubstr("3 rucks computed anew, 0 differences"));
  EXPECT_EQ(server_.stop(), 0);
  const Finished changed = run_to_end(
      {.argv =
           {"sqlite3", database(),
            "UPDATE rucks SET distance_m = distance_m + 1 WHERE id = (SELECT MIN(id) FROM rucks);"},
       .extra_env = {},
       .output_path = {},
       .working_folder = server_.folder()},
      std::chrono::seconds(30));
  ASSERT_EQ(changed.exit_code, 0) << changed.output;
  const Finished found = ruck({"check"});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.output, HasSubstr("distance_m: stored"));
  EXPECT_THAT(found.output, HasSubstr("day "));
  EXPECT_THAT(found.output, HasSubstr("2 differences"));
}

}  // namespace
}  // namespace ruck::test

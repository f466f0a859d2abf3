// ruck jobs, beside a running server and without one.
#include "support/server.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

namespace ruck::test {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class JobsCommandTest : public testing::Test {
 protected:
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), {binary(), "jobs"});
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_DATA_DIR=" + data()},
                       .working_folder = server_.folder()},
                      std::chrono::minutes(2));
  }
  [[nodiscard]] std::string data() const { return server_.folder() + "/data"; }
  [[nodiscard]] std::string socket() const { return data() + "/control.sock"; }
  // The number of the job that every server has.
  std::string upkeep() {
    const Finished listed = ruck({"list", "--kind", "jobs.tidy", "--json"});
    EXPECT_EQ(listed.exit_code, 0) << listed.output;
    // Warnings about the test's own environment may come before it.
    const std::size_t at = std::min(listed.output.find("{\"id\""), listed.output.size());
    return std::to_string(json::Tree::parse(listed.output.substr(at))["id"].integer());
  }
  RuckServer server_{{}};
};

TEST_F(JobsCommandTest, ListsShowsAndChangesJobsBesideAServer) {
  const std::string id = upkeep();
  EXPECT_THAT(ruck({"list"}).output, HasSubstr("jobs.tidy"));
  EXPECT_THAT(ruck({"list", "--kind", "nothing"}).output, Not(HasSubstr("jobs.tidy")));
  EXPECT_THAT(ruck({"list", "--dead"}).output, Not(HasSubstr("jobs.tidy")));
  const Finished shown = ruck({"show", id});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, AllOf(HasSubstr("jobs.tidy"), HasSubstr("waits")));
  const Finished again = ruck({"retry", id});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("1 of 1 jobs are due again"));
  const Finished other = ruck({"retry", "987654"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.output, HasSubstr("job 987654 was left"));
  EXPECT_EQ(ruck({"show", "987654"}).exit_code, 1);
  EXPECT_EQ(ruck({"drop", id}).exit_code, 0);
  EXPECT_EQ(ruck({"show", id}).exit_code, 1);
}

TEST_F(JobsCommandTest, WorksWithoutAServerOnTheDatabaseItself) {
  const std::string id = upkeep();
  ASSERT_EQ(server_.stop(), 0);
  EXPECT_FALSE(fs::exists(socket()));
  EXPECT_EQ(upkeep(), id);
  EXPECT_EQ(ruck({"drop", id}).exit_code, 0);
  EXPECT_EQ(ruck({"show", id}).exit_code, 1);
}

TEST_F(JobsCommandTest, TheSocketIsForItsOwnerAndTheFileOfADeadServerIsReplaced) {
  struct stat found{};
  ASSERT_EQ(::lstat(socket().c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  server_.kill();
  EXPECT_TRUE(fs::exists(socket()));
  server_.start();
  EXPECT_FALSE(upkeep().empty());
}

TEST_F(JobsCommandTest, WrongUseSaysHow) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"lost"},
                                             {"show"},
                                             {"show", "one"},
                                             {"retry"},
                                             {"retry", "1", "--dead"},
                                             {"list", "--limit", "0"}}) {
    const Finished done = ruck(words);
    EXPECT_EQ(done.exit_code, 2);
    EXPECT_THAT(done.output, HasSubstr("usage: ruck jobs"));
  }
}

}  // namespace
}  // namespace ruck::test

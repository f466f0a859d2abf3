// What the program writes is for the user it runs as: the database holds the keys that sign tokens.
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace ruck::test {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

// Whatever in the folder, itself included, somebody else may read, write or enter.
std::vector<std::string> open_to_others(const fs::path& folder) {
  std::vector<std::string> found;
  const auto look = [&](const fs::path& path) {
    if ((mode_of(path) & 077U) != 0) found.push_back(path.string());
  };
  look(folder);
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::end(it); ++it) {
    look(it->path());
    // Photos are many: their folder is closed, not each of them.
    const bool has_photos = it->path().filename() == "media" || it->path().extension() == ".media";
    if (has_photos && (mode_of(it->path()) & 077U) == 0) it.disable_recursion_pending();
  }
  return found;
}

void open_to_everybody(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    ::chmod(entry.path().c_str(), entry.is_directory() ? 0755 : 0644);
  }
  ::chmod(folder.c_str(), 0755);
}

void write_file(const fs::path& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

class PrivateFilesTest : public testing::Test {
 protected:
  PrivateFilesTest() : usual_(::umask(022)), server_({}), anna_(server_.url()) {
    anna_.sign_up("anna");
    EXPECT_EQ(anna_.post("/api/auth/forgot-password", R"({"email":"anna@example.org"})").status,
              200);
  }
  ~PrivateFilesTest() override { ::umask(usual_); }
  PrivateFilesTest(const PrivateFilesTest&) = delete;
  PrivateFilesTest& operator=(const PrivateFilesTest&) = delete;

  [[nodiscard]] fs::path folder() const { return server_.folder(); }
  [[nodiscard]] fs::path data() const { return folder() / "data"; }
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), binary());
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_DATA_DIR=" + data().string()},
                       .working_folder = server_.folder()},
                      std::chrono::minutes(2));
  }

  mode_t usual_;
  RuckServer server_;
  ApiClient anna_;
};

TEST_F(PrivateFilesTest, WhatTheServerWritesIsForItsOwnUserOnly) {
  ASSERT_TRUE(fs::exists(data() / "ruck.db-wal"));
  EXPECT_TRUE(until([&] { return server_.log().contains("mail.written"); }));
  ASSERT_FALSE(fs::is_empty(data() / "outbox"));
  EXPECT_THAT(open_to_others(data()), IsEmpty());
  EXPECT_EQ(mode_of(data()), 0700U);
  EXPECT_EQ(mode_of(data() / "ruck.db"), 0600U);
}

TEST_F(PrivateFilesTest, SoIsWhatTheOtherVerbsWrite) {
  ASSERT_EQ(ruck({"backup", "kept.db"}).exit_code, 0);
  ASSERT_EQ(server_.stop(), 0);
  EXPECT_EQ(mode_of(folder() / "kept.db"), 0600U);
  // A copy that somebody made readable does not make the database so.
  ::chmod((folder() / "kept.db").c_str(), 0644);
  ASSERT_EQ(ruck({"restore", "kept.db"}).exit_code, 0);
  EXPECT_THAT(open_to_others(data()), IsEmpty());
  fs::remove_all(data());
  ASSERT_EQ(ruck({"migrate"}).exit_code, 0);
  EXPECT_THAT(open_to_others(data()), IsEmpty());
  const Finished made = ruck({"simulate", "--km", "1", "--seed", "1"});
  ASSERT_EQ(made.exit_code, 0);
  write_file(folder() / "walk.gpx", made.output, 0644);
  server_.start();
  // The token of an earlier replay, left readable.
  write_file(data() / "replay-token", "old", 0644);
  const Finished sent = ruck({"replay", "walk.gpx", "--url", server_.url(), "--data-dir", "data"});
  ASSERT_EQ(sent.exit_code, 0) << sent.output;
  EXPECT_THAT(open_to_others(data()), IsEmpty());
}

TEST_F(PrivateFilesTest, WiderModesOfAnOlderVersionAreNarrowedAtStartAndTold) {
  ASSERT_EQ(ruck({"backup", data() / "copy.db"}).exit_code, 0);
  ASSERT_EQ(server_.stop(), 0);
  open_to_everybody(data());
  const std::size_t logged = server_.log().size();
  server_.start();
  EXPECT_THAT(open_to_others(data()), IsEmpty());
  const std::string log = server_.log().substr(logged);
  EXPECT_THAT(log, AllOf(HasSubstr(R"("event":"files.made_private")"), HasSubstr("ruck.db"),
                         HasSubstr("outbox"), Not(HasSubstr("example.org"))));
  ASSERT_EQ(server_.stop(), 0);
  const std::size_t again = server_.log().size();
  server_.start();
  EXPECT_THAT(server_.log().substr(again), Not(HasSubstr("files.made_private")));
}

TEST_F(PrivateFilesTest, WhatIsNotOursKeepsItsMode) {
  ASSERT_EQ(server_.stop(), 0);
  write_file(data() / "walk.gpx", "<gpx/>", 0644);
  write_file(folder() / "elsewhere.txt", "text", 0644);
  fs::create_symlink(folder() / "elsewhere.txt", data() / "ruck.db.before-restore-link");
  ::chmod(data().c_str(), 0755);
  ::chmod((data() / "ruck.db").c_str(), 0664);
  server_.start();
  EXPECT_EQ(mode_of(data() / "ruck.db"), 0600U);
  EXPECT_EQ(mode_of(data() / "walk.gpx"), 0644U);
  EXPECT_EQ(mode_of(folder() / "elsewhere.txt"), 0644U) << "through a link";
  EXPECT_EQ(mode_of(data()), 0755U) << "the folder holds somebody's own file";
}

TEST_F(PrivateFilesTest, ADatabaseApartFromTheDataFolderIsNarrowedToo) {
  ASSERT_EQ(server_.stop(), 0);
  const fs::path apart = folder() / "apart";
  fs::create_directory(apart);
  fs::rename(data() / "ruck.db", apart / "main.db");
  ::chmod((apart / "main.db").c_str(), 0666);
  server_.settings().database_url = "sqlite:" + (apart / "main.db").string();
  server_.start();
  EXPECT_EQ(mode_of(apart / "main.db"), 0600U);
  EXPECT_EQ(mode_of(apart / "main.db-wal"), 0600U);
  EXPECT_EQ(mode_of(apart), 0755U) << "the operator's folder";
}

TEST_F(PrivateFilesTest, ASecretThatEverybodyCanReadIsToldOf) {
  ASSERT_EQ(server_.stop(), 0);
  write_file(folder() / "keys", "one:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", 0644);
  server_.settings().extra_env = {"RUCK_TOKEN_KEYS_FILE=" + (folder() / "keys").string()};
  server_.start();
  EXPECT_THAT(server_.log(), HasSubstr(R"("event":"files.secret_is_readable")"));
  EXPECT_EQ(mode_of(folder() / "keys"), 0644U) << "the operator's file";
}

}  // namespace
}  // namespace ruck::test

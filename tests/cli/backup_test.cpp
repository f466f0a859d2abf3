// ruck backup, restore and check, as an operator uses them.
#include "support/photos.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

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
  // A ruck with a photo; the address of the photo's large JPEG.
  std::string record_with_photo(std::uint32_t seed) {
    const std::string ruck = record_ruck(
        anna_, {.start_ms = now_ms() - 86'400'000 * static_cast<std::int64_t>(seed), .count = 200});
    const json::Tree photo = add_photo(
        anna_, ruck, {.width = 1280, .height = 960, .seed = seed, .taken = {}, .remark = {}});
    // What was sent is removed in a job.
    EXPECT_TRUE(until([&] {
      const std::string incoming = photos() + "/incoming";
      return !fs::exists(incoming) || fs::is_empty(incoming);
    }));
    return photo["url"].text();
  }
  // The status of an address of this server, and what came.
  std::pair<int, std::string> look(const std::string& url) {
    const std::size_t path = url.find("/media/");
    const Reply reply = anna_.get(path == std::string::npos ? url : url.substr(path));
    return {reply.status, reply.body};
  }
  [[nodiscard]] static std::vector<fs::path> blobs_in(const std::string& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  [[nodiscard]] std::string photos() const { return server_.folder() + "/data/media"; }
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

// ---- photos -------------------------------------------------------------------------------------

TEST_F(OperatorTest, ABackupHasThePhotosAndBringsThemBack) {
  const std::string kept = record_with_photo(1);
  const std::string lost = record_with_photo(2);
  const auto [status, bytes] = look(kept);
  ASSERT_EQ(status, 200);
  const Finished made = ruck({"backup", "kept.db"});
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("18 files of photos"));
  EXPECT_EQ(blobs_in(server_.folder() + "/kept.db.media").size(), 18U);
  record_with_photo(3);

  EXPECT_EQ(server_.stop(), 0);
  const std::vector<fs::path> before = blobs_in(photos());
  ASSERT_EQ(before.size(), 27U);
  fs::remove_all(photos());
  const Finished restored = ruck({"restore", "kept.db"});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_THAT(restored.output, HasSubstr("18 files of photos are what they were"));
  server_.start();
  EXPECT_EQ(look(kept), std::make_pair(200, bytes));
  EXPECT_EQ(look(lost).first, 200);
  EXPECT_EQ(ruck({"check"}).exit_code, 0);
}

TEST_F(OperatorTest, ARestoreMendsAPhotoThatIsDamaged) {
  const std::string photo = record_with_photo(1);
  const auto whole = look(photo);
  ASSERT_EQ(ruck({"backup", "kept.db"}).exit_code, 0);
  EXPECT_EQ(server_.stop(), 0);
  // Not in place: the backup's is the same file by another name.
  for (const fs::path& blob : blobs_in(photos())) {
    std::string bytes = read_file(blob);
    bytes[bytes.size() / 2] ^= 1;
    fs::remove(blob);
    std::ofstream(blob, std::ios::binary) << bytes;
  }
  EXPECT_EQ(ruck({"check"}).exit_code, 1);
  const Finished restored = ruck({"restore", "kept.db"});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_EQ(ruck({"check"}).exit_code, 0);
  server_.start();
  EXPECT_EQ(look(photo), whole);
}

TEST_F(OperatorTest, DamagedPhotosOfABackupReplaceNothing) {
  record_with_photo(1);
  ASSERT_EQ(ruck({"backup", "kept.db"}).exit_code, 0);
  record(1);
  EXPECT_EQ(server_.stop(), 0);
  const fs::path blob = blobs_in(server_.folder() + "/kept.db.media").front();
  std::string bytes = read_file(blob);
  bytes.back() ^= 1;
  fs::remove(blob);
  std::ofstream(blob, std::ios::binary) << bytes;
  const Finished refused = ruck({"restore", "kept.db"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("is damaged"));
  server_.start();
  EXPECT_EQ(json::Tree::parse(list()).size(), 2U) << "what was there is there";
}

TEST_F(OperatorTest, CheckNamesPhotosThatAreDamagedOrMissing) {
  record_with_photo(1);
  const Finished fine = ruck({"check"});
  EXPECT_EQ(fine.exit_code, 0) << fine.output;
  EXPECT_THAT(fine.output, HasSubstr("9 files of photos read, 9 looked for"));
  const std::vector<fs::path> blobs = blobs_in(photos());
  ASSERT_EQ(blobs.size(), 9U);
  std::fstream(blobs[0], std::ios::in | std::ios::out | std::ios::binary).write("x", 1);
  fs::remove(blobs[1]);
  const Finished found = ruck({"check"});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.output, HasSubstr(blobs[0].filename().string() + ": is damaged"));
  EXPECT_THAT(found.output, HasSubstr(blobs[1].filename().string() + ": is missing"));
  EXPECT_THAT(found.output, HasSubstr("2 differences"));
}

TEST_F(OperatorTest, WithPhotosInS3ABackupSaysThatItHasNone) {
  record(1);
  const Finished made =
      run_to_end({.argv = {binary(), "backup", "kept.db", "--media-url", "s3://photos?region=x"},
                  .extra_env = {"RUCK_DATA_DIR=" + server_.folder() + "/data"},
                  .working_folder = server_.folder()},
                 std::chrono::minutes(2));
  EXPECT_EQ(made.exit_code, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("the photos are in S3"));
  EXPECT_FALSE(fs::exists(server_.folder() + "/kept.db.media"));
}

}  // namespace
}  // namespace ruck::test

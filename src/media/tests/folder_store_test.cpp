// What a folder has of its own; what every store promises is in tests/media/store_test.cpp.
#include "media/store/folder_store.hpp"

#include "base/clock.hpp"
#include "media/store/folder.hpp"
#include "support/process.hpp"
#include "support/run.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ruck::media {
namespace {
namespace fs = std::filesystem;
using test::TemporaryFolder;

class FolderStoreTest : public testing::Test {
 protected:
  FolderStoreTest() { open(root_); }
  void open(const std::string& root) {
    auto opened = FolderStore::open(root, pool_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  Result<> put(const std::string& key, const std::string& bytes) {
    return cores_.run(store_->put(key, bytes));
  }
  std::optional<std::string> get(const std::string& key) {
    const auto got = cores_.run(store_->get(key));
    EXPECT_TRUE(got) << got.error().detail;
    return got ? *got : std::nullopt;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat found{};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777U;
  }

  TemporaryFolder folder_;
  std::string root_ = folder_.path() + "/a/media";
  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "files", .threads = 2, .queue_max = 8}};
  std::unique_ptr<FolderStore> store_;
};

TEST_F(FolderStoreTest, FilesAndFoldersAreForTheirOwnerOnly) {
  ASSERT_TRUE(put("user/ab/photo.jpg", "bytes"));
  EXPECT_EQ(mode_of(root_), 0700U);
  EXPECT_EQ(mode_of(root_ + "/user"), 0700U);
  EXPECT_EQ(mode_of(root_ + "/user/ab"), 0700U);
  EXPECT_EQ(mode_of(root_ + "/user/ab/photo.jpg"), 0600U);
}

TEST_F(FolderStoreTest, TheKeyIsThePath) {
  ASSERT_TRUE(put("user/photo.jpg", "bytes"));
  EXPECT_EQ(test::read_file(root_ + "/user/photo.jpg"), "bytes");
}

TEST_F(FolderStoreTest, WhatABrokenRunLeftIsNeitherShownNorKept) {
  ASSERT_TRUE(put("user/photo.jpg", "bytes"));
  std::ofstream(root_ + "/_writing/0123") << "half a fi";
  const auto listed = cores_.run(store_->list("", "", 100));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].key, "user/photo.jpg");

  open(root_);
  EXPECT_TRUE(fs::exists(root_ + "/_writing/0123")) << "another server may be writing it";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(2);
  fs::last_write_time(root_ + "/_writing/0123", long_ago);
  open(root_);
  EXPECT_FALSE(fs::exists(root_ + "/_writing/0123"));
  EXPECT_EQ(get("user/photo.jpg"), "bytes");
}

TEST_F(FolderStoreTest, NothingIsLeftOfAWriteThatFails) {
  fs::create_directories(root_ + "/user/photo.jpg/in-the-way");
  const Result<> failed = put("user/photo.jpg", "bytes");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(failed.error().detail, testing::HasSubstr("naming a file: "));
  EXPECT_TRUE(fs::is_empty(root_ + "/_writing"));
}

TEST_F(FolderStoreTest, AFileOfAnotherLengthUnderTheKeyIsDamageAndIsReplaced) {
  ASSERT_TRUE(put("user/photo.jpg", "whole bytes"));
  fs::resize_file(root_ + "/user/photo.jpg", 3);
  ASSERT_TRUE(put("user/photo.jpg", "whole bytes"));
  EXPECT_EQ(get("user/photo.jpg"), "whole bytes");
}

TEST_F(FolderStoreTest, LinksAreNotFollowed) {
  std::ofstream(folder_.path() + "/secret") << "secret";
  fs::create_directories(root_ + "/user");
  fs::create_symlink(folder_.path() + "/secret", root_ + "/user/link");
  const auto got = cores_.run(store_->get("user/link"));
  EXPECT_FALSE(got);
  const auto listed = cores_.run(store_->list("", "", 10));
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->empty());
}

// The last blob of an account takes the account's folder with it, while others come.
TEST_F(FolderStoreTest, AFolderThatGoesJustThenIsMadeAgain) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string key = "user/deep/" + std::to_string(t);
        const Result<> stored = folder::put(root_, key, "bytes");
        ASSERT_TRUE(stored) << stored.error().detail;
        ASSERT_TRUE(folder::remove(root_, key));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(fs::exists(root_ + "/user"));
}

TEST_F(FolderStoreTest, AFullPoolIsUnavailableAndSaysWhenToComeAgain) {
  pool_.stop();
  const Result<> refused = put("a", "b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(refused.error().retry_after_s);
}

TEST_F(FolderStoreTest, AFolderThatCannotBeMadeIsSaidAtTheStart) {
  std::ofstream(folder_.path() + "/file") << "x";
  const auto opened = FolderStore::open(folder_.path() + "/file/media", pool_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("media_url: "));
}

// A file system of one megabyte.
TEST_F(FolderStoreTest, AFullDiskIsSaidAndLeavesNothing) {
  const std::string disk = folder_.path() + "/disk";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "only root can mount a small disk";
  }
  open(disk + "/media");
  ASSERT_TRUE(put("user/small", std::string(100'000, 'x')));
  const Result<> full = put("user/large", std::string(2'000'000, 'x'));
  EXPECT_FALSE(full);
  if (!full) {
    EXPECT_EQ(full.error().code, ErrorCode::kStorageFull) << full.error().detail;
  }
  EXPECT_EQ(get("user/large"), std::nullopt);
  EXPECT_TRUE(fs::is_empty(disk + "/media/_writing"));
  EXPECT_TRUE(put("user/next", std::string(100'000, 'y'))) << "there is room for a smaller one";
  store_.reset();
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace ruck::media

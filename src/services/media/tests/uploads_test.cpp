// Forms with files, read while they come.
#include "services/media/uploads.hpp"

#include "crypto/digest.hpp"
#include "http/limits.hpp"
#include "support/body.hpp"
#include "support/form.hpp"
#include "support/process.hpp"
#include "support/run.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ruck::photos {
namespace {
using test::form_of;
using test::kFormType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UploadsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(uploads_.clear()); }
  Result<Received> receive(const std::string& body, std::size_t files_max = kFilesMax,
                           std::size_t piece = 1000) {
    test::TextSource source(body, piece);
    return cores_.run(uploads_.receive(http::BodyStream(source, kFormType, budget_), files_max));
  }
  [[nodiscard]] std::size_t left() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }
  static std::string content(const ReceivedFile& file) {
    std::ifstream in(file.file.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/uploads";
  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "test", .threads = 1, .queue_max = 4}};
  telemetry::Metrics metrics_;
  http::BodyBudget budget_{1 << 20, metrics_};
  Uploads uploads_{path_, pool_};
};

// Also a byte at a time: each byte ends a piece somewhere.
TEST_F(UploadsTest, FieldsAndFilesComeInAnyOrder) {
  const std::string large(300'000, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    const std::string second = piece < 100 ? "second" : large;
    const auto received = receive(
        form_of({{"alt_text", "A lake"}}, "photos",
                {{.name = "a.jpg", .bytes = "first\r\n--Xb"}, {.name = "b.jpg", .bytes = second}},
                {{"keep_original", "true"}, {"ruck_id", " 77 "}, {"alt_text", "A hill"}}),
        kFilesMax, piece);
    ASSERT_TRUE(received) << received.error().client_text();
    ASSERT_EQ(received->files.size(), 2U);
    EXPECT_EQ(content(received->files[0]), "first\r\n--Xb");
    EXPECT_EQ(content(received->files[1]), second);
    EXPECT_EQ(received->files[0].sha256, crypto::sha256("first\r\n--Xb"));
    EXPECT_EQ(received->files[1].sha256, crypto::sha256(second));
    EXPECT_EQ(received->files[1].bytes, std::ssize(second));
    EXPECT_EQ(received->files[0].filename, "a.jpg");
    EXPECT_EQ(received->ruck_id, "77");
    EXPECT_TRUE(received->keep_original);
    EXPECT_THAT(received->alt_texts, ElementsAre("A lake", "A hill"));
  }
  EXPECT_EQ(left(), 0U) << "they go with what was received";
}

TEST_F(UploadsTest, ANameIsANameAndNoPath) {
  const auto name_of = [&](const std::string& name) {
    const auto received = receive(form_of({}, "photos", {{.name = name, .bytes = "x"}}));
    return received ? received->files.at(0).filename : received.error().message;
  };
  EXPECT_EQ(name_of("../../etc/passwd"), "passwd");
  EXPECT_EQ(name_of("C:\\Users\\Anna\\lake.jpg"), "lake.jpg");
  EXPECT_EQ(name_of("a\xff\x01.jpg"), "a\xef\xbf\xbd.jpg");
  EXPECT_EQ(name_of("/"), "photo");
  EXPECT_EQ(name_of(std::string(1000, 'n')).size(), kFilenameLengthMax);
}

TEST_F(UploadsTest, TooManyAndTooLargeAreNamed) {
  std::vector<test::FormFile> files;
  for (int i = 1; i <= 6; ++i) files.push_back({.name = std::to_string(i) + ".jpg", .bytes = "x"});
  const auto many = receive(form_of({}, "photos", files));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(many.error().message, HasSubstr("\"6.jpg\""));
  files.pop_back();
  EXPECT_TRUE(receive(form_of({}, "photos", files)));

  const auto with = [&](std::size_t bytes) {
    return receive(form_of({}, "photos",
                           {{.name = "small.jpg", .bytes = "x"},
                            {.name = "huge.jpg", .bytes = std::string(bytes, 'x')}}),
                   kFilesMax, http::kBodyPieceBytesMax);
  };
  EXPECT_TRUE(with(kFileBytesMax));
  const auto huge = with(kFileBytesMax + 1);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, ErrorCode::kPayloadTooLarge);
  EXPECT_THAT(huge.error().message, HasSubstr("\"huge.jpg\""));
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, WhatIsCutShortLeavesNothing) {
  const std::string whole =
      form_of({}, "photos", {{.name = "a.jpg", .bytes = std::string(5000, 'x')}});
  for (const std::size_t cut : {std::size_t{20}, std::size_t{200}, whole.size() - 5}) {
    EXPECT_FALSE(receive(whole.substr(0, cut))) << cut;
    EXPECT_EQ(left(), 0U) << cut;
  }
}

// A connection that ends is an error of the body.
class BrokenSource final : public http::BodySource {
 public:
  explicit BrokenSource(std::string text) : text_(std::move(text)) {}
  task<Result<std::string>> read() override {
    if (text_.empty()) co_return fail(ErrorCode::kRequestTimeout);
    co_return std::exchange(text_, {});
  }

 private:
  std::string text_;
};

TEST_F(UploadsTest, AConnectionThatEndsLeavesNothing) {
  BrokenSource source(form_of({}, "photos", {{.name = "a.jpg", .bytes = "x"}}).substr(0, 120));
  EXPECT_FALSE(cores_.run(uploads_.receive(http::BodyStream(source, kFormType, budget_), 1)));
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, AnEmptyFieldForFilesIsNoFile) {
  const auto received = receive(
      "--XbX\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"\"\r\n\r\n\r\n"
      "--XbX\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\nx\r\n"
      "--XbX--\r\n");
  ASSERT_TRUE(received);
  ASSERT_EQ(received->files.size(), 1U);
  EXPECT_EQ(content(received->files[0]), "x");
}

TEST_F(UploadsTest, AStartRemovesWhatWasLeft) {
  std::ofstream(path_ + "/left") << "x";
  std::filesystem::create_directory(path_ + "/folder");
  ASSERT_TRUE(uploads_.clear());
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, OldFilesAreRemovedAndYoungOnesStay) {
  std::ofstream(path_ + "/old") << "x";
  std::ofstream(path_ + "/young") << "x";
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(path_ + "/old", now - std::chrono::hours(2));
  cores_.run(uploads_.remove_older(std::chrono::system_clock::now() - std::chrono::hours(1)));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/old"));
  EXPECT_TRUE(std::filesystem::exists(path_ + "/young"));
}

// The detail is for the log alone.
TEST_F(UploadsTest, ADiskWithoutAFolderIsAnErrorOfTheServer) {
  std::filesystem::remove_all(path_);
  const auto received = receive(form_of({}, "photos", {{.name = "a.jpg", .bytes = "x"}}));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, ErrorCode::kStorageFailed);
}

}  // namespace
}  // namespace ruck::photos

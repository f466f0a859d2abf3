// What every blob store promises: a folder, and S3 as npm s3rver has it.
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/client/curl_outbound.hpp"
#include "media/make.hpp"
#include "support/node.hpp"
#include "support/run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

namespace ruck::test {
namespace {
using media::BlobStore;
using testing::HasSubstr;
constexpr const char* kBucket = "photos";
constexpr const char* kKey = "S3RVER";  // both of s3rver's

// What a store needs to stand on.
class Ground {
 public:
  Result<std::unique_ptr<BlobStore>> open(const media::StoreSettings& settings) {
    return media::make_blob_store(settings, pool_, outbound_);
  }
  RunningCores& cores() { return cores_; }

 private:
  SystemClock clock_;
  telemetry::Metrics metrics_;
  RunningCores cores_{2};
  runtime::BlockingPool pool_{{.name = "files", .threads = 2, .queue_max = 64}};
  http::CurlOutbound outbound_{{}, {.clock = clock_, .metrics = metrics_}};
};

class S3Server {
 public:
  [[nodiscard]] media::StoreSettings settings(const std::string& prefix) const {
    return {.url = fmt::format("s3://{}{}?region=eu-central-1&endpoint=http://127.0.0.1:{}",
                               kBucket, prefix, node_.port()),
            .access_key = kKey,
            .secret_key = kKey};
  }

 private:
  TemporaryFolder folder_;
  NodeServer node_{std::string(RUCK_MEDIA_TEST_FOLDER) + "/s3.mjs", {folder_.path(), kBucket}};
};

class StoreTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    media::StoreSettings settings{.url = "folder:" + folder_.path() + "/media"};
    if (std::string_view(GetParam()) != "Folder") {
      s3_ = std::make_unique<S3Server>();
      settings = s3_->settings(std::string_view(GetParam()) == "S3Prefix" ? "/ruck/prod" : "");
    }
    auto opened = ground_.open(settings);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void put(const std::string& key, const std::string& bytes) {
    const Result<> done = ground_.cores().run(store_->put(key, bytes));
    ASSERT_TRUE(done) << key << ": " << done.error().detail;
  }
  std::optional<std::string> get(const std::string& key) {
    auto got = ground_.cores().run(store_->get(key));
    EXPECT_TRUE(got) << got.error().detail;
    return got ? std::move(*got) : std::nullopt;
  }
  void remove(const std::string& key) {
    const Result<> done = ground_.cores().run(store_->remove(key));
    EXPECT_TRUE(done) << done.error().detail;
  }
  std::vector<std::string> list(const std::string& prefix, const std::string& after = {},
                                std::size_t limit = 1000) {
    const auto listed = ground_.cores().run(store_->list(prefix, after, limit));
    EXPECT_TRUE(listed) << listed.error().detail;
    std::vector<std::string> keys;
    if (listed) {
      for (const BlobStore::Entry& entry : *listed) keys.push_back(entry.key);
    }
    return keys;
  }

  TemporaryFolder folder_;
  std::unique_ptr<S3Server> s3_;
  Ground ground_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(StoreTest, GivesBackWhatWasPut) {
  const std::string bytes = random_bytes(100'000);
  put("user/photo.jpg", bytes);
  EXPECT_TRUE(get("user/photo.jpg") == bytes);
  EXPECT_EQ(get("user/photo"), std::nullopt);
  EXPECT_EQ(get("user"), std::nullopt);
  EXPECT_EQ(get("other/photo.jpg"), std::nullopt);
}

TEST_P(StoreTest, TakesTheLargestPhoto) {
  const std::string bytes = random_bytes(std::size_t{12} << 20);
  put("incoming/large", bytes);
  const auto got = get("incoming/large");
  ASSERT_TRUE(got);
  EXPECT_TRUE(*got == bytes);
}

TEST_P(StoreTest, TakesAnEmptyBlob) {
  put("user/empty", "");
  EXPECT_EQ(get("user/empty"), "");
}

TEST_P(StoreTest, PuttingTwiceIsPuttingOnce) {
  put("user/photo.jpg", "bytes");
  put("user/photo.jpg", "bytes");
  EXPECT_EQ(get("user/photo.jpg"), "bytes");
  EXPECT_EQ(list(""), std::vector<std::string>{"user/photo.jpg"});
}

TEST_P(StoreTest, RemovesAndHasNoErrorForWhatIsGone) {
  put("user/photo.jpg", "bytes");
  put("user/other.jpg", "bytes");
  remove("user/photo.jpg");
  EXPECT_EQ(get("user/photo.jpg"), std::nullopt);
  EXPECT_EQ(get("user/other.jpg"), "bytes");
  remove("user/photo.jpg");
  remove("nobody/ever");
}

TEST_P(StoreTest, KeepsAFileAndGivesItBack) {
  const std::string bytes = random_bytes(3'000'000);
  const std::string from = folder_.path() + "/from";
  const std::string to = folder_.path() + "/to";
  std::ofstream(from, std::ios::binary) << bytes;
  const Result<> kept = ground_.cores().run(store_->put_file("incoming/1", from));
  ASSERT_TRUE(kept) << kept.error().detail;
  EXPECT_TRUE(read_file(from) == bytes) << "it is left where it is";
  const Result<bool> got = ground_.cores().run(store_->get_file("incoming/1", to));
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_TRUE(*got);
  EXPECT_TRUE(read_file(to) == bytes);
  const Result<bool> none = ground_.cores().run(store_->get_file("incoming/2", to + "2"));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_FALSE(std::ifstream(to + "2").good());
  EXPECT_FALSE(ground_.cores().run(store_->put_file("incoming/3", folder_.path() + "/none")));
}

// '-' and '.' come before '/', digits and letters after it: folders are in the middle. Not so in
// s3rver, which walks folders.
TEST_P(StoreTest, ListsInTheOrderOfBytes) {
  std::vector<std::string> keys = {"a/1", "a/2/x", "a/20", "a0", "ab/1", "b"};
  if (!s3_) keys.insert(keys.begin(), {"a-b/1", "a.b"});
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) put(*key, *key);
  EXPECT_EQ(list(""), keys);
  EXPECT_EQ(list("a/"), (std::vector<std::string>{"a/1", "a/2/x", "a/20"}));
  EXPECT_EQ(list("a/2"), (std::vector<std::string>{"a/2/x", "a/20"}));
  EXPECT_EQ(list("a"), std::vector<std::string>(keys.begin(), keys.end() - 1));
  EXPECT_EQ(list("c"), std::vector<std::string>());
  EXPECT_EQ(list("", "a/1", 2), (std::vector<std::string>{"a/2/x", "a/20"}));
  EXPECT_EQ(list("", "a/15"), (std::vector<std::string>{"a/2/x", "a/20", "a0", "ab/1", "b"}));
  EXPECT_EQ(list("", "b"), std::vector<std::string>());
  std::vector<std::string> one_by_one;
  for (std::string after;;) {
    const auto next = list("", after, 1);
    if (next.empty()) break;
    after = next.front();
    one_by_one.push_back(after);
  }
  EXPECT_EQ(one_by_one, keys);
}

TEST_P(StoreTest, AListSaysHowLargeAndWhen) {
  const auto before = std::chrono::floor<std::chrono::seconds>(SystemClock().now());
  put("user/photo.jpg", "12345");
  const auto listed = ground_.cores().run(store_->list("user/", "", 10));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].bytes, 5U);
  EXPECT_GE((*listed)[0].written_at, before - std::chrono::seconds(1));
  EXPECT_LE((*listed)[0].written_at, SystemClock().now() + std::chrono::seconds(1));
}

TEST_P(StoreTest, ListsMoreThanOneAnswerHolds) {
  for (int i = 0; i < 40; ++i) put(fmt::format("user/{:04}", i), "x");
  const auto all = list("user/");
  EXPECT_EQ(all.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

TEST_P(StoreTest, TakesNoKeyThatIsNone) {
  for (const char* wrong : {"", "../x", "/x", "a//b", "A", "a b"}) {
    EXPECT_EQ(ground_.cores().run(store_->put(wrong, "x")).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(ground_.cores().run(store_->get(wrong)).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(ground_.cores().run(store_->remove(wrong)).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(ground_.cores().run(store_->put_file(wrong, "/dev/null")).error().code,
              ErrorCode::kInvalidInput);
    EXPECT_EQ(ground_.cores().run(store_->get_file(wrong, folder_.path() + "/x")).error().code,
              ErrorCode::kInvalidInput);
  }
}

TEST_P(StoreTest, ManyAtOnceDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 20; ++i) {
        // s3rver writes over what is there, so there each has keys of its own.
        const std::string key = fmt::format("user/{}-{}", s3_ ? t : 0, i % 5);
        const Result<> done = ground_.cores().run(store_->put(key, "same of " + key), t % 2);
        EXPECT_TRUE(done) << done.error().detail;
        const auto got = ground_.cores().run(store_->get(key), t % 2);
        ASSERT_TRUE(got) << got.error().detail;
        EXPECT_EQ(*got, "same of " + key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(list("user/").size(), s3_ ? 20U : 5U);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, testing::Values("Folder", "S3", "S3Prefix"),
                         [](const auto& info) { return std::string(info.param); });

// ---- S3 alone -----------------------------------------------------------------------------------

class S3Test : public testing::Test {
 protected:
  Error error_of_put(media::StoreSettings settings) {
    auto opened = ground_.open(settings);
    EXPECT_TRUE(opened);
    const Result<> put = ground_.cores().run((*opened)->put("user/photo.jpg", "bytes"));
    EXPECT_FALSE(put);
    return put ? Error{} : put.error();
  }

  S3Server server_;
  Ground ground_;
};

TEST_F(S3Test, AWrongSecretKeyIsSaidToTheOperator) {
  media::StoreSettings settings = server_.settings("");
  settings.secret_key = "not-the-secret";
  const Error error = error_of_put(settings);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.detail, HasSubstr("403 SignatureDoesNotMatch: media_secret_key is not"));
  EXPECT_THAT(error.detail, testing::Not(HasSubstr("not-the-secret")));
}

TEST_F(S3Test, SoIsAnUnknownAccessKey) {
  media::StoreSettings settings = server_.settings("");
  settings.access_key = "NOBODY";
  EXPECT_THAT(error_of_put(settings).detail, HasSubstr("the store does not know media_access_key"));
}

TEST_F(S3Test, SoIsAMissingBucket) {
  media::StoreSettings settings = server_.settings("");
  settings.url.replace(settings.url.find(kBucket), std::strlen(kBucket), "others");
  EXPECT_THAT(error_of_put(settings).detail, HasSubstr("there is no such bucket"));
}

TEST_F(S3Test, SoIsAStoreThatIsNotThere) {
  EXPECT_THAT(error_of_put({.url = fmt::format("s3://photos?region=x&endpoint=http://127.0.0.1:{}",
                                               free_port()),
                            .access_key = kKey,
                            .secret_key = kKey})
                  .detail,
              HasSubstr("cannot connect"));
}

TEST_F(S3Test, KeysAreNeeded) {
  media::StoreSettings settings = server_.settings("");
  settings.secret_key.clear();
  const auto opened = ground_.open(settings);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("needs media_access_key and media_secret_key"));
  EXPECT_FALSE(ground_.open({.url = "https://example.org"}));
  EXPECT_FALSE(ground_.open({.url = "folder:"}));
}

}  // namespace
}  // namespace ruck::test

#pragma once
// The service on both databases without HTTP, with a store in memory and pictures that are words;
// jobs are run by the test, one after the other, on a clock that stands still.
#include "bus/in_process.hpp"
#include "http/body.hpp"
#include "jobs/job.hpp"
#include "media/blob_store.hpp"
#include "media/image.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/media/service.hpp"
#include "support/databases.hpp"
#include "support/form.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ruck::people {
class PeopleService;
class RecentRucks;
}  // namespace ruck::people

namespace ruck::photos {

// Blobs in a map.
class MemoryBlobs final : public media::BlobStore {
 public:
  [[nodiscard]] task<Result<>> put(std::string key, std::string bytes) override;
  [[nodiscard]] task<Result<>> put_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<std::optional<std::string>>> get(std::string key) override;
  [[nodiscard]] task<Result<bool>> get_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<>> remove(std::string key) override;
  [[nodiscard]] task<Result<std::vector<Entry>>> list(std::string prefix, std::string after,
                                                      std::size_t limit) override;

  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix = {}) const;
  void add(const std::string& key);

  std::optional<Error> failure;                      // of what changes something
  std::chrono::system_clock::time_point written_at;  // all of them

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> all_;
};

// A picture is the words "picture NAME [at LAT LNG]"; what it becomes depends on the name alone, so
// two files may become the same.
class FakeImages final : public media::ImageWorker {
 public:
  [[nodiscard]] task<Result<media::Image>> process(media::ImageJob job) override;
  std::optional<Error> failure;
  std::function<void()> meanwhile;  // while it decodes
  std::atomic<int> calls = 0;
};

using File = test::FormFile;
using Fields = test::FormFields;

struct StoredJob {
  std::int64_t id = 0;
  std::string kind;
  std::string payload;
  std::int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(StoredJob, (), (id, kind, payload, attempts))

class MediaTest : public test::OnBothDatabases {
 protected:
  MediaTest();
  ~MediaTest() override;
  void SetUp() override;

  UserId add_user(const std::string& name);
  RuckId add_ruck(UserId owner, const std::string& visibility,
                  const std::string& status = "completed");
  void change(const std::function<void(db::Session&)>& fn);
  template <class Fn>
  auto look(Fn fn) {
    auto found = database().read_now(std::move(fn));
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  void follow(UserId who, UserId whom);
  void unfollow(UserId who, UserId whom);
  void block(UserId who, UserId whom);

  using Uploaded = Result<http::Created<UploadReply>>;
  Uploaded upload(UserId user, const Fields& before, const std::vector<File>& files,
                  const Fields& after = {});
  Uploaded upload(RuckId ruck, const std::vector<File>& files);
  // It waits for jobs, which the test runs meanwhile.
  std::future<Uploaded> begin_upload(RuckId ruck, const std::vector<File>& files);
  Photo add_photo(RuckId ruck, const std::string& bytes);
  Result<AvatarReply> set_avatar(UserId user, const std::string& bytes);
  Result<AvatarReply> set_avatar_text(UserId user, const std::string& text);
  // What is due now; one that is to be tried again is due at its time.
  int run_jobs();
  std::optional<StoredJob> next_job();
  jobs::Outcome run(const StoredJob& job);
  void end(const StoredJob& job, const jobs::Outcome& outcome);
  jobs::Outcome tidy();

  std::vector<Photo> list(UserId viewer, RuckId ruck);
  ErrorCode list_error(UserId viewer, RuckId ruck);
  Result<PhotoRemoved> remove(UserId user, const Uuid& photo);
  // An address as it was given out.
  http::Response get(const std::string& address, FileRequest with = {});
  int status_of(const std::string& address) { return get(address).status; }
  static std::string field(const http::Response& response, std::string_view name);
  [[nodiscard]] std::vector<std::string> uploads() const;
  std::int64_t kept();
  bool has_photos(UserId owner, RuckId ruck);
  std::optional<std::string> avatar_of(UserId user);
  static std::string text(RuckId ruck) { return std::to_string(ruck.value()); }

  test::TemporaryFolder folder_;
  test::RunningCores cores_{2};
  runtime::BlockingPool pool_{{.name = "test", .threads = 2, .queue_max = 16}};
  http::BodyBudget budget_{1 << 20, metrics_};
  bus::InProcessBus bus_;
  MemoryBlobs blobs_;
  FakeImages images_;
  std::unique_ptr<cache::Revisions> revisions_;
  std::unique_ptr<people::RecentRucks> recent_;
  std::unique_ptr<people::PeopleService> people_;
  std::unique_ptr<MediaService> service_;
  std::vector<jobs::Kind> kinds_;
  std::vector<std::string> dead_;  // why
  UserId anna_;
  RuckId ruck_;
  std::int64_t next_ruck_ = 20'000'000'000'000;

 private:
  std::future<Uploaded> begin_upload(UserId user, std::string form);
  // The request waits on one core while the test runs the jobs on the other.
  template <class T>
  T while_jobs_run(std::future<T> reply);
};

}  // namespace ruck::photos

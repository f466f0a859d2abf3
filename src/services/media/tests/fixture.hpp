#pragma once
// The service on both databases without HTTP, with a store in memory and pictures that are words;
// jobs are run by the test, one after the other, on a clock that stands still.
#include "base/bytes.hpp"
#include "bus/in_process.hpp"
#include "cache/revisions.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/media/jobs.hpp"
#include "services/media/service.hpp"
#include "services/media/store.hpp"
#include "services/people/service.hpp"
#include "services/profile/service.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/service.hpp"
#include "services/rucks/store.hpp"
#include "support/body.hpp"
#include "support/databases.hpp"
#include "support/form.hpp"
#include "support/recent_rucks.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ruck::photos {

// Blobs in a map.
class MemoryBlobs final : public media::BlobStore {
 public:
  [[nodiscard]] task<Result<>> put(std::string key, std::string bytes) override {
    EXPECT_TRUE(media_key(key)) << key;
    const std::lock_guard lock(mutex_);
    if (failure) co_return fail(*failure);
    all_.emplace(std::move(key), std::move(bytes));
    co_return Result<>();
  }
  [[nodiscard]] task<Result<>> put_file(std::string key, std::string path) override {
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    co_return co_await put(std::move(key), std::move(bytes));
  }
  [[nodiscard]] task<Result<std::optional<std::string>>> get(std::string key) override {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    co_return found == all_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] task<Result<bool>> get_file(std::string key, std::string path) override {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    if (found == all_.end()) co_return false;
    std::ofstream(path, std::ios::binary) << found->second;
    co_return true;
  }
  [[nodiscard]] task<Result<>> remove(std::string key) override {
    const std::lock_guard lock(mutex_);
    if (failure) co_return fail(*failure);
    all_.erase(key);
    co_return Result<>();
  }
  [[nodiscard]] task<Result<std::vector<Entry>>> list(std::string prefix, std::string after,
                                                      std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    for (const auto& [key, bytes] : all_) {
      if (!key.starts_with(prefix) || key <= after || entries.size() >= limit) continue;
      entries.push_back({.key = key, .bytes = bytes.size(), .written_at = written_at});
    }
    co_return entries;
  }

  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix = {}) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, bytes] : all_) {
      if (key.starts_with(prefix)) keys.push_back(key);
    }
    return keys;
  }
  void add(const std::string& key) {
    const std::lock_guard lock(mutex_);
    all_.emplace(key, "x");
  }

  std::optional<Error> failure;                      // of what changes something
  std::chrono::system_clock::time_point written_at;  // all of them

 private:
  static bool media_key(std::string_view key) {
    return key.size() <= media::kKeyBytesMax &&
           key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-./") == std::string::npos;
  }
  mutable std::mutex mutex_;
  std::map<std::string, std::string> all_;
};

// A picture is the words "picture NAME [at LAT LNG]"; what it becomes depends on the name alone, so
// two files may become the same.
class FakeImages final : public media::ImageWorker {
 public:
  [[nodiscard]] task<Result<media::Image>> process(media::ImageJob job) override {
    calls += 1;
    if (failure) co_return fail(*failure);
    std::ifstream in(job.path);
    std::string word;
    std::string name;
    if (!(in >> word >> name) || word != "picture") {
      co_return fail(ErrorCode::kInvalidInput, "This is no picture");
    }
    media::Image image{.width = 4000, .height = 3000, .thumb_hash = "hash", .taken = {}};
    for (const media::WantedSize& size : job.sizes) {
      for (const char* format : {"jpg", "webp"}) {
        image.files.push_back({.size = size.name,
                               .format = format,
                               .bytes = name + " " + size.name + " " + format,
                               .width = size.pixels,
                               .height = size.pixels});
      }
    }
    double lat = 0;
    double lng = 0;
    if (in >> word >> lat >> lng && word == "at") image.taken = {.lat_deg = lat, .lng_deg = lng};
    if (meanwhile) meanwhile();
    co_return image;
  }
  std::optional<Error> failure;
  std::function<void()> meanwhile;  // while it decodes
  std::atomic<int> calls = 0;
};

using test::form_of;
using test::kFormType;
using File = test::FormFile;
using Fields = test::FormFields;

struct StoredJob {
  std::int64_t id = 0;
  std::string kind;
  std::string payload;
  std::int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(StoredJob, (), (id, kind, payload, attempts))
inline const db::Sql kNextJob{"test.next_media_job",
                              "SELECT id, kind, payload, attempts FROM jobs WHERE run_at <= $1"
                              " AND dead_at IS NULL ORDER BY run_at, id LIMIT 1"};
inline const db::Sql kDropJob{"test.drop_media_job", "DELETE FROM jobs WHERE id = $1"};
inline const db::Sql kMoveJob{"test.move_media_job",
                              "UPDATE jobs SET run_at = $2, attempts = attempts + 1 WHERE id = $1"};
inline const db::Sql kKept{"test.kept_of_media",
                           "SELECT (SELECT COUNT(*) FROM media) +"
                           " (SELECT COUNT(*) FROM media_blobs)"};

class MediaTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    people_ = std::make_unique<people::PeopleService>(
        people::PeopleService::Dependencies{.database = database(),
                                            .revisions = *revisions_,
                                            .clock = clock_,
                                            .bus = bus_,
                                            .recent_rucks = recent_});
    service_ = std::make_unique<MediaService>(
        MediaService::Dependencies{.database = database(),
                                   .revisions = *revisions_,
                                   .clock = clock_,
                                   .metrics = metrics_,
                                   .blobs = blobs_,
                                   .images = images_,
                                   .files = pool_,
                                   .uploads = folder_.path() + "/uploads",
                                   .public_url = {},
                                   .signing_key = std::string(32, 'k')});
    ASSERT_TRUE(service_->start());
    blobs_.written_at = clock_.now();
    kinds_ = service_->kinds();
    anna_ = add_user("anna");
    ruck_ = add_ruck(anna_, "public");
  }

  UserId add_user(const std::string& name) {
    const profile::UserRow row{.id = UserId(Uuid::make_v7(to_ms(clock_.now()))),
                               .email = name + "@example.org",
                               .username = name};
    change([&](db::Session& q) { profile::store::insert(q, row, "0123456789abcdef"); });
    return row.id;
  }
  RuckId add_ruck(UserId owner, const std::string& visibility,
                  const std::string& status = "completed") {
    rucks::RuckRow row{{.user_id = owner, .id = RuckId(next_ruck_++), .status = status}};
    row.visibility = visibility;
    row.started_at = clock_.now();
    row.last_arrival_at = clock_.now();
    if (status == "completed") row.completed_at = clock_.now();
    change([&](db::Session& q) { rucks::store::insert(q, row); });
    return row.id;
  }
  template <class Fn>
  void change(Fn fn) {
    const auto done = database().write_now(std::move(fn));
    ASSERT_TRUE(done) << done.error().client_text() << done.error().detail;
  }
  template <class Fn>
  auto look(Fn fn) {
    auto found = database().read_now(std::move(fn));
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  void follow(UserId who, UserId whom) {
    ASSERT_TRUE(cores_.run(people_->follow({.user = who}, whom)));
  }

  using Uploaded = Result<http::Created<UploadReply>>;
  // The request waits on one core while the test runs the jobs on the other.
  Uploaded upload(UserId user, const Fields& before, const std::vector<File>& files,
                  const Fields& after = {}) {
    return while_jobs_run([&] {
      test::TextSource source(form_of(before, "photos", files, after));
      return cores_.run(
          service_->upload({.user = user}, {http::BodyStream(source, kFormType, budget_)}));
    });
  }
  Uploaded upload(RuckId ruck, const std::vector<File>& files) {
    return upload(anna_, {{"ruck_id", text(ruck)}}, files);
  }
  Photo add_photo(RuckId ruck, const std::string& bytes) {
    const Uploaded reply = upload(ruck, {{.name = "a.jpg", .bytes = bytes}});
    EXPECT_TRUE(reply) << reply.error().client_text();
    return reply ? reply->value.photos.at(0) : Photo{};
  }
  Result<AvatarReply> set_avatar(UserId user, const std::string& bytes) {
    return while_jobs_run([&] {
      test::TextSource source(form_of({}, "image", {{.name = "me.png", .bytes = bytes}}));
      return cores_.run(
          service_->set_avatar({.user = user}, {http::BodyStream(source, kFormType, budget_)}));
    });
  }
  template <class Fn>
  auto while_jobs_run(Fn fn) -> decltype(fn()) {
    auto reply = std::async(std::launch::async, fn);
    while (reply.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) run_jobs();
    return reply.get();
  }
  // What is due now; one that is to be tried again is due at its time.
  int run_jobs() {
    int ran = 0;
    for (;;) {
      const auto job =
          look([&](db::Session& q) { return q.optional<StoredJob>(kNextJob, clock_.now()); });
      if (!job) return ran;
      ran += 1;
      end(*job, run(*job));
    }
  }
  jobs::Outcome run(const StoredJob& job) {
    const auto found = std::ranges::find(kinds_, job.kind, &jobs::Kind::name);
    if (found == kinds_.end()) return jobs::done();  // another service's
    return cores_.run(
        found->run(jobs::RunningJob{
            .payload = job.payload, .attempt = job.attempts + 1, .created_at = clock_.now()}),
        1);
  }
  void end(const StoredJob& job, const jobs::Outcome& outcome) {
    using Kind = jobs::Outcome::Kind;
    change([&](db::Session& q) {
      if (outcome.kind == Kind::kRetry) {
        q.execute(kMoveJob, job.id,
                  clock_.now() + outcome.retry_after.value_or(std::chrono::seconds(1)));
        return;
      }
      if (outcome.effect) outcome.effect(q);
      q.execute(kDropJob, job.id);
    });
    if (outcome.kind == Kind::kDead) dead_.push_back(outcome.error);
  }
  jobs::Outcome tidy() { return run({.kind = std::string(kTidyJob)}); }

  std::vector<Photo> list(UserId viewer, RuckId ruck) {
    const auto reply = cores_.run(service_->list({.user = viewer}, {.ruck_id = text(ruck)}));
    EXPECT_TRUE(reply) << reply.error().client_text();
    return reply ? reply->data : std::vector<Photo>();
  }
  ErrorCode list_error(UserId viewer, RuckId ruck) {
    const auto reply = cores_.run(service_->list({.user = viewer}, {.ruck_id = text(ruck)}));
    return reply ? ErrorCode::kInternal : reply.error().code;
  }
  Result<PhotoRemoved> remove(UserId user, const Uuid& photo) {
    return cores_.run(service_->remove({.user = user}, {.photo_id = photo}));
  }
  // An address as it was given out.
  http::Response get(const std::string& address, FileRequest with = {}) {
    const std::string_view prefix = "/media/";
    EXPECT_TRUE(address.starts_with(prefix)) << address;
    const std::string rest = address.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    const std::size_t mark = rest.find('?');
    with.photo = rest.substr(0, slash);
    with.file = rest.substr(slash + 1, mark == std::string::npos ? mark : mark - slash - 1);
    if (mark != std::string::npos) with.query = rest.substr(mark + 1);
    return cores_.run(service_->serving().answer(std::move(with)));
  }
  int status_of(const std::string& address) { return get(address).status; }
  static std::string field(const http::Response& response, std::string_view name) {
    for (const auto& [each, value] : response.headers) {
      if (each == name) return value;
    }
    return {};
  }
  std::vector<std::string> uploads() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() + "/uploads")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  std::int64_t kept() {
    return look([](db::Session& q) { return q.one<std::int64_t>(kKept); });
  }
  bool has_photos(UserId owner, RuckId ruck) {
    return look([&](db::Session& q) { return rucks::store::find(q, {owner, ruck})->has_photos; });
  }
  std::optional<std::string> avatar_of(UserId user) {
    return look([&](db::Session& q) { return profile::find_user(q, user)->avatar_url; });
  }
  static std::string text(RuckId ruck) { return std::to_string(ruck.value()); }

  test::TemporaryFolder folder_;
  test::RunningCores cores_{2};
  runtime::BlockingPool pool_{{.name = "test", .threads = 2, .queue_max = 16}};
  http::BodyBudget budget_{1 << 20, metrics_};
  bus::InProcessBus bus_;
  test::NoRecentRucks recent_;
  MemoryBlobs blobs_;
  FakeImages images_;
  std::unique_ptr<cache::Revisions> revisions_;
  std::unique_ptr<people::PeopleService> people_;
  std::unique_ptr<MediaService> service_;
  std::vector<jobs::Kind> kinds_;
  std::vector<std::string> dead_;  // why
  UserId anna_;
  RuckId ruck_;
  std::int64_t next_ruck_ = 20'000'000'000'000;
};

}  // namespace ruck::photos

#include "services/media/tests/fixture.hpp"

#include "cache/revisions.hpp"
#include "services/media/jobs.hpp"
#include "services/people/service.hpp"
#include "services/profile/service.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/store.hpp"
#include "support/body.hpp"
#include "support/recent_rucks.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace ruck::photos {
namespace {

const db::Sql kNextJob{"test.next_media_job",
                       "SELECT id, kind, payload, attempts FROM jobs WHERE run_at <= $1"
                       " AND dead_at IS NULL ORDER BY run_at, id LIMIT 1"};
const db::Sql kDropJob{"test.drop_media_job", "DELETE FROM jobs WHERE id = $1"};
const db::Sql kMoveJob{"test.move_media_job",
                       "UPDATE jobs SET run_at = $2, attempts = attempts + 1 WHERE id = $1"};
const db::Sql kKept{"test.kept_of_media",
                    "SELECT (SELECT COUNT(*) FROM media) +"
                    " (SELECT COUNT(*) FROM media_blobs)"};

bool media_key(std::string_view key) {
  return key.size() <= media::kKeyBytesMax &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-./") == std::string::npos;
}

}  // namespace

task<Result<>> MemoryBlobs::put(std::string key, std::string bytes) {
  EXPECT_TRUE(media_key(key)) << key;
  const std::lock_guard lock(mutex_);
  if (failure) co_return fail(*failure);
  all_.emplace(std::move(key), std::move(bytes));
  co_return Result<>();
}

task<Result<>> MemoryBlobs::put_file(std::string key, std::string path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  co_return co_await put(std::move(key), std::move(bytes));
}

task<Result<std::optional<std::string>>> MemoryBlobs::get(std::string key) {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(key);
  co_return found == all_.end() ? std::nullopt : std::optional(found->second);
}

task<Result<bool>> MemoryBlobs::get_file(std::string key, std::string path) {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(key);
  if (found == all_.end()) co_return false;
  std::ofstream(path, std::ios::binary) << found->second;
  co_return true;
}

task<Result<>> MemoryBlobs::remove(std::string key) {
  const std::lock_guard lock(mutex_);
  if (failure) co_return fail(*failure);
  all_.erase(key);
  co_return Result<>();
}

task<Result<std::vector<MemoryBlobs::Entry>>> MemoryBlobs::list(std::string prefix,
                                                                std::string after,
                                                                std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  for (const auto& [key, bytes] : all_) {
    if (!key.starts_with(prefix) || key <= after || entries.size() >= limit) continue;
    entries.push_back({.key = key, .bytes = bytes.size(), .written_at = written_at});
  }
  co_return entries;
}

std::vector<std::string> MemoryBlobs::keys(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, bytes] : all_) {
    if (key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

void MemoryBlobs::add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  all_.emplace(key, "x");
}

task<Result<media::Image>> FakeImages::process(media::ImageJob job) {
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

MediaTest::MediaTest() = default;
MediaTest::~MediaTest() = default;

void MediaTest::SetUp() {
  migrate();
  revisions_ = std::make_unique<cache::Revisions>(database());
  recent_ = std::make_unique<test::NoRecentRucks>();
  people_ = std::make_unique<people::PeopleService>(
      people::PeopleService::Dependencies{.database = database(),
                                          .revisions = *revisions_,
                                          .clock = clock_,
                                          .bus = bus_,
                                          .recent_rucks = *recent_});
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

UserId MediaTest::add_user(const std::string& name) {
  const profile::UserRow row{.id = UserId(Uuid::make_v7(to_ms(clock_.now()))),
                             .email = name + "@example.org",
                             .username = name};
  change([&](db::Session& q) { profile::store::insert(q, row, "0123456789abcdef"); });
  return row.id;
}

RuckId MediaTest::add_ruck(UserId owner, const std::string& visibility, const std::string& status) {
  rucks::RuckRow row{{.user_id = owner, .id = RuckId(next_ruck_++), .status = status}};
  row.visibility = visibility;
  row.started_at = clock_.now();
  row.last_arrival_at = clock_.now();
  if (status == "completed") row.completed_at = clock_.now();
  change([&](db::Session& q) { rucks::store::insert(q, row); });
  return row.id;
}

void MediaTest::change(const std::function<void(db::Session&)>& fn) {
  const auto done = database().write_now(fn);
  ASSERT_TRUE(done) << done.error().client_text() << done.error().detail;
}

void MediaTest::follow(UserId who, UserId whom) {
  ASSERT_TRUE(cores_.run(people_->follow({.user = who}, whom)));
}

void MediaTest::unfollow(UserId who, UserId whom) {
  ASSERT_TRUE(cores_.run(people_->unfollow({.user = who}, whom)));
}

void MediaTest::block(UserId who, UserId whom) {
  ASSERT_TRUE(cores_.run(people_->block({.user = who}, whom)));
}

std::future<MediaTest::Uploaded> MediaTest::begin_upload(UserId user, std::string form) {
  return std::async(std::launch::async, [this, user, form = std::move(form)] {
    test::TextSource source(form);
    return cores_.run(
        service_->upload({.user = user}, {http::BodyStream(source, test::kFormType, budget_)}));
  });
}

std::future<MediaTest::Uploaded> MediaTest::begin_upload(RuckId ruck,
                                                         const std::vector<File>& files) {
  return begin_upload(anna_, test::form_of({{"ruck_id", text(ruck)}}, "photos", files));
}

MediaTest::Uploaded MediaTest::upload(UserId user, const Fields& before,
                                      const std::vector<File>& files, const Fields& after) {
  return while_jobs_run(begin_upload(user, test::form_of(before, "photos", files, after)));
}

MediaTest::Uploaded MediaTest::upload(RuckId ruck, const std::vector<File>& files) {
  return while_jobs_run(begin_upload(ruck, files));
}

Photo MediaTest::add_photo(RuckId ruck, const std::string& bytes) {
  const Uploaded reply = upload(ruck, {{.name = "a.jpg", .bytes = bytes}});
  EXPECT_TRUE(reply) << reply.error().client_text();
  return reply ? reply->value.photos.at(0) : Photo{};
}

Result<AvatarReply> MediaTest::set_avatar(UserId user, const std::string& bytes) {
  return while_jobs_run(std::async(std::launch::async, [&] {
    test::TextSource source(test::form_of({}, "image", {{.name = "me.png", .bytes = bytes}}));
    return cores_.run(
        service_->set_avatar({.user = user}, {http::BodyStream(source, test::kFormType, budget_)}));
  }));
}

Result<AvatarReply> MediaTest::set_avatar_text(UserId user, const std::string& text) {
  return while_jobs_run(std::async(std::launch::async, [&] {
    return cores_.run(service_->set_avatar_text({.user = user}, {.image = text}));
  }));
}

template <class T>
T MediaTest::while_jobs_run(std::future<T> reply) {
  while (reply.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) run_jobs();
  return reply.get();
}

int MediaTest::run_jobs() {
  int ran = 0;
  for (;;) {
    const auto job = next_job();
    if (!job) return ran;
    ran += 1;
    end(*job, run(*job));
  }
}

std::optional<StoredJob> MediaTest::next_job() {
  return look([&](db::Session& q) { return q.optional<StoredJob>(kNextJob, clock_.now()); });
}

jobs::Outcome MediaTest::run(const StoredJob& job) {
  const auto found = std::ranges::find(kinds_, job.kind, &jobs::Kind::name);
  if (found == kinds_.end()) return jobs::done();  // another service's
  return cores_.run(
      found->run(jobs::RunningJob{
          .payload = job.payload, .attempt = job.attempts + 1, .created_at = clock_.now()}),
      1);
}

void MediaTest::end(const StoredJob& job, const jobs::Outcome& outcome) {
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

jobs::Outcome MediaTest::tidy() { return run({.kind = std::string(kTidyJob)}); }

std::vector<Photo> MediaTest::list(UserId viewer, RuckId ruck) {
  const auto reply = cores_.run(service_->list({.user = viewer}, {.ruck_id = text(ruck)}));
  EXPECT_TRUE(reply) << reply.error().client_text();
  return reply ? reply->data : std::vector<Photo>();
}

ErrorCode MediaTest::list_error(UserId viewer, RuckId ruck) {
  const auto reply = cores_.run(service_->list({.user = viewer}, {.ruck_id = text(ruck)}));
  return reply ? ErrorCode::kInternal : reply.error().code;
}

Result<PhotoRemoved> MediaTest::remove(UserId user, const Uuid& photo) {
  return cores_.run(service_->remove({.user = user}, {.photo_id = photo}));
}

http::Response MediaTest::get(const std::string& address, FileRequest with) {
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

std::string MediaTest::field(const http::Response& response, std::string_view name) {
  for (const auto& [each, value] : response.headers) {
    if (each == name) return value;
  }
  return {};
}

std::vector<std::string> MediaTest::uploads() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() + "/uploads")) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

std::int64_t MediaTest::kept() {
  return look([](db::Session& q) { return q.one<std::int64_t>(kKept); });
}

bool MediaTest::has_photos(UserId owner, RuckId ruck) {
  return look([&](db::Session& q) { return rucks::store::find(q, {owner, ruck})->has_photos; });
}

std::optional<std::string> MediaTest::avatar_of(UserId user) {
  return look([&](db::Session& q) { return profile::find_user(q, user)->avatar_url; });
}

}  // namespace ruck::photos

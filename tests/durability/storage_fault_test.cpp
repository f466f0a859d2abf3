// A disk that is full, fails or may not be written: refused with 503, said in the log, reads go on,
// nothing acknowledged is harmed, and all is well again when the disk is, without anybody's help.
#include "app/server_app.hpp"
#include "durability/recording_machine.hpp"
#include "runtime/config.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>
#include <utility>

namespace ruck::test {
namespace {
using testing::HasSubstr;

constexpr auto kRunTime = std::chrono::milliseconds(200);  // and more, until enough has happened

enum class Fault : std::uint8_t { kDiskFull, kWritesFail, kSyncsFail, kReadOnly };

void inject(FaultVfs& disk, Fault fault) {
  switch (fault) {
    case Fault::kDiskFull:
      disk.fill_disk_after(0);
      break;
    case Fault::kWritesFail:
      disk.fail_writes();
      break;
    case Fault::kSyncsFail:
      disk.fail_syncs();
      break;
    case Fault::kReadOnly:
      disk.make_read_only();
      break;
  }
}

// The whole server inside this process, so that its disk can be made to fail.
class FaultyServer {
 public:
  FaultyServer() : app_(config()) {
    log_ = ::open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    telemetry::set_log_descriptor(log_);
    const Result<> started = app_.start();
    if (!started) throw std::runtime_error(std::string(started.error().client_text()));
    url_ = "http://127.0.0.1:" + std::to_string(app_.port());
  }
  ~FaultyServer() {
    stop();
    telemetry::set_log_descriptor(STDERR_FILENO);
    ::close(log_);
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string log() const { return read_file(log_path()); }
  FaultVfs& disk() { return disk_; }
  void stop() {
    if (!std::exchange(is_stopped_, true)) app_.stop();
  }
  // Units of work that wait for the writer.
  [[nodiscard]] int queued_writes() const {
    const std::string text = log();
    const std::string_view port = "\"metrics_port\":";
    const int number = std::atoi(text.c_str() + text.find(port) + port.size());
    const std::string metrics =
        ApiClient("http://127.0.0.1:" + std::to_string(number)).get("/metrics").body;
    const std::string_view name = "ruck_db_queue_jobs{access=\"write\"} ";
    return std::atoi(metrics.c_str() + metrics.find(name) + name.size());
  }

 private:
  [[nodiscard]] std::string log_path() const { return folder_.path() + "/log"; }
  runtime::Config config() {
    runtime::ConfigInput input{.flags = {{"listen", "127.0.0.1:0"},
                                         {"metrics_listen", "127.0.0.1:0"},
                                         {"data_dir", folder_.path()},
                                         {"rate_limits", "off"},
                                         {"shutdown_seconds", "4"}},
                               .env = [](const char*) -> const char* { return nullptr; }};
    runtime::LoadedConfig loaded = runtime::load_config(input);
    for (const std::string& problem : loaded.problems) ADD_FAILURE() << problem;
    return loaded.config;
  }

  TemporaryFolder folder_;
  FaultVfs disk_{"faulty", FaultVfs::Scope::kAllOfTheProcess};
  app::ServerApp app_;
  int log_ = -1;
  std::string url_;
  bool is_stopped_ = false;
};

class HealsAtEnd {
 public:
  explicit HealsAtEnd(FaultVfs& disk) : disk_(disk) {}
  ~HealsAtEnd() { disk_.heal(); }
  HealsAtEnd(const HealsAtEnd&) = delete;
  HealsAtEnd& operator=(const HealsAtEnd&) = delete;

 private:
  FaultVfs& disk_;
};

// A stop cannot wait for a disk that does not answer: who is queued behind it is refused, and told
// so, while it still stands. What was being committed gets its answer when the disk does.
TEST(StalledDisk, AStopRefusesWhoIsQueuedAndLosesNothing) {
  FaultyServer server;
  ApiClient anna(server.url());
  anna.sign_up("anna");
  const std::string target = "/api/rucks/" + start_ruck(anna) + "/location";
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 10};
  server.disk().stall_syncs();
  std::future<Reply> committing = std::async(std::launch::async, [&] {
    ApiClient phone(server.url());
    phone.set_token(anna.token);
    return phone.post(target, walk.json());
  });
  ASSERT_TRUE(server.disk().wait_for_stalled_sync());
  constexpr int kQueued = 4;
  constexpr int kOwnUnits = 1;  // the server's own: it merges and deletes recent batches
  std::vector<std::future<Reply>> queued;
  const HealsAtEnd heals(server.disk());  // the replies above are waited for, also after a failure
  for (int i = 0; i < kQueued; ++i) {
    queued.push_back(std::async(std::launch::async, [&, i] {
      ApiClient other(server.url());
      return other.post("/api/auth/signup",
                        R"({"email":"b)" + std::to_string(i) +
                            R"(@example.org","password":"correct horse","username":"berta"})");
    }));
  }
  ASSERT_TRUE(until([&] { return server.queued_writes() >= kQueued; }));
  std::future<void> stopped = std::async(std::launch::async, [&] { server.stop(); });
  int refused_count = 0;
  for (auto& each : queued) {
    try {
      const Reply refused = each.get();
      EXPECT_EQ(refused.status, 503) << refused.body;
      EXPECT_NE(refused.raw.header("Retry-After"), "");
      ++refused_count;
    } catch (const std::exception&) {
      // One of the server's own was queued instead, and this one came to a closed door.
    }
  }
  EXPECT_GE(refused_count, kQueued - kOwnUnits);
  server.disk().heal();
  stopped.get();
  EXPECT_THAT(server.log(), HasSubstr("\"event\":\"server.stopped\""));
  // It was stored, or refused at its next step, or its connection was closed by then.
  try {
    EXPECT_THAT(committing.get().status, testing::AnyOf(201, 503));
  } catch (const std::exception&) {
    SUCCEED() << "the connection was cut";
  }
}

class StorageFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(StorageFaultTest, WritesAreRefusedReadsGoOnAndItRecoversByItself) {
  FaultyServer server;
  ApiClient anna(server.url());
  anna.sign_up("anna");
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 400};
  const std::string id = start_ruck(anna);
  const std::string path = "/api/rucks/" + id;
  ASSERT_EQ(anna.post(path + "/location", walk.part(0, 100).json()).status, 201);

  inject(server.disk(), GetParam());
  for (int i = 0; i < 3; ++i) {
    const Reply refused = anna.post(path + "/location", walk.part(100, 100).json());
    EXPECT_EQ(refused.status, 503) << "a phone drops its data on a 4xx: " << refused.body;
    EXPECT_NE(refused.raw.header("Retry-After"), "");
  }
  EXPECT_EQ(anna.post(path + "/complete", "{}").status, 503);
  EXPECT_EQ(anna.get("/readyz").status, 503);
  EXPECT_EQ(anna.get("/livez").status, 200) << "a restart would not help";
  EXPECT_EQ(anna.get("/api/system/health").json["status"].text(), "degraded");
  const Reply read = anna.get(path);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.json["route"].size(), 100U);
  EXPECT_TRUE(until([&] { return server.log().contains("\"event\":\"db.writes_refused\""); }))
      << "is said a moment after it is so";

  server.disk().heal();
  EXPECT_TRUE(until([&] { return anna.get("/readyz").status == 200; }));
  EXPECT_TRUE(until([&] { return server.log().contains("\"event\":\"db.writes_resumed\""); }))
      << "is said a moment after it is so";
  EXPECT_EQ(anna.post(path + "/location", walk.part(100, 300).json()).status, 201);
  EXPECT_EQ(anna.get(path).json["route"].size(), 400U);
  EXPECT_EQ(anna.post(path + "/complete", "{}").status, 200);
}

// Under load, with a power cut afterwards: a refusal must not have been an acknowledgement, and the
// recovery must have made safe what it says.
TEST_P(StorageFaultTest, UnderLoadNothingAcknowledgedIsHarmedNotEvenByAPowerCutAfterwards) {
  const std::uint64_t seed = seed_of_run();
  RecordingMachine machine({}, seed);
  ASSERT_TRUE(machine.start());
  using Ran = RecordingMachine::Ran;
  const auto has_stored = [](const Ran& ran) { return ran.stored >= 20; };
  const auto was_refused = [](const Ran& ran) { return ran.refused >= 20; };
  EXPECT_EQ(machine.run_for(kRunTime, has_stored).refused, 0U);
  inject(machine.disk(), GetParam());
  machine.run_for(kRunTime, was_refused);
  const Verdict broken = machine.compare();
  EXPECT_TRUE(broken.is_clean()) << testing::PrintToString(broken.problems);
  machine.disk().heal();
  ASSERT_TRUE(until([&] { return machine.database().status().can_write; }));
  machine.run_until_power_cut(kRunTime, 20);
  ASSERT_TRUE(machine.start());
  const Verdict verdict = machine.compare();
  EXPECT_TRUE(verdict.is_clean()) << testing::PrintToString(verdict.problems);
  EXPECT_GT(verdict.acknowledged, broken.acknowledged);
}

std::string name_of_fault(const testing::TestParamInfo<Fault>& info) {
  constexpr std::array<const char*, 4> kNames = {"DiskFull", "WritesFail", "SyncsFail", "ReadOnly"};
  return kNames.at(static_cast<std::size_t>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Faults, StorageFaultTest,
                         testing::Values(Fault::kDiskFull, Fault::kWritesFail, Fault::kSyncsFail,
                                         Fault::kReadOnly),
                         name_of_fault);

class DamagedFileTest : public testing::Test {
 protected:
  DamagedFileTest() : server_({}), anna_(server_.url()) {
    anna_.sign_up("anna");
    for (int i = 0; i < 4; ++i) {
      ids_.push_back(
          record_ruck(anna_, {.start_ms = now_ms() - 86'400'000 * (i + 1), .count = 300}));
    }
    EXPECT_EQ(ruck({"backup", "kept.db"}).exit_code, 0);
    EXPECT_EQ(server_.stop(), 0);
    whole_ = read_file(database());
  }
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), binary());
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_DATA_DIR=" + server_.folder() + "/data"},
                       .working_folder = server_.folder()},
                      std::chrono::minutes(2));
  }
  [[nodiscard]] std::string database() const { return server_.folder() + "/data/ruck.db"; }
  void write(const std::string& bytes) const {
    std::ofstream(database(), std::ios::binary | std::ios::trunc) << bytes;
  }

  RuckServer server_;
  ApiClient anna_;
  std::vector<std::string> ids_;
  std::string whole_;
};

TEST_F(DamagedFileTest, AFileThatIsNoDatabaseIsRefusedAtStart) {
  for (const std::string& bytes :
       {std::string(8192, 'x'), whole_.substr(0, 100) + std::string(4000, '\x7f')}) {
    write(bytes);
    const Finished served = ruck({"serve", "--listen", "127.0.0.1:0"});
    EXPECT_EQ(served.exit_code, 1);
    EXPECT_THAT(served.output, HasSubstr("ruck serve: "));
  }
}

TEST_F(DamagedFileTest, ScribbledPagesGiveErrorsNotCrashesAndABackupHelps) {
  rucking::SeededRandom random(seed_of_run());
  constexpr std::size_t kPage = 2048;  // as kWriterPragmas says
  constexpr int kRounds = 12;
  int served = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = whole_;
    for (int i = 0; i <= round / 3; ++i) {
      const std::size_t page = 1 + random.below(bytes.size() / kPage - 1);
      for (std::size_t at = page * kPage; at < (page + 1) * kPage; at += 1 + random.below(40)) {
        bytes[at] = static_cast<char>(random.next());
      }
    }
    write(bytes);
    const std::size_t logged = server_.log().size();  // by the servers before
    try {
      server_.start();
    } catch (const std::exception&) {
      EXPECT_THAT(server_.log(), HasSubstr("ruck serve: "));
      continue;
    }
    ++served;
    ApiClient anna(server_.url());
    anna.set_token(anna_.token);
    for (const std::string& id : ids_) {
      const int read = anna.get("/api/rucks/" + id).status;
      EXPECT_TRUE(read == 200 || read == 404 || read == 500 || read == 503) << read;
      const int sent =
          anna.post("/api/rucks/" + id + "/location", Walk{.start_ms = now_ms() - 60'000}.json())
              .status;
      EXPECT_TRUE(sent == 201 || sent == 404 || sent == 500 || sent == 503) << sent;
    }
    EXPECT_EQ(anna.get("/livez").status, 200);
    const bool has_failed = server_.log().substr(logged).contains("db.statement_failed");
    const bool is_counted =
        !server_.metrics().contains(R"(ruck_db_failures_total{kind="storage"} 0)");
    EXPECT_EQ(is_counted, has_failed) << "an operator sees a damaged file";
    EXPECT_EQ(server_.stop(), 0) << "it must end in good order, not by a signal";
    EXPECT_LE(ruck({"check"}).exit_code, 1);
  }
  std::cout << served << " of " << kRounds << " damaged files were served\n";
  const Finished restored = ruck({"restore", "kept.db"});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_EQ(ruck({"check"}).exit_code, 0);
  server_.start();
  ApiClient anna(server_.url());
  anna.set_token(anna_.token);
  for (const std::string& id : ids_) {
    EXPECT_EQ(anna.get("/api/rucks/" + id).json["route"].size(), 300U);
  }
}

}  // namespace
}  // namespace ruck::test

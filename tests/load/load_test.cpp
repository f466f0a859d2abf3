// `ruck load` and `ruck simulate --population`: the real binary against the real server.
#include "support/server.hpp"
#include "support/until.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;

std::string ruck_binary() {
  const char* path = std::getenv("RUCK_BINARY");
  return path != nullptr ? path : RUCK_BINARY_PATH;
}

class LoadTest : public ApiTest {
 protected:
  Finished ruck(std::vector<std::string> words, std::vector<std::string> env = {}) {
    words.insert(words.begin(), ruck_binary());
    return run_to_end({.argv = words, .extra_env = env, .working_folder = folder_.path()},
                      std::chrono::seconds(240));
  }
  std::vector<std::string> load_words(std::vector<std::string> more) {
    std::vector<std::string> words = {"load", "--url", server_->url(), "--json", path("out.json")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Finished load(std::vector<std::string> more) { return ruck(load_words(std::move(more))); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  [[nodiscard]] json::Tree report() const { return json::Tree::parse(read_file(path("out.json"))); }
  // Stops the server, fills its database, starts it again.
  void populate(const std::string& what, const std::string& tracks,
                const std::string& follows = "0") {
    server_->stop();
    const std::string url = database_->url().empty()
                                ? "sqlite:" + server_->folder() + "/data/ruck.db"
                                : database_->url();
    const Finished filled =
        ruck({"simulate", "--population", what, "--tracks", tracks, "--follows", follows,
              "--accounts", path("accounts.jsonl"), "--database-url", url});
    ASSERT_EQ(filled.exit_code, 0) << filled.output;
    server_->start();
  }
  [[nodiscard]] int stored_batches() {
    const std::string text = server_->metrics();
    const std::string_view name = "\nruck_ingest_batches_total ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + name.size());
  }
  TemporaryFolder folder_;
};

// Listens where the server did, and closes what comes.
class DeadPort {
 public:
  explicit DeadPort(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int again = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket_, 128) != 0) {
      throw std::runtime_error("cannot listen");
    }
  }
  ~DeadPort() { ::close(socket_); }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  // Waits until so many have come.
  [[nodiscard]] bool refuses(int connections) const {
    for (int i = 0; i < connections; ++i) {
      pollfd descriptor{.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&descriptor, 1, kWaitMs) <= 0) return false;
      ::close(::accept(socket_, nullptr, nullptr));
    }
    return true;
  }

 private:
  static constexpr int kWaitMs = 60'000;
  int socket_;
};

TEST_P(LoadTest, PeopleLookAtPeopleWhoFollowEachOther) {
  populate("60,5", "2", "12");
  const Finished run = load({"--scenario", "browse", "--rate", "100", "--duration", "2s",
                             "--accounts", path("accounts.jsonl")});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  const json::Tree looks = report()["looks"];
  for (const char* const kind : {"feed", "feed, following", "profile", "followers", "search"}) {
    EXPECT_GE(looks[kind]["count"].integer(), 20) << kind;
    EXPECT_EQ(looks[kind]["errors"].integer(), 0) << kind;
  }
  // The population is what it says: everybody follows twelve, and the counts know.
  std::int64_t followers = 0;
  std::ifstream accounts(path("accounts.jsonl"));
  for (std::string line; std::getline(accounts, line);) {
    const json::Tree account = json::Tree::parse(line);
    ApiClient somebody = client();
    somebody.set_token(account["token"].text());
    const Reply shown = somebody.get("/api/users/" + account["user_id"].text() + "/profile");
    EXPECT_EQ(shown.json["data"]["stats"]["followingCount"].integer(), 12) << shown.body;
    followers += shown.json["data"]["stats"]["followersCount"].integer();
  }
  EXPECT_EQ(followers, 60 * 12);
}

TEST_P(LoadTest, TwoHundredRuckersRecordAndNothingIsLost) {
  populate("200,3", "2");
  const Finished run = load({"--users", "200", "--duration", "5s", "--batch-every", "1s",
                             "--verify", "200", "--accounts", path("accounts.jsonl"),
                             "--connections", "64", "--html", path("out.html"), "--resend", "0.1"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  const json::Tree all = report();
  EXPECT_TRUE(all["ok"].boolean());
  const json::Tree& m = all["runs"][0];
  EXPECT_EQ(m["errors"].integer(), 0);
  EXPECT_EQ(m["connections"].integer(), 64);
  EXPECT_EQ(m["verified"]["rucks"].integer(), 200);
  EXPECT_EQ(m["verified"]["points"].integer(), m["points"]["acknowledged"].integer());
  EXPECT_NEAR(m["points"]["acknowledged"].number(), 200 * 5, 30);
  EXPECT_GT(m["points"]["resent"].integer(), 20);
  EXPECT_EQ(m["points"]["doubled"].integer(), 0);
  EXPECT_NEAR(m["endpoints"]["location"]["latency_ms"]["count"].number(), 1000, 300);
  EXPECT_GE(m["seconds"].size(), 4U);
  EXPECT_THAT(read_file(path("out.html")), HasSubstr("<svg"));
}

TEST_P(LoadTest, PopulationUsersHaveAPastAndTokensThatOnlyTheirOwnerReads) {
  populate("20,5", "3");
  struct stat info{};
  ASSERT_EQ(::stat(path("accounts.jsonl").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  std::istringstream lines(read_file(path("accounts.jsonl")));
  int users = 0;
  std::int64_t tracks = 0;
  for (std::string line; std::getline(lines, line); ++users) {
    ApiClient user = client();
    user.set_token(json::Tree::parse(line)["token"].text());
    const Reply profile = user.get("/api/users/profile");
    ASSERT_EQ(profile.status, 200) << profile.body;
    EXPECT_EQ(profile.json["id"].text(), json::Tree::parse(line)["user_id"].text());
    const Reply rucks = user.get("/api/rucks?limit=50");
    double km = 0;
    for (const json::Tree& each : rucks.json.items()) {
      EXPECT_EQ(each["status"].text(), "completed");
      EXPECT_GT(each["duration_seconds"].integer(), 0);
      EXPECT_GT(each["calories_burned"].integer(), 0);
      km += each["distance_km"].number();
      if (each["distance_source"].text() != "points") continue;
      ++tracks;
      const std::string target = "/api/rucks/" + std::to_string(each["id"].integer());
      EXPECT_GT(user.get(target).json["route"].size(), 100U);
    }
    const json::Tree& stats = profile.json["stats"];
    EXPECT_EQ(stats["total_rucks"].integer(), static_cast<std::int64_t>(rucks.json.size()));
    EXPECT_NEAR(stats["total_distance_km"].number(), km, 0.02) << "the sums of days are the rucks'";
  }
  EXPECT_EQ(users, 20);
  EXPECT_EQ(tracks, 3);
}

TEST_P(LoadTest, AReconnectAfterAnHourIsWorkedOff) {
  populate("40", "0");
  const Finished run =
      load({"--users", "40", "--duration", "4s", "--batch-every", "1s", "--verify", "40",
            "--accounts", path("accounts.jsonl"), "--scenario", "reconnect"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  const json::Tree all = report();
  const json::Tree& m = all["runs"][0];
  EXPECT_EQ(m["backlogs"].integer(), 4) << "a tenth of the users";
  EXPECT_GT(m["points"]["acknowledged"].integer(), 4 * 3600);
  EXPECT_EQ(m["verified"]["points"].integer(), m["points"]["acknowledged"].integer());
}

TEST_P(LoadTest, UsersAreRegisteredByTheApiAndKeptForTheNextRun) {
  const Finished first = load({"--users", "5", "--duration", "1s", "--batch-every", "1s"});
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_EQ(report()["accounts_registered"].integer(), 5);
  const Finished second = load({"--users", "5", "--duration", "1s", "--batch-every", "1s"});
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_EQ(report()["accounts_registered"].integer(), 0);
}

// A server that dies in the middle: errors, but what it had acknowledged is there afterwards.
TEST_P(LoadTest, AKilledServerMakesErrorsAndLosesNothing) {
  populate("50", "0");
  // In a thread of its own: a process ends with the thread that started it, and the server stays.
  Finished run;
  const std::vector<std::string> words =
      load_words({"--users", "50", "--duration", "5s", "--batch-every", "500ms", "--verify", "50",
                  "--accounts", path("accounts.jsonl"), "--tolerate-errors"});
  std::thread loader([&] { run = ruck(words); });
  EXPECT_TRUE(until([this] { return stored_batches() >= 50; }));
  server_->kill();
  {
    const DeadPort dead(server_->port());
    EXPECT_TRUE(dead.refuses(20)) << "batches come due meanwhile";
  }
  server_->start();
  loader.join();
  EXPECT_EQ(run.exit_code, 0) << run.output;
  const json::Tree all = report();
  const json::Tree& m = all["runs"][0];
  EXPECT_GT(m["errors"].integer(), 0) << run.output;
  EXPECT_EQ(m["verified"]["rucks"].integer(), 50);
  EXPECT_EQ(m["verified"]["lost"].integer(), 0);
}
RUCK_ON_BOTH_DATABASES(LoadTest);

class LoadUsageTest : public testing::Test {
 protected:
  static Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), ruck_binary());
    return run_to_end({.argv = words}, std::chrono::seconds(30));
  }
};

TEST_F(LoadUsageTest, SaysWhatIsWrongWithAFlag) {
  const auto expect = [](const std::vector<std::string>& flags, const std::string& text) {
    std::vector<std::string> words = {"load"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Finished run = ruck(words);
    EXPECT_EQ(run.exit_code, 2) << run.output;
    EXPECT_THAT(run.output, HasSubstr(text));
  };
  expect({"--users", "many"}, "--users: expected a number from 1");
  expect({"--duration", "5 parsecs"}, "--duration: expected a time such as 90s, 5m or 2h");
  expect({"--scenario", "chaos"}, "--scenario: expected one of record mixed");
  expect({"--connections", "20000"}, "--connections: expected a number from 1 to 10000");
  expect({"--heart-rate", "maybe"}, "--heart-rate: expected on or off");
  expect({"--url", "ftp://x"}, "http://");
  expect({"--fast", "on"}, "there is no flag --fast");
}

TEST_F(LoadUsageTest, SaysWhenTheServerCannotBeReached) {
  const TemporaryFolder folder;
  const Finished run = ruck({"load", "--url", "http://127.0.0.1:" + std::to_string(free_port()),
                             "--data-dir", folder.path(), "--users", "2"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("cannot connect; is the server running?"));
}

TEST_F(LoadUsageTest, APopulationNeedsNumbers) {
  const Finished run = ruck({"simulate", "--population", "lots"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, HasSubstr("must be numbers"));
}

}  // namespace
}  // namespace ruck::test

// Start, settings and stop of the real program.
#include "support/postgres_tools.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

Finished ruck(std::vector<std::string> words, std::vector<std::string> env = {}) {
  const TemporaryFolder folder;
  words.insert(words.begin(), binary());
  return run_to_end(
      {.argv = std::move(words), .extra_env = std::move(env), .working_folder = folder.path()},
      std::chrono::minutes(1));
}

TEST(ConfigVerb, ChecksEverythingAtOnce) {
  const Finished bad =
      ruck({"config", "check", "--listen", "nowhere", "--threads=-3", "--colour=red"},
           {"RUCK_LOG_LEVEL=loud"});
  EXPECT_EQ(bad.exit_code, 1);
  for (const char* problem : {"listen", "threads", "colour", "log_level"}) {
    EXPECT_THAT(bad.output, HasSubstr(problem));
  }
  EXPECT_EQ(ruck({"config", "check"}).exit_code, 0);
}

TEST(ConfigVerb, PrintsWhereAValueCameFromAndNoSecret) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/ruck.toml") << "threads = 3\n";
  std::ofstream(folder.path() + "/keys")
      << "k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const Finished printed = ruck(
      {"config", "print", "--config", folder.path() + "/ruck.toml", "--listen", "127.0.0.1:81"},
      {"RUCK_LOG_LEVEL=debug", "RUCK_TOKEN_KEYS_FILE=" + folder.path() + "/keys", "PORT=9000"});
  EXPECT_EQ(printed.exit_code, 0) << printed.output;
  EXPECT_THAT(printed.output, HasSubstr("--listen"));
  EXPECT_THAT(printed.output, HasSubstr("RUCK_LOG_LEVEL"));
  EXPECT_THAT(printed.output, HasSubstr("ruck.toml"));
  EXPECT_THAT(printed.output, Not(HasSubstr("000102030405")));
}

TEST(ConfigVerb, DocumentsEverySetting) {
  const Finished doc = ruck({"config", "doc"});
  EXPECT_EQ(doc.exit_code, 0);
  for (const char* name : {"listen", "database_url", "data_dir", "threads", "token_keys"}) {
    EXPECT_THAT(doc.output, HasSubstr(name));
  }
}

TEST(Serve, RefusesToStartWithABadSettingAndSaysWhich) {
  const Finished refused = ruck({"serve", "--listen", "127.0.0.1:99999"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.output, HasSubstr("listen"));
}

// What a server says that cannot use the database it is given.
std::string refusal(const std::string& database_url) {
  const Finished refused =
      ruck({"serve", "--listen", "127.0.0.1:0"}, {"RUCK_DATABASE_URL=" + database_url});
  EXPECT_EQ(refused.exit_code, 1) << refused.output;
  return refused.output;
}

TEST(Serve, SaysWhatToDoAboutADatabaseThatCannotBeUsed) {
  const TemporaryDatabase others(DatabaseKind::kPostgres, Schema::kEmpty);
  const std::string server = others.url().substr(0, others.url().rfind('/') + 1);
  EXPECT_THAT(refusal(server + "nowhere"),
              testing::AllOf(HasSubstr("\"nowhere\" does not exist"), HasSubstr("createdb")));
  EXPECT_THAT(refusal("postgresql://ruck@127.0.0.1:1/ruck"),
              testing::AllOf(HasSubstr("port 1 failed"), HasSubstr("RUCK_DATABASE_URL")));
  run_sql(others.url(), "CREATE TABLE users (id bigint)");
  EXPECT_THAT(refusal(others.url()),
              testing::AllOf(HasSubstr("0001_users.sql"), HasSubstr("a database of its own")));
  run_sql(others.url(), "DROP TABLE users; ALTER DATABASE " + others.url().substr(server.size()) +
                            " SET default_transaction_read_only = on");
  EXPECT_THAT(refusal(others.url()),
              testing::AllOf(HasSubstr("read-only"), HasSubstr("the server that takes writes")));
}

TEST(Serve, SaysThatItsDatabaseUserMayNotMakeTables) {
  const TemporaryDatabase database(DatabaseKind::kPostgres, Schema::kEmpty);
  const std::string user = "limited" + std::to_string(::getpid());
  run_sql(database.url(), "CREATE ROLE " + user + " LOGIN");
  std::string url = database.url();
  url.replace(url.find("ruck@"), 4, user);
  EXPECT_THAT(refusal(url), testing::AllOf(HasSubstr("permission denied"), HasSubstr("owner")));
  run_sql(database.url(), "DROP ROLE " + user);
}

class ServeTest : public ApiTest {};

TEST_P(ServeTest, OnSigtermRequestsUnderWayAreFinishedAndNewOnesFindNobody) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  const std::int64_t start = now_ms() - 3'600'000;
  std::atomic<int> stored{0};
  std::atomic<bool> stop{false};
  std::thread phone([&] {
    ApiClient own = client();
    own.set_token(anna.token);
    for (int i = 0; !stop; ++i) {
      try {
        const Reply r = own.post("/api/rucks/" + id + "/location",
                                 Walk{.start_ms = start, .count = 1}.part(i, 1).json());
        if (r.status == 201) stored += 1;
      } catch (const std::exception&) {
        break;  // the server is gone
      }
    }
  });
  while (stored < 20) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(server_->stop(), 0) << server_->log();
  stop = true;
  phone.join();
  EXPECT_THAT(server_->log(), HasSubstr("server.stopped"));
  server_->start();
  EXPECT_EQ(anna.get("/api/rucks/" + id).json["route"].size(), static_cast<std::size_t>(stored));
}

TEST_P(ServeTest, ARepeatedSigtermDoesNotBreakOffTheShutdown) {
  ::kill(server_->pid(), SIGTERM);
  ::kill(server_->pid(), SIGTERM);
  EXPECT_EQ(server_->stop(), 0) << server_->log();
}

RUCK_ON_BOTH_DATABASES(ServeTest);

}  // namespace
}  // namespace ruck::test

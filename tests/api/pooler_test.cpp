// Behind PgBouncer, which gives each transaction whichever connection of the server's is free: more
// threads than connections, and nothing of one transaction may show in another.
#include "db/open.hpp"
#include "runtime/context.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {
constexpr int kServerConnections = 3;  // for two servers with 20 threads each

class PgBouncer {
 public:
  explicit PgBouncer(const std::string& database_url) {
    // postgresql://ruck@127.0.0.1:PORT/NAME
    const std::size_t slash = database_url.rfind('/');
    const std::size_t colon = database_url.rfind(':');
    const std::string port = database_url.substr(colon + 1, slash - colon - 1);
    listen_port_ = free_port();
    url_ =
        "postgresql://ruck@127.0.0.1:" + std::to_string(listen_port_) + database_url.substr(slash);
    const std::string file = folder_.path() + "/pgbouncer.ini";
    std::ofstream(file) << "[databases]\n* = host=127.0.0.1 port=" << port << " user=ruck\n"
                        << "[pgbouncer]\npool_mode = transaction\nauth_type = any\n"
                        << "default_pool_size = " << kServerConnections << "\n"
                        << "max_client_conn = 200\nlisten_addr = 127.0.0.1\n"
                        << "listen_port = " << listen_port_ << "\nunix_socket_dir =\n";
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::others_all,
                                 std::filesystem::perm_options::add);
    std::vector<std::string> argv = {"pgbouncer", file};
    // It refuses to run as root.
    if (::geteuid() == 0) argv = {"pgbouncer", "-u", "postgres", file};
    process_ =
        std::make_unique<Process>(ProcessOptions{.argv = argv,
                                                 .extra_env = {"PATH=/usr/sbin:/usr/bin:/bin"},
                                                 .output_path = folder_.path() + "/log",
                                                 .working_folder = "/"});
  }
  ~PgBouncer() {
    process_->signal(SIGINT);
    process_->wait(std::chrono::seconds(20));
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string log() const { return read_file(folder_.path() + "/log"); }
  [[nodiscard]] bool is_up() const { return log().contains("process up"); }

 private:
  TemporaryFolder folder_;
  int listen_port_ = 0;
  std::string url_;
  std::unique_ptr<Process> process_;
};

const db::Sql kSettings{"test.settings",
                        "SELECT current_setting('statement_timeout') || ' ' ||"
                        " current_setting('lock_timeout') || ' ' || current_setting('timezone')",
                        db::Dialect::kPostgres};

TEST(Pooler, EachTransactionBringsItsSettingsAlongAndTakesThemAway) {
  const TemporaryDatabase database(DatabaseKind::kPostgres);
  const PgBouncer pooler(database.url());
  ASSERT_TRUE(until([&] { return pooler.is_up(); })) << pooler.log();
  telemetry::Metrics metrics;
  const auto opened = db::open(
      {.url = pooler.url(), .postgres_connections = 8, .postgres_prepares = false}, metrics);
  ASSERT_TRUE(opened) << opened.error().client_text() << pooler.log();
  db::Database& behind = **opened;
  const auto settings = [](db::Session& q) { return q.one<std::string>(kSettings); };
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        if (i % 2 == 0) {
          EXPECT_EQ(behind.write_now(settings).value_or("failed"), "10s 5s UTC");
          continue;
        }
        auto context = std::make_shared<runtime::Context>();
        context->deadline = std::chrono::steady_clock::now() + std::chrono::seconds(9);
        const runtime::ContextScope scope(context);
        const auto shorter = behind.read_now(settings);
        ASSERT_TRUE(shorter) << shorter.error().detail;
        EXPECT_TRUE(shorter->ends_with("ms 5s UTC") || shorter->starts_with("9s")) << *shorter;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  behind.close();
}

TEST(Pooler, ServersBehindPgBouncerRecordAndShowAsWithoutIt) {
  const TemporaryDatabase database(DatabaseKind::kPostgres, Schema::kEmpty);
  const PgBouncer pooler(database.url());
  ASSERT_TRUE(until([&] { return pooler.is_up(); })) << pooler.log();
  const ServerSettings settings{.database_url = pooler.url(),
                                .extra_env = {"RUCK_DATABASE_PREPARE=off"}};
  const RuckServer a(settings);
  const RuckServer b(settings);
  constexpr int kPeople = 8;
  std::vector<std::thread> people;
  for (int i = 0; i < kPeople; ++i) {
    people.emplace_back([&, i] {
      ApiClient at_a(a.url());
      at_a.sign_up("rucker" + std::to_string(i));
      ApiClient at_b(b.url());
      at_b.set_token(at_a.token);
      const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 100};
      const std::string id = start_ruck(at_a);
      for (int from = 0; from < walk.count; from += 10) {
        ApiClient& turn = (from / 10) % 2 == 0 ? at_a : at_b;
        const Reply stored =
            turn.post("/api/rucks/" + id + "/location", walk.part(from, 10).json());
        EXPECT_EQ(stored.status, 201) << stored.body;
      }
      EXPECT_EQ(at_b.post("/api/rucks/" + id + "/complete", "{}").status, 200);
      for (ApiClient* client : {&at_a, &at_b}) {
        EXPECT_EQ(client->get("/api/rucks/" + id).json["route"].size(), 100U);
        EXPECT_EQ(client->get("/api/rucks").json.size(), 1U);
      }
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_FALSE(a.log().contains("prepared statement")) << a.log();
}

}  // namespace
}  // namespace ruck::test

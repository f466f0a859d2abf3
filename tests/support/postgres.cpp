#include "support/postgres.hpp"

#include "base/clock.hpp"
#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "support/postgres_tools.hpp"
#include "support/until.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ruck::test {
namespace {
constexpr const char* kBin = "/usr/lib/postgresql/15/bin/";
constexpr const char* kTemplate = "migrated";

bool answers(const std::string& url) {
  PGconn* connection = PQconnectdb(url.c_str());
  const bool ok = PQstatus(connection) == CONNECTION_OK;
  PQfinish(connection);
  return ok;
}

// The URL of the run's cluster, without a database name.
std::string shared_cluster() {
  if (const char* file = std::getenv("RUCK_TEST_POSTGRES_FILE")) {
    const std::string url = read_file(file);
    if (!url.empty()) return url;
  }
  static const TemporaryFolder folder;
  static const PostgresCluster cluster(folder.path() + "/pg");
  static const bool has_template = (make_template(cluster), true);
  static_cast<void>(has_template);
  return cluster.url("");
}
}  // namespace

std::vector<std::string> as_postgres(std::vector<std::string> argv) {
  argv[0] = kBin + argv[0];
  if (::geteuid() != 0) return argv;
  std::vector<std::string> wrapped = {"setpriv", "--reuid=postgres", "--regid=postgres",
                                      "--clear-groups", "--"};
  wrapped.insert(wrapped.end(), argv.begin(), argv.end());
  return wrapped;
}

void give_to_postgres(const std::string& folder) {
  if (::geteuid() != 0) return;
  std::filesystem::permissions(std::filesystem::path(folder).parent_path(),
                               std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr || ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("no user postgres: install postgresql-15");
  }
}

void run_sql(const std::string& url, const std::string& statement) { ask_sql(url, statement); }

std::string ask_sql(const std::string& url, const std::string& statement) {
  PGconn* connection = PQconnectdb(url.c_str());
  PGresult* result = PQexec(connection, statement.c_str());
  const auto status = PQresultStatus(result);
  const bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  const std::string problem = PQerrorMessage(connection);
  const bool has_value = ok && PQntuples(result) > 0 && PQnfields(result) > 0;
  std::string value = has_value ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  PQfinish(connection);
  if (!ok) throw std::runtime_error(statement + ": " + problem);
  return value;
}

std::unique_ptr<Process> start_postgres(const std::string& folder, const std::string& url) {
  auto server =
      std::make_unique<Process>(ProcessOptions{.argv = as_postgres({"postgres", "-D", folder}),
                                               .extra_env = {},
                                               .output_path = {},
                                               .working_folder = "/"});
  for (int i = 0; i < 3000; ++i) {
    if (answers(url)) return server;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("postgres did not start");
}

void stop_postgres(std::unique_ptr<Process>& server) {
  if (!server) return;
  server->signal(SIGQUIT);
  server->wait(std::chrono::seconds(20));
  server.reset();
}

PostgresCluster::PostgresCluster(const std::string& folder, bool durable) : folder_(folder) {
  std::filesystem::create_directories(folder_);
  give_to_postgres(folder_);
  const Finished made =
      run_to_end({.argv = as_postgres({"initdb", "-D", folder_, "-A", "trust", "-U", "ruck", "-N",
                                       "-E", "UTF8", "--locale=C.UTF-8"}),
                  .extra_env = {},
                  .output_path = {},
                  .working_folder = "/"},
                 std::chrono::seconds(60));
  if (made.exit_code != 0) throw std::runtime_error("initdb: " + made.output);
  port_ = free_port();
  std::ofstream config(folder_ + "/postgresql.conf", std::ios::app);
  config << "port=" << port_ << "\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\n"
         << "max_connections=300\nshared_buffers=64MB\n"
         << (durable ? "" : "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n");
  config.close();
  start();
}

void PostgresCluster::start() { server_ = start_postgres(folder_, url("postgres")); }

void PostgresCluster::start_if_it_ended() {
  const auto has_ended = [this] { return server_->wait(std::chrono::milliseconds(0)).has_value(); };
  if (!until([&] { return has_ended() || answers(url("postgres")); }) || has_ended()) start();
}

void PostgresCluster::stop() { stop_postgres(server_); }

PostgresCluster::~PostgresCluster() { stop(); }

std::string PostgresCluster::url(const std::string& database) const {
  return "postgresql://ruck@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void make_template(const PostgresCluster& cluster) {
  run_sql(cluster.url("postgres"), std::string("CREATE DATABASE ") + kTemplate);
  {
    telemetry::Metrics metrics;
    const auto database =
        db::open({.url = cluster.url(kTemplate), .postgres_connections = 3}, metrics);
    if (!database) throw std::runtime_error("template: " + database.error().detail);
    const auto report = db::migrate(**database, SystemClock(), embedded::migrations());
    if (!report) throw std::runtime_error("template: " + report.error().detail);
    (*database)->close();
  }
  // Copies need that nobody is connected.
  run_sql(cluster.url("postgres"),
          std::string("ALTER DATABASE ") + kTemplate + " ALLOW_CONNECTIONS false");
}

TemporaryPostgres::TemporaryPostgres(Schema schema) {
  static std::atomic<int> next{0};
  name_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(next++);
  run_sql(shared_cluster() + "postgres",
          "CREATE DATABASE " + name_ +
              (schema == Schema::kMigrated ? std::string(" TEMPLATE ") + kTemplate : ""));
  url_ = shared_cluster() + name_;
}

TemporaryPostgres::~TemporaryPostgres() {
  try {
    run_sql(shared_cluster() + "postgres", "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
  }
}

}  // namespace ruck::test

#include "support/standby.hpp"

#include "support/postgres_tools.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace ruck::test {

namespace {
// Each of PostgreSQL's processes is a session of its own, so a signal to a group reaches one.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  const std::string id = std::to_string(parent);
  std::ifstream list("/proc/" + id + "/task/" + id + "/children");
  for (pid_t child = 0; list >> child;) children.push_back(child);
  if (children.empty()) throw std::runtime_error("no processes of PostgreSQL were found");
  return children;
}
}  // namespace

void make_commits_wait(const std::string& primary) {
  run_sql(primary, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
  run_sql(primary, "ALTER SYSTEM SET synchronous_commit = 'remote_apply'");
  run_sql(primary, "SELECT pg_reload_conf()");
}

void let_commits_go(const std::string& primary) {
  run_sql(primary, "ALTER SYSTEM RESET synchronous_standby_names");
  run_sql(primary, "SELECT pg_reload_conf()");
}

PostgresStandby::PostgresStandby(const PostgresCluster& primary, const std::string& folder)
    : folder_(folder) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);  // or it refuses
  give_to_postgres(folder_);
  const Finished copied = run_to_end(
      {.argv = as_postgres({"pg_basebackup", "-D", folder_, "-d", primary.url("postgres"), "-R",
                            "-X", "stream", "-c", "fast"}),
       .extra_env = {},
       .output_path = {},
       .working_folder = "/"},
      std::chrono::seconds(60));
  if (copied.exit_code != 0) throw std::runtime_error("pg_basebackup: " + copied.output);
  port_ = free_port();
  std::ofstream(folder_ + "/postgresql.conf", std::ios::app) << "port=" << port_ << "\n";
  server_ = start_postgres(folder_, url("postgres"));
  make_commits_wait(primary.url("postgres"));
}

PostgresStandby::~PostgresStandby() {
  if (is_hanging_) hang(false);
  stop_postgres(server_);
}

std::string PostgresStandby::url(const std::string& database) const {
  return "postgresql://ruck@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void PostgresStandby::promote() { run_sql(url("postgres"), "SELECT pg_promote(true, 60)"); }

void PostgresStandby::follow(const std::vector<int>& ports) {
  std::string hosts;
  std::string numbers;
  for (const int port : ports) {
    hosts += (hosts.empty() ? "" : ",") + std::string("127.0.0.1");
    numbers += (numbers.empty() ? "" : ",") + std::to_string(port);
  }
  run_sql(url("postgres"), "ALTER SYSTEM SET primary_conninfo = 'user=ruck host=" + hosts +
                               " port=" + numbers + " target_session_attrs=primary'");
  run_sql(url("postgres"), "SELECT pg_reload_conf()");
}

std::int64_t PostgresStandby::received() const {
  return std::stoll(ask_sql(url("postgres"), "SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"));
}

void PostgresStandby::pause_replay(bool is_paused) {
  run_sql(url("postgres"),
          is_paused ? "SELECT pg_wal_replay_pause()" : "SELECT pg_wal_replay_resume()");
}

void PostgresStandby::delay_replay(std::chrono::milliseconds delay) {
  run_sql(url("postgres"),
          "ALTER SYSTEM SET recovery_min_apply_delay = '" + std::to_string(delay.count()) + "ms'");
  run_sql(url("postgres"), "SELECT pg_reload_conf()");
}

void PostgresStandby::hang(bool is_hanging) {
  is_hanging_ = is_hanging;
  pid_t server = 0;  // the first line of the file; `server_` may be what runs it as another user
  std::ifstream(folder_ + "/postmaster.pid") >> server;
  if (server <= 0) throw std::runtime_error("postmaster.pid has no process id");
  const int signal = is_hanging ? SIGSTOP : SIGCONT;
  ::kill(server, signal);  // first: it makes no new ones then
  for (const pid_t child : children_of(server)) ::kill(child, signal);
}

void PostgresStandby::stop() { stop_postgres(server_); }

void PostgresStandby::start() { server_ = start_postgres(folder_, url("postgres")); }

std::string url_of_all(const std::vector<int>& ports, const std::string& database) {
  std::string hosts;
  for (const int port : ports)
    hosts += (hosts.empty() ? "" : ",") + ("127.0.0.1:" + std::to_string(port));
  return "postgresql://ruck@" + hosts + "/" + database;
}

}  // namespace ruck::test

#pragma once
// Another PostgreSQL that replays what a first one writes, until it is promoted.
#include "support/postgres.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

class PostgresStandby {
 public:
  // Copies `primary` into `folder` and follows it. From here on each commit of the primary waits
  // until one of its standbys has replayed it (synchronous_commit = remote_apply). Throws if it
  // does not come up.
  PostgresStandby(const PostgresCluster& primary, const std::string& folder);
  ~PostgresStandby();  // stops it
  PostgresStandby(const PostgresStandby&) = delete;
  PostgresStandby& operator=(const PostgresStandby&) = delete;

  [[nodiscard]] std::string url(const std::string& database) const;
  [[nodiscard]] int port() const { return port_; }
  // Returns when it takes writes.
  void promote();
  // Follows whichever server at these loopback ports is the primary.
  void follow(const std::vector<int>& ports);
  // Where it has come to in what the primary wrote; comparable between its standbys.
  [[nodiscard]] std::int64_t received() const;
  // What it receives is replayed, or waits until it is told to go on.
  void pause_replay(bool is_paused);
  // What it receives is replayed so much later.
  void delay_replay(std::chrono::milliseconds delay);
  // It keeps its connections and answers nothing, until it goes on.
  void hang(bool is_hanging);
  void stop();
  void start();

 private:
  std::string folder_;
  int port_ = 0;
  std::unique_ptr<Process> server_;
  bool is_hanging_ = false;
};

// Each commit of that primary waits until one of its standbys has replayed it.
void make_commits_wait(const std::string& primary);
// No longer: its standbys may be behind.
void let_commits_go(const std::string& primary);

// One address for several servers on loopback: whoever takes writes is the primary.
std::string url_of_all(const std::vector<int>& ports, const std::string& database);

}  // namespace ruck::test

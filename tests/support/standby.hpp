#pragma once
// A second PostgreSQL that replays what a first one writes, until it is promoted.
#include "support/postgres.hpp"

#include <memory>
#include <string>

namespace ruck::test {

class PostgresStandby {
 public:
  // Copies `primary` into `folder` and follows it. From here on each commit of the primary waits
  // until the standby has replayed it (synchronous_commit = remote_apply). Throws if it does not
  // come up.
  PostgresStandby(const PostgresCluster& primary, const std::string& folder);
  ~PostgresStandby();  // stops it
  PostgresStandby(const PostgresStandby&) = delete;
  PostgresStandby& operator=(const PostgresStandby&) = delete;

  [[nodiscard]] std::string url(const std::string& database) const;
  [[nodiscard]] int port() const { return port_; }
  // Returns when it takes writes.
  void promote();

 private:
  std::string folder_;
  int port_ = 0;
  std::unique_ptr<Process> server_;
};

// One address for both: whoever takes writes is the primary.
std::string url_of_both(const PostgresCluster& primary, const PostgresStandby& standby,
                        const std::string& database);

}  // namespace ruck::test

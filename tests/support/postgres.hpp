#pragma once
// The tests' own PostgreSQL 15 on a free loopback port.
//
// Under ctest one cluster serves the whole run: a fixture starts it and names it in the file that
// RUCK_TEST_POSTGRES_FILE points to. A test program that is run by hand starts one for itself.
#include "support/process.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ruck::test {

class PostgresCluster {
 public:
  // Makes and starts a cluster in `folder`. `durable`: with fsync, for tests that cut the power.
  explicit PostgresCluster(const std::string& folder, bool durable = false);
  ~PostgresCluster();  // stops it
  [[nodiscard]] std::string url(const std::string& database) const;
  [[nodiscard]] int port() const { return port_; }
  void stop();
  void start();
  // After it may have ended by itself: comes back when it answers.
  void start_if_it_ended();

 private:
  std::string folder_;
  int port_ = 0;
  std::unique_ptr<Process> server_;
};

// Makes the database that migrated ones are copied from: a copy takes a fifth of the time of all
// migrations. Throws if that fails.
void make_template(const PostgresCluster& cluster);

enum class Schema : std::uint8_t { kEmpty, kMigrated };

// A database in the run's cluster, dropped at the end.
class TemporaryPostgres {
 public:
  explicit TemporaryPostgres(Schema schema);
  ~TemporaryPostgres();
  TemporaryPostgres(const TemporaryPostgres&) = delete;
  TemporaryPostgres& operator=(const TemporaryPostgres&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string name_;
  std::string url_;
};

}  // namespace ruck::test

#pragma once
// Both databases behind one name, for tests that run on each.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "support/postgres.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ruck::test {

enum class DatabaseKind : std::uint8_t { kSqlite, kPostgres };

// A database of its own for one test; the URL is good for a server as well. What of it is migrated
// already is PostgreSQL alone, where it takes longest.
class TemporaryDatabase {
 public:
  explicit TemporaryDatabase(DatabaseKind kind, Schema schema = Schema::kMigrated);
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<TemporaryPostgres> postgres_;
  std::string url_;
};

// A test that is run on both. After `migrate` the schema is in place.
class OnBothDatabases : public testing::TestWithParam<DatabaseKind> {
 protected:
  void TearDown() override;
  // Empty, unless `migrate` was called first.
  db::Database& database();
  [[nodiscard]] DatabaseKind kind() const { return GetParam(); }
  void migrate();
  // Closes it and opens it again: what was in memory is gone.
  void reopen();
  // As a second instance has it; only of PostgreSQL.
  [[nodiscard]] std::unique_ptr<db::Database> open_beside();

  ManualClock clock_{utc_us(1'763'800'000'000'000)};
  telemetry::Metrics metrics_;

 private:
  void open(Schema schema);
  std::unique_ptr<TemporaryDatabase> temporary_;
  std::unique_ptr<db::Database> database_;
};

// What testing::Values() gives, which each file would compile anew.
using DatabaseKinds = decltype(testing::ValuesIn(std::declval<std::vector<DatabaseKind>>()));
DatabaseKinds both_databases();
DatabaseKinds postgres_alone();
std::string name_of(const testing::TestParamInfo<DatabaseKind>& info);

#define RUCK_ON_BOTH_DATABASES(Suite) \
  INSTANTIATE_TEST_SUITE_P(Databases, Suite, ::ruck::test::both_databases(), ::ruck::test::name_of)

}  // namespace ruck::test

#include "support/databases.hpp"

#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"

#include <stdexcept>

namespace ruck::test {

TemporaryDatabase::TemporaryDatabase(DatabaseKind kind, Schema schema) {
  if (kind == DatabaseKind::kSqlite) {
    folder_ = std::make_unique<TemporaryFolder>();
    url_ = "sqlite:" + folder_->path() + "/ruck.db";
  } else {
    postgres_ = std::make_unique<TemporaryPostgres>(schema);
    url_ = postgres_->url();
  }
}

db::Database& OnBothDatabases::database() {
  if (!database_) open(Schema::kEmpty);
  return *database_;
}

void OnBothDatabases::reopen() {
  database_->close();
  database_.reset();
  open(Schema::kMigrated);
}

void OnBothDatabases::open(Schema schema) {
  if (!temporary_) temporary_ = std::make_unique<TemporaryDatabase>(GetParam(), schema);
  auto opened = db::open({.url = temporary_->url(), .sqlite_readers = 2, .postgres_connections = 4},
                         metrics_);
  if (!opened) throw std::runtime_error(std::string(opened.error().client_text()));
  database_ = std::move(*opened);
}

std::unique_ptr<db::Database> OnBothDatabases::open_beside() {
  auto opened = db::open({.url = temporary_->url(), .postgres_connections = 4}, metrics_);
  EXPECT_TRUE(opened) << opened.error().client_text();
  return std::move(*opened);
}

void OnBothDatabases::TearDown() {
  if (database_) database_->close();
  database_.reset();
  temporary_.reset();
}

void OnBothDatabases::migrate() {
  if (!database_) open(Schema::kMigrated);
  const auto report = db::migrate(*database_, clock_, embedded::migrations());
  ASSERT_TRUE(report) << report.error().client_text() << report.error().detail;
}

DatabaseKinds both_databases() {
  return testing::ValuesIn(std::vector{DatabaseKind::kSqlite, DatabaseKind::kPostgres});
}

DatabaseKinds postgres_alone() { return testing::ValuesIn(std::vector{DatabaseKind::kPostgres}); }

std::string name_of(const testing::TestParamInfo<DatabaseKind>& info) {
  return info.param == DatabaseKind::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace ruck::test

#include "support/databases.hpp"

#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"

#include <stdexcept>

namespace ruck::test {

TemporaryDatabase::TemporaryDatabase(DatabaseKind kind) {
  if (kind == DatabaseKind::kSqlite) {
    folder_ = std::make_unique<TemporaryFolder>();
    url_ = "sqlite:" + folder_->path() + "/ruck.db";
  } else {
    postgres_ = std::make_unique<TemporaryPostgres>();
    url_ = postgres_->url();
  }
}

void OnBothDatabases::SetUp() {
  temporary_ = std::make_unique<TemporaryDatabase>(GetParam());
  open();
}

void OnBothDatabases::reopen() {
  database_->close();
  database_.reset();
  open();
}

void OnBothDatabases::open() {
  auto opened = db::open({.url = temporary_->url(), .sqlite_readers = 2, .postgres_connections = 4},
                         metrics_);
  ASSERT_TRUE(opened) << opened.error().client_text();
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
  const auto report = db::migrate(*database_, clock_, embedded::migrations());
  ASSERT_TRUE(report) << report.error().client_text() << report.error().detail;
}

}  // namespace ruck::test

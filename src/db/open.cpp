#include "db/open.hpp"

#include "base/text.hpp"
#include "db/postgres/postgres_database.hpp"
#include "db/sqlite/sqlite_database.hpp"

#include <string_view>

namespace ruck::db {

namespace {
// libpq says what is wrong, of a user without a password or a database that is not there, too.
constexpr const char* kPostgresRemedy =
    "\n  RUCK_DATABASE_URL names an existing database and its user "
    "(createuser USER; createdb --owner USER DATABASE), at the server that takes writes. Of a "
    "primary and its standbys name all: postgresql://USER@HOST1,HOST2/DATABASE";
}  // namespace

std::vector<std::string> split_urls(std::string_view list) {
  const auto begins_one = [](std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
  };
  std::vector<std::string> urls;
  std::size_t begin = 0;
  for (std::size_t comma = list.find(','); begin < list.size(); comma = list.find(',', comma + 1)) {
    const bool is_last = comma == std::string_view::npos;
    if (!is_last && !begins_one(trim(list.substr(comma + 1)))) continue;
    urls.emplace_back(trim(list.substr(begin, is_last ? comma : comma - begin)));
    if (is_last) break;
    begin = comma + 1;
  }
  return urls;
}

Result<std::unique_ptr<Database>> open(const OpenOptions& options, telemetry::Metrics& metrics) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string_view url = options.url;
  try {
    if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
      return std::make_unique<sqlite::SqliteDatabase>(
          sqlite::Options{
              .path = std::string(url.substr(kSqlite.size())),
              .readers = options.sqlite_readers,
              .checkpoint_pages =
                  options.fills ? sqlite::kFillCheckpointPages : sqlite::kCheckpointPages,
              .writer_cache_kib = options.fills ? sqlite::kFillCacheKib : sqlite::kWriterCacheKib,
              .read_only = options.read_only},
          metrics);
    }
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
      return std::make_unique<postgres::PostgresDatabase>(
          postgres::Options{.dsn = options.url,
                            .connections = options.postgres_connections,
                            .prepares = options.postgres_prepares,
                            .replicas = options.postgres_replicas},
          metrics);
    }
  } catch (const Failure& failure) {
    return fail(ErrorCode::kUnavailable, std::string("cannot open the database: ") +
                                             failure.what() +
                                             (url.starts_with("postgres") ? kPostgresRemedy : ""));
  }
  return fail(ErrorCode::kInvalidInput,
              "the database URL must begin with sqlite: or postgresql://");
}

}  // namespace ruck::db

#pragma once
// From a database URL to a database.
#include "db/database.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::db {

struct OpenOptions {
  std::string url;  // sqlite:PATH or postgresql://... (also postgres://)
  std::size_t sqlite_readers = 2;
  std::size_t postgres_connections = 20;
  bool postgres_prepares = true;                    // see postgres::ConnectionOptions
  std::vector<std::string> postgres_replicas = {};  // URLs of servers that follow it, for reads
  bool read_only = false;  // SQLite: beside a server that has the file open
  bool fills = false;      // SQLite: much is written at once; more memory, fewer checkpoints
};

// The URLs in a list with commas between them. A URL of several hosts has commas, too: a new one
// begins where postgresql:// or postgres:// does.
[[nodiscard]] std::vector<std::string> split_urls(std::string_view list);

// Gives what to tell the operator when the URL is wrong or the database cannot be opened.
[[nodiscard]] Result<std::unique_ptr<Database>> open(const OpenOptions& options,
                                                     telemetry::Metrics& metrics);

}  // namespace ruck::db

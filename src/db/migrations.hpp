#pragma once
// Forward-only schema changes, applied at start.
//
// migrations/NNNN_name.sql are numbered from 0001 without gaps. One text serves both databases: the
// few differences are written as {{macros}} (see migrations.cpp), and what only one of them has
// between {{sqlite}} or {{postgresql}} and {{end}}. Each file is applied in a
// transaction of its own and recorded with its checksum; a database that is newer than the binary,
// or whose recorded checksum differs, is refused rather than guessed at.
#include "base/clock.hpp"
#include "base/embedded.hpp"
#include "db/database.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ruck::db {

// The statements of one migration file for one database. An unknown macro is an error.
[[nodiscard]] Result<std::string> translate(std::string_view text, Dialect dialect);

struct MigrationReport {
  int version = 0;  // the schema's version now
  int applied = 0;  // how many files this call applied
};
[[nodiscard]] Result<MigrationReport> migrate(Database& database, const Clock& clock,
                                              std::span<const embedded::File> files);

}  // namespace ruck::db

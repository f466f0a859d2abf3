#pragma once
// A SQLite database as one file to keep, and back.
//
// A backup is made beside a server that goes on writing: VACUUM INTO reads one snapshot and writes
// a fresh, compact file. The file holds its own table of row counts, so that a truncated or damaged
// copy is known before it replaces anything.
#include "base/error.hpp"
#include "db/sqlite/connection.hpp"

#include <string>
#include <vector>

namespace ruck::db::sqlite {

// Writes `backup` (which must not exist) from the database file; complete and synced when it
// returns.
[[nodiscard]] Result<std::vector<TableRows>> back_up(const std::string& database,
                                                     const std::string& backup);

// Whether the file is a whole backup: SQLite's integrity check, and the row counts it was made
// with.
[[nodiscard]] Result<std::vector<TableRows>> verify_backup(const std::string& backup);

// Gives a file another name, which is on the disk when it returns.
[[nodiscard]] Result<> rename_synced(const std::string& from, const std::string& to);

// Puts a verified backup in the place of the database file. What was there is kept under the name
// that is returned (empty if nothing was). Refused while a process has the database open.
[[nodiscard]] Result<std::string> put_in_place(const std::string& backup,
                                               const std::string& database);

}  // namespace ruck::db::sqlite

#pragma once
// The server's VAPID key (push/vapid.hpp), kept in the database like the keys of tokens.
#include "base/error.hpp"
#include "base/time.hpp"
#include "db/database.hpp"

#include <string>

namespace ruck::notify {

// Makes it at the first call; safe from several instances at a time. Blocking.
[[nodiscard]] Result<std::string> load_vapid_key(db::Database& database, UtcUs now);

}  // namespace ruck::notify

#pragma once
// The key that signs addresses of photos: kept in the database, the same for all instances.
#include "base/error.hpp"
#include "base/time.hpp"
#include "db/database.hpp"

#include <string>

namespace ruck::photos {

// Made at the first start; 32 bytes. For a start: it blocks.
[[nodiscard]] Result<std::string> load_signing_key(db::Database& database, UtcUs now);

}  // namespace ruck::photos

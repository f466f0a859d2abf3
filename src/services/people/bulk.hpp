#pragma once
// Many follows at once, for populations that tests and measurements are made with.
#include "base/ids.hpp"
#include "base/time.hpp"
#include "db/session.hpp"

#include <span>

namespace ruck::people {

struct BulkFollow {
  UserId follower;
  UserId followed;
  UtcUs at{};
};
// Those that are there already stay. The counts are left as they are: recount() when all are in.
void add_follows(db::Session& q, std::span<const BulkFollow> follows);
// Everybody's counts anew, from the follows.
void recount(db::Session& q);

}  // namespace ruck::people

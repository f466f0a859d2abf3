#pragma once
// Whether what is stored of a ruck is what its track gives: everything computed is computed anew
// from the blocks and compared.
#include "base/error.hpp"
#include "db/session.hpp"
#include "services/rucks/store.hpp"

#include <string>
#include <vector>

namespace ruck::rucks {

struct Difference {
  RuckId ruck;
  std::string what;  // "distance_m: stored 1200.5, computed 1199.25"
};

// Reads the whole track. A block that cannot be read is a difference like any other.
[[nodiscard]] std::vector<Difference> audit(db::Session& q, store::Key key);
// Whether the sums of a user's days are those of the user's rucks.
[[nodiscard]] std::vector<std::string> audit_days(db::Session& q, UserId user);

}  // namespace ruck::rucks

#pragma once
// Users with a past, straight into the database: for load tests and for seeing how queries behave
// when there is much of everything. The same seed gives the same people and rucks.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "services/auth/tokens.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace ruck::population {

struct Settings {
  std::size_t users = 0;
  std::size_t rucks_per_user = 0;    // of which only the sums are known
  std::size_t tracks = 0;            // recorded rucks in all, the first users' first
  std::size_t follows_per_user = 0;  // of others; the first users have by far the most followers
  bool has_star = false;             // all others follow the first user
  std::uint64_t seed = 1;
  std::string password_hash;  // of everybody; computed once
  std::chrono::seconds token_lifetime = std::chrono::days(30);
  std::size_t writers = 1;  // units of work at a time
};
struct Account {
  std::string email;
  std::string user_id;
  std::string token;  // as good as a password
};
struct Population {
  std::vector<Account> accounts;  // in the order of their making
  std::size_t rucks = 0;
  std::size_t tracks = 0;
  std::size_t points = 0;
  std::size_t follows = 0;
};

// Blocking. `progress` hears how many users are done, from any thread.
[[nodiscard]] Result<Population> populate(db::Database& database, const auth::Tokens& tokens,
                                          const Clock& clock, const Settings& settings,
                                          const std::function<void(std::size_t users)>& progress);

}  // namespace ruck::population

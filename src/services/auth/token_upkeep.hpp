#pragma once
// What access tokens need of the database: the signing keys, and the sign-ins that were ended while
// tokens of theirs still run. Read at the start and again every kTokenReload, so that an instance
// knows what another has done.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "runtime/periodic.hpp"
#include "services/auth/tokens.hpp"

#include <string_view>

namespace ruck::auth {

// Signing keys into `tokens`: those of `configured` (RUCK_TOKEN_KEYS), or, where that is empty, of
// the database, which gets its first one and a new one when the newest has grown old. Blocking;
// safe from several instances at a time. kInvalidInput for keys that cannot be read.
[[nodiscard]] Result<> load_keys(db::Database& database, Tokens& tokens,
                                 std::string_view configured, UtcUs now);

// Of the last kAccessLifetime. Blocking.
[[nodiscard]] Result<> load_ended_sessions(db::Database& database, Tokens& tokens, UtcUs now);

// Does both again and again while it lives. Keys that were configured stay as they are.
class TokenUpkeep {
 public:
  struct Dependencies {
    db::Database& database;
    Tokens& tokens;
    const Clock& clock;
    bool are_keys_configured = false;
  };
  TokenUpkeep(const Dependencies& dependencies, runtime::Core& core);

 private:
  task<> reload();

  Dependencies deps_;
  UtcUs ended_known_until_{};
  runtime::Periodic periodic_;  // last: it uses the rest
};

}  // namespace ruck::auth

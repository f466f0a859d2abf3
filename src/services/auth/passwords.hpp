#pragma once
// Password hashes: Argon2id through libsodium. Hashes of the system before (bcrypt) still verify
// and say that they should be replaced. All of it is slow on purpose: it runs on a pool of its own.
#include <string>
#include <string_view>

namespace ruck::auth {

[[nodiscard]] std::string hash_password(std::string_view password);

struct Verdict {
  bool matches = false;
  bool needs_new_hash = false;  // an old kind, or weaker parameters than today's
};
[[nodiscard]] Verdict verify_password(std::string_view hash, std::string_view password);

// Takes as long as verifying a real one, so that the time does not tell whether an account exists.
void verify_nothing(std::string_view password);

}  // namespace ruck::auth

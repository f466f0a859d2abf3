#include "services/auth/passwords.hpp"

#include "base/assert.hpp"

#include <crypt.h>
#include <sodium.h>

#include <array>
#include <memory>

namespace ruck::auth {
namespace {
// OWASP's first recommendation for Argon2id: 19 MiB, two passes; about 25 ms on one core, and a
// pool of two threads stays under 40 MiB.
constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19 << 20;

bool is_bcrypt(std::string_view hash) {
  return hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
}

bool verify_bcrypt(const std::string& hash, std::string_view password) {
  const auto data = std::make_unique<crypt_data>();
  const std::string text(password);
  const char* computed = ::crypt_r(text.c_str(), hash.c_str(), data.get());
  const std::string_view result = computed != nullptr ? computed : "";
  return result.size() == hash.size() &&
         sodium_memcmp(result.data(), hash.data(), hash.size()) == 0;
}
}  // namespace

std::string hash_password(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const int failed = crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kPasses,
                                           kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13);
  RUCK_ASSERT(failed == 0);  // only out of memory
  return hash.data();
}

Verdict verify_password(std::string_view hash, std::string_view password) {
  const std::string text(hash);
  if (is_bcrypt(hash)) return {.matches = verify_bcrypt(text, password), .needs_new_hash = true};
  const bool matches =
      crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
  return {
      .matches = matches,
      .needs_new_hash = crypto_pwhash_str_needs_rehash(text.c_str(), kPasses, kMemoryBytes) != 0};
}

void verify_nothing(std::string_view password) {
  static const std::string hash = hash_password("a password that nobody has");
  static_cast<void>(verify_password(hash, password));
}

}  // namespace ruck::auth

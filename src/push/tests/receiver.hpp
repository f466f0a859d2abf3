#pragma once
// The other side, as a test plays it: a browser that decrypts, and services that check signatures.
#include "http/json/tree.hpp"
#include "push/keys.hpp"
#include "push/sender.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::push::test {

// `signature` as in JWS: r, s.
[[nodiscard]] bool verify_es256(std::string_view point, std::string_view bytes,
                                std::string_view signature);
// With the key of rsa_key.hpp.
[[nodiscard]] bool verify_rs256(std::string_view bytes, std::string_view signature);

// The parts of a token, decoded; `signed_part` is what the signature is of.
struct Jws {
  json::Tree header;
  json::Tree claims;
  std::string signed_part;
  std::string signature;
};
[[nodiscard]] Jws take_apart(std::string_view token);

class Browser {
 public:
  Browser();
  [[nodiscard]] WebSubscription subscription(std::string endpoint) const;
  // The plaintext of a body of Content-Encoding aes128gcm; nothing where it does not decrypt.
  [[nodiscard]] std::optional<std::string> decrypt(std::string_view body) const;

 private:
  P256Key key_;
  std::string auth_;
};

}  // namespace ruck::push::test

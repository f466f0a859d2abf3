#pragma once
// Message encryption for Web Push (RFC 8291): one record of the coding aes128gcm (RFC 8188) that
// only the browser can read, not the push service in between.
//
// Both sides agree on a secret by ECDH, the browser's key with one that is made for this message
// alone. From it, the subscription's auth secret and a salt come the key and the nonce.
#include "push/keys.hpp"
#include "push/subscription.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

inline constexpr std::size_t kAuthSecretBytes = 16;
inline constexpr std::size_t kSaltBytes = 16;
// Salt, size of the record, length of the sender's point, the point (RFC 8188 section 2.1).
inline constexpr std::size_t kHeaderBytes = kSaltBytes + 4 + 1 + kPointBytes;

// What is new for each message.
struct MessageSecrets {
  std::string salt;  // kSaltBytes
  P256Key key;
};
[[nodiscard]] MessageSecrets make_secrets();

// Every step of RFC 8291 section 3.4, named as in its appendix A.
struct Derivation {
  std::string ecdh_secret;
  std::string prk_key;
  std::string key_info;
  std::string ikm;
  std::string prk;
  AesKey content;  // CEK and NONCE
};
[[nodiscard]] Derivation derive(const BrowserKeys& browser, const MessageSecrets& secrets);

// The body of the request. `plaintext` has at most kPlaintextBytesMax bytes, and the browser's
// point is one of the curve (read_keys): anything else is our mistake.
[[nodiscard]] std::string encrypt(std::string_view plaintext, const BrowserKeys& browser,
                                  const MessageSecrets& secrets);

}  // namespace ruck::push

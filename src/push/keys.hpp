#pragma once
// Private keys, and what pushes do with them, over OpenSSL: the one file of this module that sees
// it. A key may be used from any thread. What OpenSSL cannot do for want of memory is thrown.
#include "base/error.hpp"

#include <memory>
#include <string>
#include <string_view>

struct bignum_st;    // OpenSSL's BIGNUM
struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace ruck::push {

inline constexpr std::size_t kPointBytes = 65;      // P-256, uncompressed: 4, x, y (SEC 1, 2.3.3)
inline constexpr std::size_t kScalarBytes = 32;     // P-256
inline constexpr std::size_t kSignatureBytes = 64;  // ES256: r, s (RFC 7518 section 3.4)
inline constexpr std::size_t kAesKeyBytes = 16;
inline constexpr std::size_t kAesNonceBytes = 12;
inline constexpr std::size_t kAesTagBytes = 16;

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, FreeKey>;
struct FreeScalar {
  void operator()(bignum_st* scalar) const;  // overwrites it first
};
using Scalar = std::unique_ptr<bignum_st, FreeScalar>;

[[nodiscard]] bool is_on_p256(std::string_view point);

// A key pair of the curve P-256 (secp256r1). Made for each message of Web Push, so it is no more
// than a number and a point; OpenSSL's own key is made where something is signed.
class P256Key {
 public:
  [[nodiscard]] static P256Key make();
  // kInvalidInput unless it is 32 bytes, more than zero and less than the curve's order.
  [[nodiscard]] static Result<P256Key> from_private(std::string_view scalar);

  [[nodiscard]] const std::string& public_point() const { return point_; }  // kPointBytes
  [[nodiscard]] std::string private_scalar() const;                         // a secret
  // ES256 (RFC 7518 section 3.4): kSignatureBytes.
  [[nodiscard]] std::string sign(std::string_view bytes) const;
  // ECDH: the x coordinate of what both share. kInvalidInput for what is no point of the curve.
  [[nodiscard]] Result<std::string> agree(std::string_view their_point) const;

 private:
  explicit P256Key(Scalar scalar);
  Scalar scalar_;
  std::string point_;
};

class RsaKey {
 public:
  // A private key in PEM, not encrypted. Errors (kInvalidInput) never show it.
  [[nodiscard]] static Result<RsaKey> from_pem(std::string_view pem);
  // RS256 (RFC 7518 section 3.3).
  [[nodiscard]] std::string sign(std::string_view bytes) const;

 private:
  explicit RsaKey(KeyHandle key) : key_(std::move(key)) {}
  KeyHandle key_;
};

struct AesKey {
  std::string key;    // kAesKeyBytes
  std::string nonce;  // kAesNonceBytes, used once
};
// AES-128-GCM: the ciphertext, then its tag.
[[nodiscard]] std::string encrypt_aes_128_gcm(const AesKey& key, std::string_view plaintext);

}  // namespace ruck::push

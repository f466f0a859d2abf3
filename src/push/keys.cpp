#include "push/keys.hpp"

#include "base/assert.hpp"
#include "push/limits.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <utility>

namespace ruck::push {
namespace {
template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bignum = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Free<EC_POINT_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL keeps what went wrong for the thread, where the next one to look (a TLS connection) would
// take it for its own.
struct CleanErrors {
  CleanErrors() = default;
  ~CleanErrors() { ERR_clear_error(); }
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
};

void must(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error(std::string("OpenSSL cannot: ") + what);
}

const EC_GROUP* curve() {
  static const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  must(group != nullptr, "P-256");
  return group.get();
}

// Null for what is no point of the curve, in its uncompressed form.
Point read_point(std::string_view bytes) {
  if (bytes.size() != kPointBytes || bytes.front() != POINT_CONVERSION_UNCOMPRESSED) return nullptr;
  Point point(EC_POINT_new(curve()));
  must(point != nullptr, "a point");
  const int is_read =
      EC_POINT_oct2point(curve(), point.get(), bytes_of(bytes), bytes.size(), nullptr);
  return is_read == 1 ? std::move(point) : nullptr;
}

std::string public_point_of(const BIGNUM* scalar) {
  const Point point(EC_POINT_new(curve()));
  must(point != nullptr, "a point");
  must(EC_POINT_mul(curve(), point.get(), scalar, nullptr, nullptr, nullptr) == 1, "multiply");
  std::string bytes(kPointBytes, '\0');
  const std::size_t size = EC_POINT_point2oct(curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                              bytes_of(bytes), bytes.size(), nullptr);
  must(size == kPointBytes, "write a point");
  return bytes;
}

// `scalar` is null for a public key.
KeyHandle make_key(std::string_view point, const BIGNUM* scalar) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr, "parameters");
  must(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                       0) == 1,
       "name the curve");
  must(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size()) == 1,
       "take a point");
  if (scalar != nullptr) {
    must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1,
         "take a scalar");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  must(params != nullptr && context != nullptr, "elliptic curves");
  EVP_PKEY* key = nullptr;
  const int what = scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  must(EVP_PKEY_fromdata_init(context.get()) == 1 &&
           EVP_PKEY_fromdata(context.get(), &key, what, params.get()) == 1,
       "make a key");
  return KeyHandle(key);
}

std::string sign_sha256(EVP_PKEY* key, std::string_view bytes) {
  const DigestContext context(EVP_MD_CTX_new());
  must(context != nullptr, "a digest");
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1, "sign");
  std::size_t size = 0;
  must(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(bytes), bytes.size()) == 1, "sign");
  std::string signature(size, '\0');
  must(
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(bytes), bytes.size()) == 1,
      "sign");
  signature.resize(size);
  return signature;
}

Error invalid(std::string message) {
  return {.code = ErrorCode::kInvalidInput, .message = std::move(message)};
}

// Asked for the password of an encrypted key; without it OpenSSL would ask at the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*context*/) {
  return -1;
}
}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

bool is_on_p256(std::string_view point) {
  const CleanErrors clean;
  return read_point(point) != nullptr;
}

P256Key P256Key::make() {
  const CleanErrors clean;
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  must(key != nullptr, "make a key");
  std::string point(kPointBytes, '\0');
  std::size_t size = 0;
  must(EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes_of(point),
                                       point.size(), &size) == 1 &&
           size == kPointBytes,
       "write a point");
  return {std::move(key), std::move(point)};
}

Result<P256Key> P256Key::from_private(std::string_view scalar) {
  const CleanErrors clean;
  if (scalar.size() != kScalarBytes) return fail(invalid("a key of P-256 has 32 bytes"));
  const Bignum number(BN_bin2bn(bytes_of(scalar), static_cast<int>(scalar.size()), nullptr));
  must(number != nullptr, "read a number");
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(curve())) >= 0) {
    return fail(invalid("the key is no number of P-256"));
  }
  std::string point = public_point_of(number.get());
  KeyHandle key = make_key(point, number.get());
  return P256Key(std::move(key), std::move(point));
}

std::string P256Key::private_scalar() const {
  BIGNUM* scalar = nullptr;
  must(EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1, "read a key");
  const Bignum owner(scalar);
  std::string bytes(kScalarBytes, '\0');
  must(BN_bn2binpad(scalar, bytes_of(bytes), static_cast<int>(bytes.size())) ==
           static_cast<int>(kScalarBytes),
       "write a number");
  return bytes;
}

// OpenSSL gives the two numbers in DER, JWS wants them side by side.
std::string P256Key::sign(std::string_view bytes) const {
  const CleanErrors clean;
  const std::string der = sign_sha256(key_.get(), bytes);
  const unsigned char* at = bytes_of(der);
  const Signature numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(numbers != nullptr, "read a signature");
  constexpr int kHalf = kSignatureBytes / 2;
  std::string signature(kSignatureBytes, '\0');
  must(BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), bytes_of(signature), kHalf) == kHalf &&
           BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), bytes_of(signature) + kHalf, kHalf) ==
               kHalf,
       "write a signature");
  return signature;
}

Result<std::string> P256Key::agree(std::string_view their_point) const {
  const CleanErrors clean;
  if (read_point(their_point) == nullptr) return fail(invalid("it is no point of P-256"));
  const KeyHandle theirs = make_key(their_point, nullptr);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  must(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1, "agree");
  // Not checked once more: a point of this curve is in its group, whose cofactor is 1.
  must(EVP_PKEY_derive_set_peer_ex(context.get(), theirs.get(), 0) == 1, "agree with a key");
  std::string secret(kScalarBytes, '\0');
  std::size_t size = secret.size();
  must(EVP_PKEY_derive(context.get(), bytes_of(secret), &size) == 1 && size == kScalarBytes,
       "agree");
  return secret;
}

Result<RsaKey> RsaKey::from_pem(std::string_view pem) {
  const CleanErrors clean;
  const Bio bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  must(bytes != nullptr, "a buffer");
  KeyHandle key(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_password, nullptr));
  if (key == nullptr) return fail(invalid("it is no private key in PEM"));
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) return fail(invalid("it is no RSA key"));
  if (EVP_PKEY_get_bits(key.get()) < static_cast<int>(kRsaBitsMin)) {
    return fail(invalid("it has less than 2048 bits"));
  }
  return RsaKey(std::move(key));
}

std::string RsaKey::sign(std::string_view bytes) const {
  const CleanErrors clean;
  return sign_sha256(key_.get(), bytes);
}

std::string encrypt_aes_128_gcm(const AesKey& key, std::string_view plaintext) {
  RUCK_ASSERT(key.key.size() == kAesKeyBytes && key.nonce.size() == kAesNonceBytes);
  const CleanErrors clean;
  const CipherContext context(EVP_CIPHER_CTX_new());
  must(context != nullptr, "a cipher");
  must(EVP_EncryptInit_ex2(context.get(), EVP_aes_128_gcm(), bytes_of(key.key), bytes_of(key.nonce),
                           nullptr) == 1,
       "AES-128-GCM");
  std::string out(plaintext.size() + kAesTagBytes, '\0');
  int written = 0;
  int rest = 0;
  must(EVP_EncryptUpdate(context.get(), bytes_of(out), &written, bytes_of(plaintext),
                         static_cast<int>(plaintext.size())) == 1,
       "encrypt");
  must(EVP_EncryptFinal_ex(context.get(), bytes_of(out) + written, &rest) == 1, "encrypt");
  RUCK_ASSERT(static_cast<std::size_t>(written + rest) == plaintext.size());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAesTagBytes),
                           bytes_of(out) + plaintext.size()) == 1,
       "a tag");
  return out;
}

}  // namespace ruck::push

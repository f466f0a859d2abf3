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
using NumberContext = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
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

Scalar make_number() {
  Scalar number(BN_new());
  must(number != nullptr, "a number");
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

// `scalar` times `point`, or times the curve's generator where that is null.
Point multiply(const BIGNUM* scalar, const EC_POINT* point) {
  const NumberContext context(BN_CTX_secure_new());
  Point product(EC_POINT_new(curve()));
  must(context != nullptr && product != nullptr, "a point");
  must(EC_POINT_mul(curve(), product.get(), point == nullptr ? scalar : nullptr, point,
                    point == nullptr ? nullptr : scalar, context.get()) == 1,
       "multiply");
  return product;
}

std::string public_point_of(const BIGNUM* scalar) {
  const Point point = multiply(scalar, nullptr);
  std::string bytes(kPointBytes, '\0');
  const std::size_t size = EC_POINT_point2oct(curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                              bytes_of(bytes), bytes.size(), nullptr);
  must(size == kPointBytes, "write a point");
  return bytes;
}

std::string bytes_of_number(const BIGNUM* number, std::size_t size) {
  std::string bytes(size, '\0');
  const int length = static_cast<int>(size);
  must(BN_bn2binpad(number, bytes_of(bytes), length) == length, "write a number");
  return bytes;
}

// What OpenSSL signs with.
KeyHandle make_key(std::string_view point, const BIGNUM* scalar) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr, "parameters");
  must(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                       0) == 1,
       "name the curve");
  must(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size()) == 1,
       "take a point");
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1,
       "take a scalar");
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  must(params != nullptr && context != nullptr, "elliptic curves");
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_fromdata_init(context.get()) == 1 &&
           EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1,
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
void FreeScalar::operator()(bignum_st* scalar) const { BN_clear_free(scalar); }

bool is_on_p256(std::string_view point) {
  const CleanErrors clean;
  return read_point(point) != nullptr;
}

P256Key::P256Key(Scalar scalar)
    : scalar_(std::move(scalar)), point_(public_point_of(scalar_.get())) {}

P256Key P256Key::make() {
  const CleanErrors clean;
  Scalar scalar = make_number();
  do {
    must(BN_priv_rand_range(scalar.get(), EC_GROUP_get0_order(curve())) == 1, "make a key");
  } while (BN_is_zero(scalar.get()));
  return P256Key(std::move(scalar));
}

Result<P256Key> P256Key::from_private(std::string_view scalar) {
  const CleanErrors clean;
  if (scalar.size() != kScalarBytes) return fail(invalid("a key of P-256 has 32 bytes"));
  Scalar number = make_number();
  must(BN_bin2bn(bytes_of(scalar), static_cast<int>(scalar.size()), number.get()) != nullptr,
       "read a number");
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(curve())) >= 0) {
    return fail(invalid("the key is no number of P-256"));
  }
  return P256Key(std::move(number));
}

std::string P256Key::private_scalar() const { return bytes_of_number(scalar_.get(), kScalarBytes); }

// OpenSSL gives the two numbers in DER, JWS wants them side by side.
std::string P256Key::sign(std::string_view bytes) const {
  const CleanErrors clean;
  const KeyHandle key = make_key(point_, scalar_.get());
  const std::string der = sign_sha256(key.get(), bytes);
  const unsigned char* at = bytes_of(der);
  const Signature numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(numbers != nullptr, "read a signature");
  constexpr std::size_t kHalf = kSignatureBytes / 2;
  return bytes_of_number(ECDSA_SIG_get0_r(numbers.get()), kHalf) +
         bytes_of_number(ECDSA_SIG_get0_s(numbers.get()), kHalf);
}

// SP 800-56A section 5.7.1.2. A point of this curve is in its group, whose cofactor is 1, and the
// scalar is less than the order: the product is never the point at infinity.
Result<std::string> P256Key::agree(std::string_view their_point) const {
  const CleanErrors clean;
  const Point theirs = read_point(their_point);
  if (theirs == nullptr) return fail(invalid("it is no point of P-256"));
  const Point shared = multiply(scalar_.get(), theirs.get());
  const Scalar x = make_number();
  must(EC_POINT_get_affine_coordinates(curve(), shared.get(), x.get(), nullptr, nullptr) == 1,
       "agree");
  return bytes_of_number(x.get(), kScalarBytes);
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

#include "push/tests/receiver.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "crypto/digest.hpp"
#include "push/tests/rsa_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <utility>

namespace ruck::push::test {
namespace {
using std::string_view_literals::operator""sv;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool verify(EVP_PKEY* key, std::string_view bytes, std::string_view signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const int is_right = EVP_DigestVerify(context, bytes_of(signature), signature.size(),
                                        bytes_of(bytes), bytes.size());
  EVP_MD_CTX_free(context);
  return is_right == 1;
}

KeyHandle public_key(std::string_view point) {
  std::string group = "P-256";
  std::string bytes(point);
  std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params.data());
  EVP_PKEY_CTX_free(context);
  return KeyHandle(key);
}

// The plaintext of one record, without its padding.
std::optional<std::string> open_record(std::string_view key, std::string_view nonce,
                                       std::string_view record) {
  if (record.size() <= kAesTagBytes) return std::nullopt;
  std::string tag(record.substr(record.size() - kAesTagBytes));
  record.remove_suffix(kAesTagBytes);
  std::string text(record.size(), '\0');
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int size = 0;
  EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), nullptr, bytes_of(key), bytes_of(nonce));
  EVP_DecryptUpdate(context, reinterpret_cast<unsigned char*>(text.data()), &size, bytes_of(record),
                    static_cast<int>(record.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data());
  const int is_whole =
      EVP_DecryptFinal_ex(context, reinterpret_cast<unsigned char*>(text.data()) + size, &size);
  EVP_CIPHER_CTX_free(context);
  const std::size_t end = text.find_last_not_of('\0');
  if (is_whole != 1 || end == std::string::npos || text[end] != '\x02') return std::nullopt;
  text.resize(end);
  return text;
}
}  // namespace

bool verify_es256(std::string_view point, std::string_view bytes, std::string_view signature) {
  if (signature.size() != kSignatureBytes) return false;
  ECDSA_SIG* numbers = ECDSA_SIG_new();
  ECDSA_SIG_set0(numbers, BN_bin2bn(bytes_of(signature), 32, nullptr),
                 BN_bin2bn(bytes_of(signature.substr(32)), 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers, &der);
  const std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  ECDSA_SIG_free(numbers);
  return verify(public_key(point).get(), bytes, text);
}

bool verify_rs256(std::string_view bytes, std::string_view signature) {
  BIO* pem = BIO_new_mem_buf(kRsaPem, -1);
  const KeyHandle key(PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr));
  BIO_free(pem);
  return verify(key.get(), bytes, signature);
}

Jws take_apart(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  const auto decoded = [](std::string_view text) { return from_base64(text).value_or(""); };
  return {.header = json::Tree::parse(decoded(token.substr(0, first))),
          .claims = json::Tree::parse(decoded(token.substr(first + 1, last - first - 1))),
          .signed_part = std::string(token.substr(0, last)),
          .signature = decoded(token.substr(last + 1))};
}

Browser::Browser() : key_(P256Key::make()), auth_(random_bytes(16)) {}

WebSubscription Browser::subscription(std::string endpoint) const {
  return {.endpoint = std::move(endpoint),
          .p256dh = to_base64url(key_.public_point()),
          .auth = to_base64url(auth_)};
}

// RFC 8188 section 2 and RFC 8291 section 3, written for reading and apart from what it checks.
std::optional<std::string> Browser::decrypt(std::string_view body) const {
  if (body.size() < 86 || body.size() > 4096 || body.substr(16, 5) != "\0\0\x10\0\x41"sv) {
    return std::nullopt;
  }
  const std::string_view salt = body.substr(0, 16);
  const std::string sender(body.substr(21, 65));
  const auto secret = key_.agree(sender);
  if (!secret) return std::nullopt;
  const std::string ikm =
      crypto::hmac_sha256(crypto::hmac_sha256(auth_, *secret),
                          std::string("WebPush: info\0"sv) + key_.public_point() + sender + '\x01');
  const std::string prk = crypto::hmac_sha256(salt, ikm);
  const std::string key = crypto::hmac_sha256(prk, "Content-Encoding: aes128gcm\0\x01"sv);
  const std::string nonce = crypto::hmac_sha256(prk, "Content-Encoding: nonce\0\x01"sv);
  return open_record(key.substr(0, 16), nonce.substr(0, 12), body.substr(86));
}

}  // namespace ruck::push::test

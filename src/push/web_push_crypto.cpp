#include "push/web_push_crypto.hpp"

#include "base/assert.hpp"
#include "base/random.hpp"
#include "crypto/digest.hpp"
#include "push/limits.hpp"

namespace ruck::push {
namespace {
using std::string_view_literals::operator""sv;

constexpr char kLastRecord = '\x02';  // RFC 8188 section 2
static_assert(kPlaintextBytesMax == kRecordBytes - kHeaderBytes - kAesTagBytes - 1);

// HKDF (RFC 5869) of at most one block of output. `info` ends in its counter.
std::string expand(std::string_view prk, std::string_view info, std::size_t size) {
  return crypto::hmac_sha256(prk, info).substr(0, size);
}

std::string header(const MessageSecrets& secrets) {
  std::string bytes = secrets.salt;
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<char>((kRecordBytes >> shift) & 0xff));
  }
  bytes.push_back(static_cast<char>(kPointBytes));
  bytes += secrets.key.public_point();
  return bytes;
}
}  // namespace

MessageSecrets make_secrets() { return {.salt = random_bytes(kSaltBytes), .key = P256Key::make()}; }

Derivation derive(const BrowserKeys& browser, const MessageSecrets& secrets) {
  const Result<std::string> agreed = secrets.key.agree(browser.point);
  RUCK_ASSERT(agreed.has_value() && secrets.salt.size() == kSaltBytes);
  Derivation steps{.ecdh_secret = *agreed};
  steps.prk_key = crypto::hmac_sha256(browser.auth, steps.ecdh_secret);
  steps.key_info.append("WebPush: info\0"sv);
  steps.key_info.append(browser.point);
  steps.key_info.append(secrets.key.public_point());
  steps.ikm = expand(steps.prk_key, steps.key_info + '\x01', 32);
  steps.prk = crypto::hmac_sha256(secrets.salt, steps.ikm);
  steps.content = {.key = expand(steps.prk, "Content-Encoding: aes128gcm\0\x01"sv, kAesKeyBytes),
                   .nonce = expand(steps.prk, "Content-Encoding: nonce\0\x01"sv, kAesNonceBytes)};
  return steps;
}

std::string encrypt(std::string_view plaintext, const BrowserKeys& browser,
                    const MessageSecrets& secrets) {
  RUCK_ASSERT(plaintext.size() <= kPlaintextBytesMax);
  const Derivation steps = derive(browser, secrets);
  std::string record(plaintext);
  record.push_back(kLastRecord);
  return header(secrets) + encrypt_aes_128_gcm(steps.content, record);
}

}  // namespace ruck::push

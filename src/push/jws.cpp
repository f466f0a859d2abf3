#include "push/jws.hpp"

#include "base/bytes.hpp"
#include "http/json/writer.hpp"

namespace ruck::push {
namespace {
std::string header(std::string_view algorithm, std::string_view key_id) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("typ");
  w.string("JWT");
  w.key("alg");
  w.string(algorithm);
  if (!key_id.empty()) {
    w.key("kid");
    w.string(key_id);
  }
  w.end_object();
  return text;
}

template <class Key>
std::string sign(const Key& key, std::string_view head, std::string_view claims) {
  std::string token = to_base64url(head) + "." + to_base64url(claims);
  const std::string signature = key.sign(token);
  return token + "." + to_base64url(signature);
}
}  // namespace

std::string sign_jws(const RsaKey& key, std::string_view key_id, std::string_view claims) {
  return sign(key, header("RS256", key_id), claims);
}

std::string sign_jws(const P256Key& key, std::string_view claims) {
  return sign(key, header("ES256", {}), claims);
}

}  // namespace ruck::push

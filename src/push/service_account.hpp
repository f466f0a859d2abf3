#pragma once
// The key of a Google service account, as the Firebase console gives it: a JSON file.
#include "base/error.hpp"
#include "push/keys.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

struct ServiceAccount {
  std::string project_id;
  std::string client_email;
  std::string key_id;
  std::string token_uri;  // where access tokens are fetched; Google's own where the file has none
  RsaKey key;
};

// kInvalidInput, naming the member that is missing or wrong; never the key.
[[nodiscard]] Result<ServiceAccount> parse_service_account(std::string_view json);
// The same of a file. Blocking.
[[nodiscard]] Result<ServiceAccount> read_service_account(const std::string& path);

}  // namespace ruck::push

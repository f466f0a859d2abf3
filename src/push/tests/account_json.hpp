#pragma once
// The file of a service account, as the Firebase console writes it.
#include "http/json/writer.hpp"
#include "push/service_account.hpp"
#include "push/tests/rsa_key.hpp"

#include <map>
#include <string>

namespace ruck::push::test {

using AccountMembers = std::map<std::string, std::string>;

[[nodiscard]] inline AccountMembers account_members() {
  return {{"type", "service_account"},
          {"project_id", "ruck-test"},
          {"private_key_id", "key-1"},
          {"private_key", kRsaPem},
          {"client_email", "push@ruck-test.iam.gserviceaccount.com"},
          {"client_id", "1"},
          {"token_uri", "https://oauth2.example.org/token"}};
}

[[nodiscard]] inline std::string account_json(const AccountMembers& members) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  for (const auto& [name, value] : members) {
    w.key(name);
    w.string(value);
  }
  w.end_object();
  return text;
}

[[nodiscard]] inline ServiceAccount account() {
  return std::move(parse_service_account(account_json(account_members()))).value();
}

}  // namespace ruck::push::test

#pragma once
// The accounts that a run uses: JSON lines {"email":…,"user_id":…,"token":…}, readable by their
// owner only. A token is as good as a password.
#include "base/error.hpp"
#include "http/client/client.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ruck::load {

struct LoadAccount {
  std::string email;  // empty: only the token is known
  std::string user_id;
  std::string token;
};

// An empty list for a file that does not exist.
[[nodiscard]] Result<std::vector<LoadAccount>> read_accounts(const std::string& path);
// Written aside and renamed, mode 0600.
[[nodiscard]] Result<> write_accounts(const std::string& path,
                                      const std::vector<LoadAccount>& accounts);

// When a token ends, by its own word; nothing when it does not say.
[[nodiscard]] std::optional<std::chrono::sys_seconds> expiry_of(const std::string& token);

// Makes so many by the API, as people would; a password is hashed for each, so it takes a while.
[[nodiscard]] Result<std::vector<LoadAccount>> register_accounts(
    const http::Url& url, std::size_t count, const std::function<void(std::size_t made)>& progress);

}  // namespace ruck::load

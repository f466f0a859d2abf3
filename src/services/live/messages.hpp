#pragma once
// What the server says on a socket; documented in docs/api/live.md.
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::live::messages {

// `data` is JSON.
[[nodiscard]] std::string of_ruck(std::string_view type, RuckId ruck, std::uint32_t seq,
                                  std::optional<std::uint32_t> previous, std::string_view data);
[[nodiscard]] std::string ended(RuckId ruck, const Error& why);
[[nodiscard]] std::string presence(RuckId ruck, std::size_t watching);
[[nodiscard]] std::string error(std::string_view id, std::string_view message,
                                std::string_view topic);
[[nodiscard]] std::string unsubscribed(std::string_view topic);
[[nodiscard]] std::string pong(UtcUs now);
[[nodiscard]] std::string token_expiring(std::int64_t in_ms);
[[nodiscard]] std::string restart(std::int64_t reconnect_after_ms);

}  // namespace ruck::live::messages

#pragma once
// Who may see a ruck. Here, because a user has a default for it; the rule of access is
// people/visibility. And who may follow a ruck live.
#include "http/json/values.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace ruck::profile {

enum class Visibility : std::uint8_t { kPublic, kFollowers, kPrivate };

// Who may follow a user's rucks live, beside the user.
enum class LiveAudience : std::uint8_t {
  kNobody,     // share links do not work either
  kMutual,     // followers whom the user follows back, and share links
  kFollowers,  // all followers, and share links
  kLink,       // share links alone
};

}  // namespace ruck::profile

template <>
struct ruck::json::EnumNames<ruck::profile::Visibility> {
  using enum ruck::profile::Visibility;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::profile::Visibility, std::string_view>>(
          {{kPublic, "public"}, {kFollowers, "followers"}, {kPrivate, "private"}});
};
template <>
struct ruck::json::EnumNames<ruck::profile::LiveAudience> {
  using enum ruck::profile::LiveAudience;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::profile::LiveAudience, std::string_view>>(
          {{kNobody, "nobody"}, {kMutual, "mutual"}, {kFollowers, "followers"}, {kLink, "link"}});
};

#pragma once
// Who may see a ruck. Here, because a user has a default for it; the rule of access is
// people/visibility.
#include "http/json/writer.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace ruck::profile {

enum class Visibility : std::uint8_t { kPublic, kFollowers, kPrivate };

}  // namespace ruck::profile

template <>
struct ruck::json::EnumNames<ruck::profile::Visibility> {
  using enum ruck::profile::Visibility;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::profile::Visibility, std::string_view>>(
          {{kPublic, "public"}, {kFollowers, "followers"}, {kPrivate, "private"}});
};

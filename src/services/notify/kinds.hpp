#pragma once
// What there is to tell: one table, with the texts.
#include "push/sender.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ruck::notify {

enum class Kind : std::uint8_t {
  kRuckStarted,
  kRuckMessage,
  kRuckLike,
  kRuckComment,
  kActivityLike,
  kActivityComment,
  kFollow,
  kFollowRequest,
  kFollowApproved,
  kRuckCompleted,  // for its owner, because it was left open
  kRuckCancelled,  // likewise
  kRuckImported,
  kNewSignIn,
};

// What people choose about; the names are types of the contract (core §7).
enum class Setting : std::uint8_t {
  kRuckStarted,
  kRuckMessage,
  kRuckLike,
  kRuckComment,
  kRuckActivity,
  kFollow,
  kSystem,
};

struct KindRow {
  Kind kind;
  std::string_view name;  // as it is stored
  Setting setting;
  std::string_view title;  // of a push and a mail
  // {0}: who, {1}: the detail. `many` is said of several people.
  std::string_view one;
  std::string_view many;
  // Unread ones about the same ruck, or about oneself, are shown as one.
  bool groups = false;
  bool pushes = true;
  bool mails = true;
  std::chrono::seconds useful_for = std::chrono::hours(24);  // as a push
  push::Urgency urgency = push::Urgency::kNormal;
};

[[nodiscard]] std::span<const KindRow> all_kinds();
[[nodiscard]] const KindRow& row_of(Kind kind);
// Null for one that is unknown: of another version of this program.
[[nodiscard]] const KindRow* find_kind(std::string_view name);
// The type as clients know it.
[[nodiscard]] std::string_view type_of(Setting setting);
[[nodiscard]] std::optional<Setting> find_setting(std::string_view type);

// "anna", "anna and 1 other", "anna and 3 others".
[[nodiscard]] std::string who(std::string_view name, std::int64_t people);
[[nodiscard]] std::string text_of(const KindRow& kind, std::string_view name, std::int64_t people,
                                  std::string_view detail);

}  // namespace ruck::notify

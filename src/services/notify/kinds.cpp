#include "services/notify/kinds.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ruck::notify {
namespace {
using std::chrono::hours;

constexpr auto kKinds = std::to_array<KindRow>({
    {.kind = Kind::kRuckStarted,
     .name = "ruck_started",
     .setting = Setting::kRuckStarted,
     .title = "Ruck started",
     .one = "{0} started a ruck",
     .many = "{0} started a ruck",
     .useful_for = hours(1),
     .urgency = push::Urgency::kHigh},
    {.kind = Kind::kRuckMessage,
     .name = "ruck_message",
     .setting = Setting::kRuckMessage,
     .title = "Cheer",
     .one = "{0}: {1}",
     .many = "{0}: {1}",
     .useful_for = hours(4),
     .urgency = push::Urgency::kHigh},
    {.kind = Kind::kRuckLike,
     .name = "ruck_like",
     .setting = Setting::kRuckLike,
     .title = "New like",
     .one = "{0} liked your ruck",
     .many = "{0} liked your ruck",
     .groups = true},
    {.kind = Kind::kRuckComment,
     .name = "ruck_comment",
     .setting = Setting::kRuckComment,
     .title = "New comment",
     .one = "{0} commented on your ruck",
     .many = "{0} commented on your ruck",
     .groups = true},
    {.kind = Kind::kActivityLike,
     .name = "ruck_activity_like",
     .setting = Setting::kRuckActivity,
     .title = "New activity",
     .one = "{0} also liked a ruck you reacted to",
     .many = "{0} also liked a ruck you reacted to",
     .groups = true},
    {.kind = Kind::kActivityComment,
     .name = "ruck_activity_comment",
     .setting = Setting::kRuckActivity,
     .title = "New activity",
     .one = "{0} also commented on a ruck you reacted to",
     .many = "{0} also commented on a ruck you reacted to",
     .groups = true},
    {.kind = Kind::kFollow,
     .name = "follow",
     .setting = Setting::kFollow,
     .title = "New follower",
     .one = "{0} follows you",
     .many = "{0} follow you",
     .groups = true},
    {.kind = Kind::kFollowRequest,
     .name = "follow_request",
     .setting = Setting::kFollow,
     .title = "Follow request",
     .one = "{0} wants to follow you",
     .many = "{0} want to follow you",
     .groups = true},
    {.kind = Kind::kFollowApproved,
     .name = "follow_approved",
     .setting = Setting::kFollow,
     .title = "Follow request approved",
     .one = "{0} lets you follow them",
     .many = "{0} let you follow them",
     .groups = true},
    {.kind = Kind::kRuckCompleted,
     .name = "ruck_completed",
     .setting = Setting::kSystem,
     .title = "Ruck completed",
     .one = "Your ruck was completed for you, because nothing arrived for hours",
     .many = "",
     .mails = false},
    {.kind = Kind::kRuckCancelled,
     .name = "ruck_cancelled",
     .setting = Setting::kSystem,
     .title = "Ruck cancelled",
     .one = "Your ruck was cancelled, because nothing ever arrived",
     .many = "",
     .mails = false},
    // Who imports a file is looking at the screen.
    {.kind = Kind::kRuckImported,
     .name = "ruck_imported",
     .setting = Setting::kSystem,
     .title = "Import finished",
     .one = "Your file was imported as a ruck",
     .many = "",
     .pushes = false,
     .mails = false},
    {.kind = Kind::kNewSignIn,
     .name = "new_sign_in",
     .setting = Setting::kSystem,
     .title = "New sign-in to your account",
     .one = "Your account was signed in to on a new device ({1}). If it was not you, choose a new"
            " password: that ends every sign-in",
     .many = "",
     .urgency = push::Urgency::kHigh},
});
}  // namespace

std::span<const KindRow> all_kinds() { return kKinds; }

const KindRow& row_of(Kind kind) {
  const auto* row = std::ranges::find(kKinds, kind, &KindRow::kind);
  RUCK_ASSERT(row != kKinds.end());
  return *row;
}

const KindRow* find_kind(std::string_view name) {
  const auto* row = std::ranges::find(kKinds, name, &KindRow::name);
  return row == kKinds.end() ? nullptr : row;
}

std::string_view type_of(Setting setting) {
  switch (setting) {
    case Setting::kRuckStarted:
      return "ruck_started";
    case Setting::kRuckMessage:
      return "ruck_message";
    case Setting::kRuckLike:
      return "ruck_like";
    case Setting::kRuckComment:
      return "ruck_comment";
    case Setting::kRuckActivity:
      return "ruck_activity";
    case Setting::kFollow:
      return "follow";
    case Setting::kSystem:
      break;
  }
  return "system";
}

std::optional<Setting> find_setting(std::string_view type) {
  const auto* row =
      std::ranges::find(kKinds, type, [](const KindRow& r) { return type_of(r.setting); });
  return row == kKinds.end() ? std::nullopt : std::optional(row->setting);
}

std::string who(std::string_view name, std::int64_t people) {
  if (people <= 1) return std::string(name);
  return fmt::format("{} and {} other{}", name, people - 1, people == 2 ? "" : "s");
}

std::string text_of(const KindRow& kind, std::string_view name, std::int64_t people,
                    std::string_view detail) {
  const std::string_view text = people > 1 ? kind.many : kind.one;
  return fmt::format(fmt::runtime(text), who(name, people), detail);
}

}  // namespace ruck::notify

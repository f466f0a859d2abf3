#include "services/people/visibility.hpp"

#include "services/people/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace ruck::people {

std::string_view to_text(Visibility visibility) { return json::name_of_enum(visibility); }

Visibility visibility_of(std::string_view text) {
  return json::enum_of_name<Visibility>(text).value_or(Visibility::kPrivate);
}

LiveAudience live_audience_of(std::string_view text) {
  return json::enum_of_name<LiveAudience>(text).value_or(LiveAudience::kNobody);
}

Access access_to(const Standing& standing, Visibility visibility) {
  if (standing.is_self) return Access::kOwner;
  if (standing.is_blocked || visibility == Visibility::kPrivate) return Access::kHidden;
  const bool is_open = visibility == Visibility::kPublic && !standing.is_private_profile;
  return is_open || standing.follows ? Access::kCut : Access::kHidden;
}

LiveAccess live_access_to(const Standing& standing, Visibility visibility,
                          bool allow_live_following) {
  const Access access = access_to(standing, visibility);
  if (access == Access::kOwner) return LiveAccess::kOpen;
  if (access == Access::kHidden) return LiveAccess::kHidden;
  if (!standing.follows) return LiveAccess::kMustFollow;
  const bool is_invited =
      standing.live_audience == LiveAudience::kFollowers ||
      (standing.live_audience == LiveAudience::kMutual && standing.is_followed_by);
  return allow_live_following && is_invited ? LiveAccess::kOpen : LiveAccess::kDisabled;
}

namespace {
Standing standing_from(const store::StandingRow& row, bool is_self) {
  return {.is_self = is_self,
          .follows = row.follows,
          .is_followed_by = row.is_followed_by,
          .is_blocked = row.is_blocked,
          .is_private_profile = row.is_private,
          .live_audience = live_audience_of(row.live_audience)};
}
}  // namespace

std::optional<Standing> standing_of(db::Session& q, std::optional<UserId> viewer, UserId owner) {
  // Nobody is the nil user, who follows nobody and whom nobody has blocked.
  const UserId who = viewer.value_or(UserId());
  const auto row = store::standing(q, who, owner);
  if (!row) return std::nullopt;
  return standing_from(*row, viewer.has_value() && *viewer == owner);
}

std::vector<Standing> standings_of(db::Session& q, const std::vector<UserId>& viewers,
                                   UserId owner) {
  std::unordered_map<UserId, Standing> known;
  for (std::size_t at = 0; at < viewers.size(); at += kBatchMax) {
    const auto from = viewers.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = std::min(kBatchMax, viewers.size() - at);
    for (const store::ViewerStandingRow& row :
         store::standings(q, {from, from + static_cast<std::ptrdiff_t>(count)}, owner)) {
      known.emplace(row.viewer, standing_from(row, row.viewer == owner));
    }
  }
  std::vector<Standing> all;
  for (const UserId& viewer : viewers) {
    const auto found = known.find(viewer);
    all.push_back(found == known.end() ? Standing() : found->second);
  }
  return all;
}

std::vector<RuckAccess> access_to_rucks(db::Session& q, UserId viewer,
                                        const std::vector<RuckId>& rucks) {
  std::vector<RuckAccess> out;
  for (const store::AccessRow& row : store::access_rows(q, viewer, rucks)) {
    const Standing standing{.is_self = row.user_id == viewer,
                            .follows = row.follows,
                            .is_blocked = row.is_blocked,
                            .is_private_profile = row.is_private};
    const Access access = access_to(standing, visibility_of(row.visibility));
    if (access == Access::kHidden) continue;
    out.push_back({.ruck = row.id, .owner = row.user_id, .access = access, .status = row.status});
  }
  return out;
}

std::optional<RuckAccess> access_to_ruck(db::Session& q, UserId viewer, RuckId ruck) {
  auto found = access_to_rucks(q, viewer, {ruck});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::string not_deleted(std::string_view person) {
  return fmt::format("NOT EXISTS (SELECT 1 FROM account_deletions ad WHERE ad.user_id = {})",
                     person);
}

std::string not_blocked(std::string_view person, std::string_view viewer) {
  return fmt::format(
      "NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = {1} AND b.other_id = {0}) AND {2}",
      person, viewer, not_deleted(person));
}

std::string visible_to_viewer(std::string_view ruck, std::string_view owner,
                              std::string_view viewer) {
  return fmt::format(
      "({0}.user_id = {2} OR ({0}.visibility IN ('public', 'followers') AND {3}"
      " AND (({0}.visibility = 'public' AND NOT {1}.is_private) OR EXISTS (SELECT 1 FROM follows fv"
      " WHERE fv.follower_id = {2} AND fv.followed_id = {0}.user_id))))",
      ruck, owner, viewer, not_blocked(fmt::format("{}.user_id", ruck), viewer));
}

std::string live_for_viewer(std::string_view ruck, std::string_view owner,
                            std::string_view viewer) {
  return fmt::format(
      "({0}.user_id = {2} OR ({0}.allow_live_following AND {3}"
      " AND EXISTS (SELECT 1 FROM follows fl WHERE fl.follower_id = {2}"
      " AND fl.followed_id = {0}.user_id) AND ({1}.live_audience = 'followers'"
      " OR ({1}.live_audience = 'mutual' AND EXISTS (SELECT 1 FROM follows fb"
      " WHERE fb.follower_id = {0}.user_id AND fb.followed_id = {2})))))",
      ruck, owner, viewer, visible_to_viewer(ruck, owner, viewer));
}

}  // namespace ruck::people

#include "services/live/access.hpp"

#include "services/live/store.hpp"

namespace ruck::live {

people::Standing standing_of_link(people::LiveAudience audience) {
  using people::LiveAudience;
  return {.is_self = false,
          .follows = true,
          .is_followed_by = true,
          .is_blocked = false,
          .is_private_profile = false,
          .live_audience = audience == LiveAudience::kNobody ? audience : LiveAudience::kFollowers};
}

Result<> still_granted(const rucks::LiveState& state, const people::Standing& standing,
                       Audience audience) {
  using people::LiveAccess;
  const LiveAccess access =
      people::live_access_to(standing, state.visibility, state.allow_live_following);
  const bool is_link = audience == Audience::kLink;
  // For a link, a ruck that nobody may follow any more is over.
  const bool is_over = is_link && standing.live_audience == people::LiveAudience::kNobody;
  if (access != LiveAccess::kHidden && is_over) {
    return fail(ErrorCode::kInvalidState, "This ruck has ended");
  }
  if (access == LiveAccess::kHidden || (is_link && access != LiveAccess::kOpen)) {
    return fail(ErrorCode::kRuckNotFound);
  }
  if (!state.is_under_way) {
    return fail(ErrorCode::kInvalidState,
                state.status == "created" ? "This ruck has not started" : "This ruck has ended");
  }
  if (access == LiveAccess::kMustFollow) {
    return fail(ErrorCode::kForbidden, "403: you must follow this user to watch live");
  }
  if (access == LiveAccess::kDisabled) {
    return fail(ErrorCode::kForbidden, "403: live following is disabled for you");
  }
  return {};
}

Result<Grant> grant(db::Session& q, const Watcher& watcher, RuckId ruck) {
  const bool is_link = watcher.is_link();
  const bool is_revoked =
      is_link && (watcher.link_ruck != ruck || !store::has_link(q, watcher.link_hash));
  const auto state = is_revoked ? std::nullopt : rucks::live_state(q, ruck);
  if (!state) return fail(ErrorCode::kRuckNotFound);
  auto standing = people::standing_of(q, watcher.user, state->owner);
  if (!standing) return fail(ErrorCode::kRuckNotFound);
  if (is_link) standing = standing_of_link(standing->live_audience);
  const Audience audience = is_link             ? Audience::kLink
                            : standing->is_self ? Audience::kOwner
                                                : Audience::kFollower;
  if (const Result<> open = still_granted(*state, *standing, audience); !open) {
    return fail(open.error());
  }
  return Grant{.state = *state, .standing = *standing, .audience = audience};
}

}  // namespace ruck::live

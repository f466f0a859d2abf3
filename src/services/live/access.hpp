#pragma once
// Who may follow a ruck live: asked when somebody begins to, and again when anything changes.
#include "services/live/ruck_view.hpp"

#include <optional>
#include <string>

namespace ruck::live {

// Who asks: a user, or whoever holds a share link to one ruck.
struct Watcher {
  std::optional<UserId> user;
  std::string link_hash;  // of the link's token; empty for a user
  RuckId link_ruck;
  UtcUs link_expires_at{};
  [[nodiscard]] bool is_link() const { return !link_hash.empty(); }
};

struct Grant {
  rucks::LiveState state;
  people::Standing standing;
  Audience audience = Audience::kFollower;
};

// Errors in the contract's words (core §11): kRuckNotFound for what this watcher may not see,
// kForbidden for what they may see but not follow, kInvalidState for a ruck that has ended.
[[nodiscard]] Result<Grant> grant(db::Session& q, const Watcher& watcher, RuckId ruck);
// The same for who has been let in before and how they stood then.
[[nodiscard]] Result<> still_granted(const rucks::LiveState& state,
                                     const people::Standing& standing, Audience audience);

// Whoever has a link has been invited by its owner: they stand like one who may follow live, unless
// the owner lets nobody.
[[nodiscard]] people::Standing standing_of_link(people::LiveAudience audience);

}  // namespace ruck::live

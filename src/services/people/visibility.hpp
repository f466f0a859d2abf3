#pragma once
// Who may see whose rucks. Every route, list, socket and export asks here and nowhere else.
//
//   access_to(standing, visibility)  the rule itself, pure
//   standing_of(q, viewer, owner)    what it needs, one query
//   visible_to_viewer(...)           the same rule as SQL, for lists; a test compares the two
//
// A ruck that is kHidden gets what an unknown id gets, in status and body.
#include "base/ids.hpp"
#include "services/profile/visibility.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::db {
class Session;
}

namespace ruck::people {

using profile::LiveAudience;
using profile::Visibility;
[[nodiscard]] std::string_view to_text(Visibility visibility);
// What is not understood is private.
[[nodiscard]] Visibility visibility_of(std::string_view text);
// What is not understood is nobody.
[[nodiscard]] LiveAudience live_audience_of(std::string_view text);

// How a viewer stands to an owner. The defaults of what is not known let nobody in.
struct Standing {
  bool is_self = false;
  bool follows = false;         // the viewer follows the owner
  bool is_followed_by = false;  // the owner follows the viewer
  bool is_blocked = true;       // either has blocked the other
  bool is_private_profile = true;
  LiveAudience live_audience = LiveAudience::kNobody;  // of the owner
};

enum class Access : std::uint8_t {
  kHidden,  // answered as an unknown id
  kCut,     // the public fields and the track without hidden places
  kOwner,   // everything
};
// The whole rule. A private profile shows its rucks to followers only.
[[nodiscard]] Access access_to(const Standing& standing, Visibility visibility);

enum class LiveAccess : std::uint8_t {
  kHidden,      // 404
  kMustFollow,  // 403 "must follow" (contract core §11)
  kDisabled,    // 403 "disabled"
  kOpen,
};
// Following live. Owners may always watch themselves. The ruck's own switch only ever closes: who
// is outside the owner's audience stays outside. Share links: services/live/access.
[[nodiscard]] LiveAccess live_access_to(const Standing& standing, Visibility visibility,
                                        bool allow_live_following);

// Of many viewers to one owner, in the order asked: one query for each kBatchMax. Viewers that do
// not exist stand as Standing().
[[nodiscard]] std::vector<Standing> standings_of(db::Session& q, const std::vector<UserId>& viewers,
                                                 UserId owner);
// Nothing for an owner who does not exist. Without a viewer (nobody is signed in) only what is
// public.
[[nodiscard]] std::optional<Standing> standing_of(db::Session& q, std::optional<UserId> viewer,
                                                  UserId owner);

// Access to rucks that are only known by their ids, in one query; at most kBatchMax. Ids that do
// not exist, or that are hidden, are not in the answer.
struct RuckAccess {
  RuckId ruck;
  UserId owner;
  Access access = Access::kHidden;
  std::string status;
};
inline constexpr std::size_t kBatchMax = 50;
[[nodiscard]] std::vector<RuckAccess> access_to_rucks(db::Session& q, UserId viewer,
                                                      const std::vector<RuckId>& rucks);
[[nodiscard]] std::optional<RuckAccess> access_to_ruck(db::Session& q, UserId viewer, RuckId ruck);

// The rule for a statement that joins rucks and users: true where access_to() is not kHidden. The
// arguments are the aliases of the two tables and the viewer's placeholder.
[[nodiscard]] std::string visible_to_viewer(std::string_view ruck, std::string_view owner,
                                            std::string_view viewer);
// The account is not being deleted: such a one nobody sees. `person` is a user id column.
[[nodiscard]] std::string not_deleted(std::string_view person);
// Neither has blocked the other, and the person is not being deleted: for lists of people.
[[nodiscard]] std::string not_blocked(std::string_view person, std::string_view viewer);
// live_access_to() as SQL: true where it is kOpen, for the ruck of alias `ruck` and its owner.
[[nodiscard]] std::string live_for_viewer(std::string_view ruck, std::string_view owner,
                                          std::string_view viewer);

}  // namespace ruck::people

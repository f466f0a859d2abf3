#pragma once
// What an owner hides on the map: from the database to the geometry of rucking/privacy.
#include "base/ids.hpp"
#include "db/session.hpp"
#include "rucking/privacy.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ruck::people {

// Nothing if the secret is not one: then everything is hidden.
[[nodiscard]] std::optional<rucking::PrivacyKey> privacy_key(std::string_view secret);

// What one owner hides; by default nothing is known, so nothing is shown.
struct OwnerPrivacy {
  std::optional<rucking::PrivacyKey> key;
  std::optional<std::vector<rucking::Circle>> zones;
  std::optional<std::vector<rucking::Anchor>> anchors;
  bool show_full_totals = false;  // the figures of whole rucks, not of their visible part
  std::int64_t epoch = 0;         // another one after every change of what is hidden

  // Of a ruck with these ends, see rucking/ruck_ends.
  [[nodiscard]] rucking::HiddenPlaces hide(RuckId ruck, std::vector<rucking::RuckEnd> ends) const;
};

// One query. An owner that does not exist hides everything.
[[nodiscard]] OwnerPrivacy privacy_of(db::Session& q, UserId owner);
// Anchors that were new. In a unit of work that has the owner's row locked (cache::Revisions).
void keep_anchors(db::Session& q, UserId owner, std::span<const rucking::Anchor> anchors);

// Owners of zones whose last days are over, see kFormerZoneKept; and what that changes for one.
[[nodiscard]] std::vector<UserId> owners_of_former_zones(db::Session& q, UtcUs now,
                                                         std::int64_t limit);
void drop_former_zones(db::Session& q, UserId owner, UtcUs now);

// What is hidden has changed: from the commit on nothing of the owner's rucks is shown to others
// until it has been computed anew (rucks/shown).
void begin_refresh(db::Session& q, UserId owner, UtcUs now);
// Owners for whom that is still to be done, the longest waiting first.
[[nodiscard]] std::vector<UserId> waiting_refreshes(db::Session& q, std::int64_t limit);
// It has been done as of `epoch`; false if there was another change meanwhile.
bool end_refresh(db::Session& q, UserId owner, std::int64_t epoch);

}  // namespace ruck::people

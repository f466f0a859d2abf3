#pragma once
// What an owner hides on the map: from the database to the geometry of rucking/privacy.
#include "base/ids.hpp"
#include "db/session.hpp"
#include "rucking/privacy.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ruck::people {

// Nothing if the secret is not one: then everything is hidden.
[[nodiscard]] std::optional<rucking::PrivacyKey> privacy_key(std::string_view secret);

// What one owner hides; by default nothing is known, so nothing is shown.
struct OwnerPrivacy {
  std::optional<rucking::PrivacyKey> key;
  std::optional<std::vector<rucking::Circle>> zones;

  // Of a ruck's drawn line, by its first and last point.
  [[nodiscard]] rucking::HiddenPlaces of_finished(RuckId ruck,
                                                  std::span<const rucking::TrackPoint> line) const;
  // Of a ruck under way that began at `first`.
  [[nodiscard]] rucking::HiddenPlaces of_live(RuckId ruck,
                                              std::optional<rucking::Position> first) const;
};

// One query each. Owners that do not exist are not in the answer; at most kBatchMax owners.
[[nodiscard]] OwnerPrivacy privacy_of(db::Session& q, UserId owner);
[[nodiscard]] std::unordered_map<UserId, OwnerPrivacy> privacy_of_owners(
    db::Session& q, const std::vector<UserId>& owners);

}  // namespace ruck::people

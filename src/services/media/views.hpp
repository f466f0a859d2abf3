#pragma once
// From rows to what is answered. Others are told less of a photo than its owner (public_photo() of
// rucks/summary/views), and no place but one on the line that they see (docs/privacy.md).
#include "services/media/addresses.hpp"
#include "services/media/store.hpp"
#include "services/rucks/service.hpp"

#include <optional>
#include <vector>

namespace ruck::photos {

struct Onlooker {
  UserId viewer;
  bool is_open = false;  // everybody may see the ruck: its addresses need no signature
  UtcUs now{};
};

[[nodiscard]] rucks::RuckPhoto card_of(const store::MediaRow& row, const Onlooker& onlooker,
                                       const Addresses& addresses);
// `ruck`: as the viewer sees it.
[[nodiscard]] Photo photo_of(const store::MediaRow& row, const rucks::SeenRuck& ruck,
                             const Onlooker& onlooker, const Addresses& addresses);

// The point of the line that is nearest to the place, if it is within kPlaceMaxM.
[[nodiscard]] std::optional<PhotoPlace> place_on(
    const std::vector<std::vector<rucks::RoutePoint>>& pieces, PhotoPlace place);

}  // namespace ruck::photos

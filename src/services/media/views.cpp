#include "services/media/views.hpp"

#include "base/bytes.hpp"
#include "rucking/geo.hpp"
#include "services/media/variants.hpp"
#include "services/rucks/summary/views.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ruck::photos {
namespace {
using rucking::Offset;
using rucking::Position;

constexpr auto kSizes =
    std::to_array<std::string_view>({size::kLarge, size::kMedium, size::kSmall});

// A centimetre, as points of a line have it.
double rounded(double degrees) { return std::round(degrees * 1e7) / 1e7; }

// The address of a file as this onlooker may use it.
class AddressOf {
 public:
  AddressOf(const store::MediaRow& row, const Onlooker& onlooker, const Addresses& addresses)
      : row_(row), onlooker_(onlooker), addresses_(addresses) {}

  [[nodiscard]] std::string operator()(std::string_view size, std::string_view format) const {
    const std::string file = std::string(size) + "." + std::string(format);
    return onlooker_.is_open
               ? addresses_.open(row_.id, file)
               : addresses_.signed_for(onlooker_.viewer, row_.id, file, onlooker_.now);
  }

 private:
  const store::MediaRow& row_;
  const Onlooker& onlooker_;
  const Addresses& addresses_;
};

std::vector<PhotoSize> sizes_of(const Variants& variants, const AddressOf& address) {
  std::vector<PhotoSize> sizes;
  for (const std::string_view name : kSizes) {
    const Variant* jpg = find(variants, name, "jpg");
    if (jpg == nullptr) continue;
    PhotoSize size{.name = std::string(name),
                   .width = jpg->width,
                   .height = jpg->height,
                   .jpg = address(name, "jpg"),
                   .webp = address(name, find(variants, name, "webp") != nullptr ? "webp" : "jpg"),
                   .avif = {}};
    if (find(variants, name, "avif") != nullptr) size.avif = address(name, "avif");
    sizes.push_back(std::move(size));
  }
  return sizes;
}

// Where on the way from `a` to `b` is nearest to the origin, as a share of it.
double nearest_share(Offset a, Offset b) {
  const double east = b.east_m - a.east_m;
  const double north = b.north_m - a.north_m;
  const double square = east * east + north * north;
  if (square <= 0) return 0;
  return std::clamp(-(a.east_m * east + a.north_m * north) / square, 0.0, 1.0);
}
}  // namespace

std::optional<PhotoPlace> place_on(const std::vector<std::vector<rucks::RoutePoint>>& pieces,
                                   PhotoPlace place) {
  const Position origin{.lat_deg = place.lat, .lng_deg = place.lng};
  const rucking::LocalScale scale = rucking::local_scale(place.lat);
  double best_m = std::numeric_limits<double>::infinity();
  Offset best;
  const auto look_at = [&](Offset at) {
    const double away_m = std::hypot(at.east_m, at.north_m);
    if (away_m >= best_m) return;
    best_m = away_m;
    best = at;
  };
  for (const auto& piece : pieces) {
    std::optional<Offset> before;
    for (const rucks::RoutePoint& point : piece) {
      const Offset here =
          rucking::offset(origin, {.lat_deg = point.lat, .lng_deg = point.lng}, scale);
      const Offset from = before.value_or(here);
      const double share = nearest_share(from, here);
      look_at({.east_m = from.east_m + share * (here.east_m - from.east_m),
               .north_m = from.north_m + share * (here.north_m - from.north_m)});
      before = here;
    }
  }
  if (best_m > kPlaceMaxM) return std::nullopt;
  const Position on_line = rucking::moved(origin, best, scale);
  return PhotoPlace{.lat = rounded(on_line.lat_deg), .lng = rounded(on_line.lng_deg)};
}

rucks::RuckPhoto card_of(const store::MediaRow& row, const Onlooker& onlooker,
                         const Addresses& addresses) {
  const Variants variants = variants_of(row);
  const Variant* large = find(variants, size::kLarge, "jpg");
  const AddressOf address(row, onlooker, addresses);
  rucks::RuckPhoto photo{.id = row.id.value(),
                         .ruck_id = row.ruck_id.value_or(RuckId()),
                         .user_id = row.user_id,
                         .filename = row.filename,
                         .original_filename = row.filename,
                         .content_type = "image/jpeg",
                         .size = large != nullptr ? large->bytes : 0,
                         .url = address(size::kLarge, "jpg"),
                         .thumbnail_url = address(size::kSmall, "jpg"),
                         .created_at = row.created_at,
                         .alt_text = row.alt_text,
                         .width = row.width,
                         .height = row.height,
                         .thumb_hash = to_base64(row.thumb_hash.data)};
  if (row.user_id != onlooker.viewer) return rucks::public_photo(std::move(photo));
  return photo;
}

Photo photo_of(const store::MediaRow& row, const rucks::SeenRuck& ruck, const Onlooker& onlooker,
               const Addresses& addresses) {
  Photo photo{card_of(row, onlooker, addresses), {}, {}, {}};
  const AddressOf address(row, onlooker, addresses);
  photo.sizes = sizes_of(variants_of(row), address);
  const bool has_place = row.taken_lat && row.taken_lng;
  if (has_place) {
    const PhotoPlace exact{.lat = *row.taken_lat, .lng = *row.taken_lng};
    photo.place = ruck.is_owner ? std::optional(exact) : place_on(ruck.pieces, exact);
  }
  if (ruck.is_owner && row.original_key) {
    photo.original_url = addresses.signed_for(row.user_id, row.id, "original", onlooker.now);
  }
  return photo;
}

}  // namespace ruck::photos

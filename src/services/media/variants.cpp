#include "services/media/variants.hpp"

#include "http/bind.hpp"

namespace ruck::photos {

Variants variants_of(const store::MediaRow& row) {
  return http::from_stored<Variants>(row.variants);
}

const Variant* find(const Variants& variants, std::string_view size, std::string_view format) {
  for (const Variant& each : variants.files) {
    if (each.size == size && each.format == format) return &each;
  }
  return nullptr;
}

std::vector<media::WantedSize> wanted_sizes(bool is_avatar) {
  using media::Fit;
  const auto wanted = [](std::string_view name, int pixels, Fit fit) {
    return media::WantedSize{.name = std::string(name), .pixels = pixels, .fit = fit};
  };
  if (is_avatar) {
    return {wanted(size::kLarge, kAvatarPixels, Fit::kSquare),
            wanted(size::kSmall, kAvatarSmallPixels, Fit::kSquare)};
  }
  return {wanted(size::kLarge, kLargePixels, Fit::kInside),
          wanted(size::kMedium, kMediumPixels, Fit::kInside),
          wanted(size::kSmall, kSmallPixels, Fit::kSquare)};
}

std::string prefix_of(UserId user) { return user.value().to_string() + "/"; }

std::string key_of(UserId user, std::string_view blob) {
  return prefix_of(user) + std::string(blob);
}

}  // namespace ruck::photos

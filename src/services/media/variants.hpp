#pragma once
// The files that a picture became, as its row keeps them.
#include "media/image.hpp"
#include "services/media/store.hpp"

#include <boost/describe/class.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ruck::photos {

namespace size {
inline constexpr std::string_view kLarge = "large";
inline constexpr std::string_view kMedium = "medium";
inline constexpr std::string_view kSmall = "small";
}  // namespace size

struct Variant {
  std::string size;    // a name of `size`
  std::string format;  // jpg, webp, avif
  std::string blob;    // the key after the owner's id: the SHA-256 of the bytes, and the format
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Variant, (), (size, format, blob, width, height, bytes))
struct Variants {
  std::vector<Variant> files;
};
BOOST_DESCRIBE_STRUCT(Variants, (), (files))

// What the address of an avatar ends with.
inline constexpr std::string_view kAvatarFile = "large.jpg";

[[nodiscard]] Variants variants_of(const store::MediaRow& row);
// Null where there is none.
[[nodiscard]] const Variant* find(const Variants& variants, std::string_view size,
                                  std::string_view format);

// What is made of a photo and of an avatar.
[[nodiscard]] std::vector<media::WantedSize> wanted_sizes(bool is_avatar);

[[nodiscard]] std::string key_of(UserId user, std::string_view blob);
[[nodiscard]] std::string prefix_of(UserId user);  // of all keys of an account

}  // namespace ruck::photos

#pragma once
// A WebP file (RFC 9649) of our own encoder without anything beside its pixels.
#include <string>
#include <string_view>

namespace ruck::media {

// Without EXIF, XMP, a colour profile and chunks that are not known. What is no WebP comes back as
// it is.
[[nodiscard]] std::string bare_webp(std::string_view bytes);

}  // namespace ruck::media

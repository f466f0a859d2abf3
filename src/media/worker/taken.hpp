#pragma once
// Where and when a picture was taken, from the texts that libvips (over libexif) makes of EXIF.
#include "media/image.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::media {

// As libvips has them: "52/1 31/1 123/100 (52, 31,  1.23, Rational, 3 components, 24 bytes)";
// empty where the picture has none.
struct ExifTexts {
  std::string latitude;       // GPSLatitude
  std::string latitude_ref;   // GPSLatitudeRef
  std::string longitude;      // GPSLongitude
  std::string longitude_ref;  // GPSLongitudeRef
  std::string time;           // DateTimeOriginal
  std::string offset;         // OffsetTimeOriginal
};

// A position that is none (beyond the globe, a denominator of zero, exactly 0° 0°, which cameras
// write that have no fix) is left out; so is a time without an offset.
[[nodiscard]] Taken read_taken(const ExifTexts& texts);

}  // namespace ruck::media

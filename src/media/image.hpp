#pragma once
// Pictures that people send, made safe to show: decoded and encoded anew by libvips in a process of
// its own with bounds on memory, time, files and system calls, so that a bad file harms that
// process alone. Nothing of EXIF, XMP and IPTC survives; orientation is applied.
#include "base/error.hpp"
#include "runtime/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ruck::media {

enum class Fit : std::uint8_t {
  kInside,  // the whole picture, its longer side at most `pixels`; never enlarged
  kSquare,  // cut to a square of `pixels` around its middle; enlarged where it is smaller
};

struct WantedSize {
  std::string name;  // "large"
  int pixels = 0;
  Fit fit = Fit::kInside;
};

struct ImageJob {
  std::string path;  // the file as it was sent
  std::vector<WantedSize> sizes;
  std::string temporary;  // a folder for this job's own files; made and removed by who asks
};

struct Encoded {
  std::string size;    // the name of a wanted size
  std::string format;  // "jpg", "webp", "avif"
  std::string bytes;
  int width = 0;
  int height = 0;
};

// Where and when a camera says a picture was taken, read before that is removed.
struct Taken {
  std::optional<double> lat_deg;  // WGS 84; both or none
  std::optional<double> lng_deg;
  // EXIF DateTimeOriginal with its offset, where both are there: seconds since 1970 in UTC.
  std::optional<std::int64_t> time_s;
};

struct Image {
  std::vector<Encoded> files;  // each size in JPEG and WebP, and in AVIF where libvips has it
  int width = 0;               // of the picture as it is shown, in full
  int height = 0;
  std::string thumb_hash;  // the bytes; https://evanw.github.io/thumbhash/
  Taken taken;
};

class ImageWorker {
 public:
  virtual ~ImageWorker() = default;
  // kInvalidInput, its message for the person who sent the file: no picture of a kind we take,
  // truncated, too many pixels or frames. kUnavailable, for operators: no libvips here, the process
  // could not be started, was out of memory or time.
  [[nodiscard]] virtual task<Result<Image>> process(ImageJob job) = 0;
};

}  // namespace ruck::media

#pragma once
// multipart/form-data (RFC 7578), read while it comes: nothing of a part is kept here but the line
// that may be its end.
#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ruck::http {

struct PartHead {
  std::string name;
  std::string filename;  // empty: a plain field
  std::string content_type;
};

inline constexpr std::size_t kPartsMax = 64;
inline constexpr std::size_t kPartHeadBytesMax = 8 * 1024;  // of the fields before a part
inline constexpr std::size_t kBoundaryBytesMax = 70;        // RFC 2046 §5.1.1

// Told of the parts as they come; an error ends the reading.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual Result<> begin(const PartHead& head) = 0;
  // Some bytes of the part that was begun last.
  virtual Result<> bytes(std::string_view bytes) = 0;
};

class MultipartReader {
 public:
  // kInvalidInput for a content type without a usable boundary.
  [[nodiscard]] static Result<MultipartReader> of(std::string_view content_type);

  // The next bytes of the body. kInvalidInput for what does not keep to the format, or the sink's
  // own error; feed no more then.
  [[nodiscard]] Result<> feed(std::string_view bytes, PartSink& sink);
  // No more comes: kInvalidInput where the end is missing.
  [[nodiscard]] Result<> finish() const;

 private:
  enum class At : std::uint8_t { kPreamble, kDelimiter, kHead, kBytes, kEnd };

  explicit MultipartReader(std::string delimiter) : delimiter_(std::move(delimiter)) {}
  [[nodiscard]] Result<bool> step(PartSink& sink);
  [[nodiscard]] Result<bool> read_delimiter();
  [[nodiscard]] Result<bool> read_head(PartSink& sink);
  [[nodiscard]] Result<bool> read_bytes(PartSink& sink);

  std::string delimiter_;         // "\r\n--" and the boundary
  std::string waiting_ = "\r\n";  // a first delimiter may stand at the very beginning
  std::size_t parts_ = 0;
  At at_ = At::kPreamble;
};

}  // namespace ruck::http

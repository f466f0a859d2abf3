#pragma once
// Pictures as they are asked for: who may see one is asked each time; conditions and ranges are
// RFC 9110 §13 and §14 (one range of bytes).
#include "base/clock.hpp"
#include "db/database.hpp"
#include "http/router.hpp"
#include "media/blob_store.hpp"
#include "services/media/addresses.hpp"
#include "telemetry/metrics.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::photos {

// What of a request decides the answer; owns its text.
struct FileRequest {
  std::string photo;
  std::string file;  // "large.jpg", "large", "original"
  std::string query;
  std::string accept;
  std::string if_none_match;
  std::string if_range;
  std::string range;  // of a GET
  std::string request_id;
};

// A range of bytes as a Range field asks for it, of a body of `size` bytes.
struct ByteRange {
  std::size_t first = 0;
  std::size_t count = 0;
};
enum class RangeKind : std::uint8_t { kWhole, kPart, kUnsatisfiable };
struct AskedRange {
  RangeKind kind = RangeKind::kWhole;
  ByteRange part;
};
// What cannot be understood, and several ranges at once, are the whole.
[[nodiscard]] AskedRange asked_range(std::string_view field, std::size_t size);

class Serving {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    telemetry::Metrics& metrics;
    media::BlobStore& blobs;
    const Addresses& addresses;
  };
  explicit Serving(const Dependencies& dependencies);

  [[nodiscard]] task<http::Response> answer(const http::Call& call) const;
  [[nodiscard]] task<http::Response> answer(FileRequest request) const;

 private:
  // A file that the request may have.
  struct Granted {
    std::string key;
    std::string etag;
    std::string_view content_type;
    std::string cache_control;
    bool is_negotiated = false;
    bool is_open = false;  // to everybody
    telemetry::Counter* counter = nullptr;
  };
  [[nodiscard]] std::optional<Granted> grant(db::Session& q, const FileRequest& request,
                                             UtcUs now) const;

  Dependencies deps_;
  telemetry::Counter& photos_;
  telemetry::Counter& avatars_;
  telemetry::Counter& originals_;
  telemetry::Counter& bytes_;
};

}  // namespace ruck::photos

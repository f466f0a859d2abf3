#pragma once
// The XML that a store of S3 answers with. The only place here that sees pugixml, which expands no
// entities.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::media {

struct S3Object {
  std::string key;
  std::uint64_t bytes = 0;
  std::string written_at;  // ISO 8601, as it came
};
struct S3Listing {
  std::vector<S3Object> objects;
  bool is_truncated = false;  // there are more
};
// Nothing for what is no ListBucketResult.
[[nodiscard]] std::optional<S3Listing> read_listing(std::string_view xml);

// The Code of an Error, "NoSuchKey"; letters and digits only, or empty.
[[nodiscard]] std::string read_error_code(std::string_view xml);

}  // namespace ruck::media

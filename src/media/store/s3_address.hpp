#pragma once
// Where a bucket is: "s3://BUCKET[/PREFIX]?region=REGION[&endpoint=URL]".
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace ruck::media {

struct S3Address {
  std::string endpoint;  // "https://s3.eu-central-1.amazonaws.com", no slash at its end
  std::string region;
  std::string bucket;
  std::string prefix;  // empty, or with a slash at its end
};

// kInvalidInput, its message for the operator. Without an endpoint it is Amazon's of the region.
[[nodiscard]] Result<S3Address> parse_s3_address(std::string_view text);

}  // namespace ruck::media

#include "media/store/s3_address.hpp"

#include "base/text.hpp"
#include "media/blob_store.hpp"

#include <algorithm>

namespace ruck::media {
namespace {
constexpr std::string_view kScheme = "s3://";
constexpr std::size_t kBucketBytesMin = 3;
constexpr std::size_t kBucketBytesMax = 63;  // docs.aws.amazon.com: bucket naming rules
constexpr std::size_t kPrefixBytesMax = 100;
constexpr std::size_t kRegionBytesMax = 40;
constexpr std::size_t kEndpointBytesMax = 300;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalidInput, "media_url: " + std::string(what));
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(text, [marks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || marks.contains(c);
  });
}

bool is_bucket(std::string_view text) {
  return text.size() >= kBucketBytesMin && text.size() <= kBucketBytesMax &&
         consists_of(text, "-.") && !text.starts_with('.') && !text.contains("..");
}

// A scheme, a host and perhaps a port; no user, no path.
bool is_endpoint(std::string_view text) {
  if (text.size() > kEndpointBytesMax) return false;
  const std::size_t start = text.find("://");
  if (start == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, start);
  const std::string_view host = text.substr(start + 3);
  return (scheme == "http" || scheme == "https") && !host.empty() &&
         consists_of(ascii_lower(host), ".-:[]");
}
}  // namespace

Result<S3Address> parse_s3_address(std::string_view text) {
  if (!text.starts_with(kScheme)) return wrong("must begin with s3://");
  text.remove_prefix(kScheme.size());
  const std::size_t mark = text.find('?');
  std::string_view path = text.substr(0, mark);
  std::string_view query = mark == std::string_view::npos ? "" : text.substr(mark + 1);

  S3Address address;
  const std::size_t slash = path.find('/');
  address.bucket = path.substr(0, slash);
  if (!is_bucket(address.bucket)) return wrong("there is no such bucket name");
  path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.empty() && (!is_key(path) || path.size() > kPrefixBytesMax)) {
    return wrong("the prefix may have a-z, 0-9, '-', '.' and '/'");
  }
  if (!path.empty()) address.prefix = std::string(path) + "/";

  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    if (name == "region") {
      address.region = value;
    } else if (name == "endpoint") {
      address.endpoint = value;
    } else {
      return wrong("knows region and endpoint, and nothing else behind the '?'");
    }
  }
  const bool is_region = !address.region.empty() && address.region.size() <= kRegionBytesMax &&
                         consists_of(address.region, "-");
  if (!is_region) return wrong("needs ?region=REGION, as the store names it");
  if (address.endpoint.empty()) {
    address.endpoint = "https://s3." + address.region + ".amazonaws.com";
  }
  while (address.endpoint.ends_with('/')) address.endpoint.pop_back();
  if (!is_endpoint(address.endpoint)) return wrong("the endpoint must be http(s)://HOST[:PORT]");
  return address;
}

}  // namespace ruck::media

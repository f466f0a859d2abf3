#include "media/store/s3_xml.hpp"

#include "base/text.hpp"
#include "media/limits.hpp"

#include <pugixml.hpp>

#include <algorithm>

namespace ruck::media {
namespace {
bool load(pugi::xml_document& document, std::string_view xml) {
  return static_cast<bool>(document.load_buffer(xml.data(), xml.size(), pugi::parse_default));
}
}  // namespace

std::optional<S3Listing> read_listing(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml)) return std::nullopt;
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return std::nullopt;
  S3Listing listing;
  listing.is_truncated = root.child("IsTruncated").text().as_bool();
  for (const pugi::xml_node& node : root.children("Contents")) {
    const auto bytes = parse_number<std::uint64_t>(node.child("Size").text().get());
    listing.objects.push_back({.key = node.child("Key").text().get(),
                               .bytes = bytes.value_or(0),
                               .written_at = node.child("LastModified").text().get()});
  }
  return listing;
}

std::string read_error_code(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml)) return {};
  std::string code = document.child("Error").child("Code").text().get();
  const bool is_fine = code.size() <= kS3CodeBytesMax && std::ranges::all_of(code, [](char c) {
                         const char lower = ascii_lower(c);
                         return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
                       });
  return is_fine ? code : std::string();
}

}  // namespace ruck::media

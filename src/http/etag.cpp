#include "http/etag.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace ruck::http {
namespace {
// MurmurHash64A (Appleby): eight bytes a step, because it runs over every answer. Nobody gains by a
// collision: the tag is of an answer to oneself.
std::uint64_t hash_of(std::string_view bytes) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  std::uint64_t hash = 0x5275636b ^ (bytes.size() * kMultiplier);
  const auto mix = [&](std::uint64_t word) {
    word *= kMultiplier;
    word ^= word >> kShift;
    hash = (hash ^ (word * kMultiplier)) * kMultiplier;
  };
  std::uint64_t word = 0;
  while (bytes.size() >= sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes.remove_prefix(sizeof word);
  }
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  mix(word);
  hash ^= hash >> kShift;
  hash *= kMultiplier;
  return hash ^ (hash >> kShift);
}
}  // namespace

std::string etag_of(std::string_view bytes) { return fmt::format("W/\"{:016x}\"", hash_of(bytes)); }

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  const std::size_t quote = etag.find('"');
  return quote != std::string_view::npos && if_none_match.contains(etag.substr(quote));
}

void revalidate(const Request& request, Response& response) {
  const bool is_read = request.method == Method::kGet || request.method == Method::kHead;
  if (!is_read || response.status != 200 || response.content_type != kJson) return;
  std::string etag = response.shared ? response.shared->etag : std::string();
  if (etag.empty()) etag = etag_of(response.bytes());
  const bool is_known = names_etag(request.header(Header::kIfNoneMatch), etag);
  if (is_known) response = Response{.status = 304};
  response.headers.emplace_back("ETag", std::move(etag));
  response.headers.emplace_back("Cache-Control", "private, no-cache");
}

}  // namespace ruck::http

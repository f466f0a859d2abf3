#include "services/media/addresses.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "http/bind.hpp"

#include <fmt/format.h>

namespace ruck::photos {
namespace {
constexpr std::string_view kOriginalFile = "original";

Signed what_of(std::string_view file) {
  return file == kOriginalFile ? Signed::kOriginal : Signed::kPhoto;
}

struct Fields {
  std::string viewer;
  std::string end;
  std::string mac;
};
Fields fields_of(std::string_view query) {
  Fields fields;
  for (auto& [name, value] : http::split_query(query)) {
    if (name == "v") {
      fields.viewer = std::move(value);
    } else if (name == "e") {
      fields.end = std::move(value);
    } else if (name == "s") {
      fields.mac = std::move(value);
    }
  }
  return fields;
}
}  // namespace

std::int64_t end_of_signature(UtcUs now) {
  using std::chrono::seconds;
  const std::int64_t period = seconds(kSignedPeriod).count();
  const std::int64_t least =
      std::chrono::ceil<seconds>(now.time_since_epoch()).count() + seconds(kSignedFor).count();
  return (least + period - 1) / period * period;
}

std::string Addresses::open(PhotoId photo, std::string_view file) const {
  return fmt::format("{}/media/{}/{}", options_.public_url, photo.value().to_string(), file);
}

std::string Addresses::signed_for(UserId viewer, PhotoId photo, std::string_view file,
                                  UtcUs now) const {
  const std::int64_t end_s = end_of_signature(now);
  return fmt::format("{}?v={}&e={}&s={}", open(photo, file), viewer.value().to_string(), end_s,
                     sign(photo, what_of(file), viewer, end_s));
}

std::string Addresses::sign(PhotoId photo, Signed what, UserId viewer, std::int64_t end_s) const {
  const std::string text =
      fmt::format("ruck-media-1\n{}\n{}\n{}\n{}", photo.value().to_string(),
                  what == Signed::kOriginal ? kOriginalFile : std::string_view("photo"),
                  viewer.value().to_string(), end_s);
  return to_base64url(crypto::hmac_sha256(options_.key, text));
}

std::optional<SignedFor> Addresses::check(PhotoId photo, Signed what, std::string_view query,
                                          UtcUs now) const {
  const Fields fields = fields_of(query);
  const auto viewer = Uuid::parse(fields.viewer);
  const auto end_s = parse_number<std::int64_t>(fields.end);
  if (!viewer || !end_s) return std::nullopt;
  const UserId user(*viewer);
  if (!crypto::equal_in_constant_time(fields.mac, sign(photo, what, user, *end_s))) {
    return std::nullopt;
  }
  const UtcUs until(std::chrono::seconds{*end_s});
  if (until <= now) return std::nullopt;
  return SignedFor{.viewer = user, .until = until};
}

bool Addresses::is_signed(std::string_view query) {
  const Fields fields = fields_of(query);
  return !fields.viewer.empty() || !fields.end.empty() || !fields.mac.empty();
}

}  // namespace ruck::photos

#include "services/media/serving.hpp"

#include "base/text.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"
#include "services/media/store.hpp"
#include "services/media/variants.hpp"
#include "services/people/visibility.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ruck::photos {
namespace {
constexpr std::string_view kOriginal = "original";
constexpr std::size_t kEtagDigits = 32;  // of the 64 of SHA-256: enough to tell two files apart
constexpr std::string_view kCompleted = "completed";

// In the order in which they are offered to those who take several.
constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"avif", "image/avif"}, {"webp", "image/webp"}, {"jpg", "image/jpeg"}});

std::string_view type_of(std::string_view format) {
  for (const auto& [name, type] : kTypes) {
    if (name == format) return type;
  }
  return "application/octet-stream";
}

struct Asked {
  std::string_view size;
  std::string_view format;  // empty: whichever the client takes
};
Asked asked_in(std::string_view file) {
  const std::size_t dot = file.find('.');
  const bool has_format = dot != std::string_view::npos && dot + 1 < file.size();
  if (!has_format) return {.size = file, .format = {}};  // "large." is no size
  return {.size = file.substr(0, dot), .format = file.substr(dot + 1)};
}

const Variant* chosen(const Variants& variants, const Asked& asked, std::string_view accept) {
  if (!asked.format.empty()) return find(variants, asked.size, asked.format);
  for (const auto& [format, type] : kTypes) {
    const Variant* variant = find(variants, asked.size, format);
    const bool is_taken = format == "jpg" || http::list_accepts(accept, type);
    if (variant != nullptr && is_taken) return variant;
  }
  return nullptr;
}

std::string etag_of_blob(std::string_view blob) {
  return fmt::format("\"{}\"", blob.substr(0, kEtagDigits));
}

std::int64_t seconds_of(std::chrono::seconds time) { return time.count(); }

std::string private_until(UtcUs until, UtcUs now) {
  const auto left = std::chrono::floor<std::chrono::seconds>(until - now);
  return fmt::format("private, max-age={}", std::min(seconds_of(left), seconds_of(kPrivateAge)));
}

// Whether an address that was made for a viewer is still good for this photo. An account that is
// being deleted sees nothing any more.
bool may_see(db::Session& q, const store::MediaRow& row, std::optional<UserId> viewer) {
  const UserId who = viewer.value_or(UserId());  // nobody is the nil user
  const auto access = people::access_to_ruck(q, who, *row.ruck_id);
  if (!access) return false;
  if (viewer && access->owner == *viewer) return true;
  if (access->status != kCompleted) return false;
  if (!viewer) return true;
  const auto standing = people::standing_of(q, std::nullopt, *viewer);
  return standing && !standing->is_blocked;
}

void add_part(http::Response& response, const AskedRange& range) {
  const std::size_t size = response.body.size();
  response.status = 206;
  response.headers.emplace_back("Content-Range",
                                fmt::format("bytes {}-{}/{}", range.part.first,
                                            range.part.first + range.part.count - 1, size));
  response.body = response.body.substr(range.part.first, range.part.count);
}
}  // namespace

AskedRange asked_range(std::string_view field, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const AskedRange whole;
  if (!equals_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return whole;
  const std::string_view set = trim(field.substr(kUnit.size()));
  const std::size_t dash = set.find('-');
  if (dash == std::string_view::npos || set.contains(',')) return whole;
  const auto first = parse_number<std::uint64_t>(set.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(set.substr(dash + 1));
  const bool has_first = dash > 0;
  const bool has_last = dash + 1 < set.size();
  if ((has_first && !first) || (has_last && !last) || (!has_first && !has_last)) return whole;
  if (!has_first) {  // the last so many bytes
    const std::size_t count = std::min<std::uint64_t>(*last, size);
    if (count == 0) return {.kind = RangeKind::kUnsatisfiable, .part = {}};
    return {.kind = RangeKind::kPart, .part = {.first = size - count, .count = count}};
  }
  if (has_last && *last < *first) return whole;
  if (*first >= size) return {.kind = RangeKind::kUnsatisfiable, .part = {}};
  const std::uint64_t end = has_last ? std::min<std::uint64_t>(*last, size - 1) : size - 1;
  return {.kind = RangeKind::kPart, .part = {.first = *first, .count = end - *first + 1}};
}

Serving::Serving(const Dependencies& dependencies)
    : deps_(dependencies),
      photos_(deps_.metrics.counter("ruck_media_served_total", "Pictures sent, by what they are",
                                    {{"kind", "photo"}})),
      avatars_(deps_.metrics.counter("ruck_media_served_total", "", {{"kind", "avatar"}})),
      originals_(deps_.metrics.counter("ruck_media_served_total", "", {{"kind", "original"}})),
      bytes_(deps_.metrics.counter("ruck_media_served_bytes_total", "Bytes of pictures sent")) {}

std::optional<Serving::Granted> Serving::grant(db::Session& q, const FileRequest& request,
                                               UtcUs now) const {
  const auto id = Uuid::parse(request.photo);
  if (!id) return std::nullopt;
  const PhotoId photo(*id);
  const bool is_original = request.file == kOriginal;
  const bool is_signed = Addresses::is_signed(request.query);
  const auto signed_for = deps_.addresses.check(
      photo, is_original ? Signed::kOriginal : Signed::kPhoto, request.query, now);
  if (is_signed && !signed_for) return std::nullopt;
  const auto row = store::find_shown(q, photo);
  if (!row || row->status != status::kReady) return std::nullopt;

  Granted granted;
  if (is_original) {
    const bool is_owner = signed_for && signed_for->viewer == row->user_id;
    if (!is_owner || !row->original_key) return std::nullopt;
    granted.key = key_of(row->user_id, *row->original_key);
    granted.etag = etag_of_blob(*row->original_key);
    granted.content_type = "application/octet-stream";
    granted.cache_control = private_until(signed_for->until, now);
    granted.counter = &originals_;
    return granted;
  }
  const Asked asked = asked_in(request.file);
  const Variants variants = variants_of(*row);
  const Variant* variant = chosen(variants, asked, request.accept);
  if (variant == nullptr) return std::nullopt;
  granted.key = key_of(row->user_id, variant->blob);
  granted.etag = etag_of_blob(variant->blob);
  granted.content_type = type_of(variant->format);
  granted.is_negotiated = asked.format.empty();
  granted.counter = row->ruck_id ? &photos_ : &avatars_;
  granted.is_open = !signed_for;
  if (!row->ruck_id) {
    granted.is_open = true;
    granted.cache_control = fmt::format("public, max-age={}, immutable", seconds_of(kAvatarAge));
    return granted;
  }
  const auto viewer = signed_for ? std::optional(signed_for->viewer) : std::nullopt;
  if (!may_see(q, *row, viewer)) return std::nullopt;
  granted.cache_control = granted.is_open
                              ? fmt::format("public, max-age={}", seconds_of(kPublicAge))
                              : private_until(signed_for->until, now);
  return granted;
}

task<http::Response> Serving::answer(const http::Call& call) const {
  using http::Header;
  const http::Request& r = call.request;
  return answer(FileRequest{
      .photo = call.path_params[0],
      .file = call.path_params[1],
      .query = std::string(r.query),
      .accept = std::string(r.header(Header::kAccept)),
      .if_none_match = std::string(r.header(Header::kIfNoneMatch)),
      .if_range = std::string(r.header(Header::kIfRange)),
      .range = std::string(r.method == http::Method::kGet ? r.header(Header::kRange) : ""),
      .request_id = r.request_id});
}

task<http::Response> Serving::answer(FileRequest request) const {
  const UtcUs now = deps_.clock.now();
  Result<std::optional<Granted>> granted = co_await deps_.database.read(
      [this, &request, now](db::Session& q) { return grant(q, request, now); });
  if (!granted) co_return http::problem(granted.error(), request.request_id);
  // The same for what does not exist, what may not be seen, and an address that is wrong or over.
  if (!*granted) co_return http::problem({.code = ErrorCode::kNotFound}, request.request_id);
  const Granted& file = **granted;
  http::Response response{.content_type = file.content_type};
  response.headers.emplace_back("Cache-Control", file.cache_control);
  response.headers.emplace_back("ETag", file.etag);
  if (file.is_negotiated) response.headers.emplace_back("Vary", "Accept");
  response.headers.emplace_back("Cross-Origin-Resource-Policy",
                                file.is_open ? "cross-origin" : "same-site");
  if (http::names_etag(request.if_none_match, file.etag)) {
    response.status = 304;
    co_return response;
  }
  Result<std::optional<std::string>> bytes = co_await deps_.blobs.get(file.key);
  if (!bytes || !*bytes) {
    const std::string reason = bytes ? "the store does not have it" : bytes.error().detail;
    telemetry::log_warning("media.not_served", {{"reason", reason}});
    const Error error{.code = bytes ? ErrorCode::kNotFound : ErrorCode::kUnavailable};
    co_return http::problem(error, request.request_id);
  }
  response.body = std::move(**bytes);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (request.file == kOriginal) response.headers.emplace_back("Content-Disposition", "attachment");
  // RFC 9110 §13.1.5: a range of what the client has a part of, or the whole of what there is now.
  const bool is_ranged = request.if_range.empty() || request.if_range == file.etag;
  const AskedRange range =
      is_ranged ? asked_range(request.range, response.body.size()) : AskedRange();
  if (range.kind == RangeKind::kUnsatisfiable) {
    // Without what is said of the picture: a cache that kept this would give it to all.
    http::Response refused{.status = 416, .content_type = response.content_type};
    refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", response.body.size()));
    co_return refused;
  }
  if (range.kind == RangeKind::kPart) add_part(response, range);
  file.counter->add();
  bytes_.add(response.body.size());
  co_return response;
}

}  // namespace ruck::photos

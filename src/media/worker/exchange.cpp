#include "media/worker/exchange.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "http/json/element.hpp"
#include "http/json/writer.hpp"
#include "media/limits.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ruck::media {
namespace {
using json::Element;
constexpr std::string_view kInside = "inside";
constexpr std::string_view kSquare = "square";
constexpr std::array<std::string_view, 3> kFormats = {"jpg", "webp", "avif"};
constexpr std::size_t kThumbHashBytesMax = 32;  // the format has 25 at most
constexpr std::size_t kMessageBytesMax = 500;

std::unexpected<Error> wrong(std::string_view what) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = "the image worker's answer: " + std::string(what),
               .retry_after_s = {}});
}

std::string text_of(const Element& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? std::string(member->string().value_or("")) : std::string();
}
std::optional<std::int64_t> integer_of(const Element& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->integer() : std::nullopt;
}
std::optional<double> number_of(const Element& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->number() : std::nullopt;
}
std::optional<int> side_of(const Element& object, std::string_view name) {
  const auto value = integer_of(object, name);
  if (!value || *value < 1 || *value > kSideMax) return std::nullopt;
  return static_cast<int>(*value);
}

bool is_size_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}
bool is_size(const WantedSize& size) {
  return is_size_name(size.name) && size.pixels >= 1 && size.pixels <= kWantedPixelsMax;
}

void write_file(json::Writer& to, const Encoded& file) {
  to.begin_object();
  to.key("size");
  to.string(file.size);
  to.key("format");
  to.string(file.format);
  to.key("width");
  to.integer(file.width);
  to.key("height");
  to.integer(file.height);
  to.key("bytes");
  to.integer(static_cast<std::int64_t>(file.bytes.size()));
  to.end_object();
}

void write_taken(json::Writer& to, const Taken& taken) {
  to.begin_object();
  if (taken.lat_deg && taken.lng_deg) {
    to.key("lat");
    to.number(*taken.lat_deg);
    to.key("lng");
    to.number(*taken.lng_deg);
  }
  if (taken.time_s) {
    to.key("time");
    to.integer(*taken.time_s);
  }
  to.end_object();
}

// Positions and times that there are; anything else is left out.
Taken read_taken(const Element& object) {
  Taken taken;
  const auto lat = number_of(object, "lat");
  const auto lng = number_of(object, "lng");
  if (lat && lng && std::abs(*lat) <= 90 && std::abs(*lng) <= 180) {
    taken.lat_deg = lat;
    taken.lng_deg = lng;
  }
  taken.time_s = integer_of(object, "time");
  return taken;
}

// Takes the file's bytes off the front of `rest`.
Result<Encoded> read_file(const Element& object, const std::vector<WantedSize>& wanted,
                          std::string_view& rest) {
  Encoded file{.size = text_of(object, "size"), .format = text_of(object, "format"), .bytes = {}};
  const bool is_wanted = std::ranges::find(wanted, file.size, &WantedSize::name) != wanted.end() &&
                         std::ranges::find(kFormats, file.format) != kFormats.end();
  const auto width = side_of(object, "width");
  const auto height = side_of(object, "height");
  const auto bytes = integer_of(object, "bytes");
  if (!is_wanted || !width || !height || !bytes) return wrong("a file that was not asked for");
  if (*bytes < 1 || static_cast<std::uint64_t>(*bytes) > rest.size()) {
    return wrong("a file with a wrong length");
  }
  file.width = *width;
  file.height = *height;
  file.bytes = rest.substr(0, static_cast<std::size_t>(*bytes));
  rest.remove_prefix(file.bytes.size());
  return file;
}

bool has(const Image& image, std::string_view size, std::string_view format) {
  return std::ranges::any_of(
      image.files, [&](const Encoded& file) { return file.size == size && file.format == format; });
}

Result<Image> read_image(const Element& head, const std::vector<WantedSize>& wanted,
                         std::string_view rest) {
  Image image;
  const auto width = side_of(head, "width");
  const auto height = side_of(head, "height");
  const auto hash = from_base64(text_of(head, "thumb_hash"));
  const auto files = head.find("files");
  if (!width || !height || !hash || hash->size() > kThumbHashBytesMax || !files) {
    return wrong("a member is missing");
  }
  image.width = *width;
  image.height = *height;
  image.thumb_hash = *hash;
  if (const auto taken = head.find("taken")) image.taken = read_taken(*taken);
  for (json::Items it(*files); it.next();) {
    Result<Encoded> file = read_file(it.value(), wanted, rest);
    if (!file) return fail(file.error());
    if (has(image, file->size, file->format)) return wrong("a file twice");
    image.files.push_back(std::move(*file));
  }
  const bool has_all = std::ranges::all_of(wanted, [&](const WantedSize& size) {
    return has(image, size.name, "jpg") && has(image, size.name, "webp");
  });
  if (!has_all || !rest.empty()) return wrong("files are missing, or too many");
  return image;
}

// What a person or a log may be shown.
std::string shown(std::string text) {
  text.resize(std::min(text.size(), kMessageBytesMax));
  text.resize(utf8_prefix(text));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}
}  // namespace

std::string write_request(const ImageRequest& request) {
  std::string text;
  json::Writer to(text);
  to.begin_object();
  to.key("path");
  to.string(request.path);
  to.key("sizes");
  to.begin_array();
  for (const WantedSize& size : request.sizes) {
    to.begin_object();
    to.key("name");
    to.string(size.name);
    to.key("pixels");
    to.integer(size.pixels);
    to.key("fit");
    to.string(size.fit == Fit::kSquare ? kSquare : kInside);
    to.end_object();
  }
  to.end_array();
  to.end_object();
  return text;
}

Result<ImageRequest> read_request(std::string_view text) {
  const Error no_request{.code = ErrorCode::kInvalidInput,
                         .message = "no request for a picture",
                         .detail = {},
                         .retry_after_s = {}};
  const Result<Element> parsed = json::parse(text);
  if (!parsed) return fail(no_request);
  ImageRequest request{.path = text_of(*parsed, "path"), .sizes = {}};
  const auto sizes = parsed->find("sizes");
  if (request.path.empty() || !sizes) return fail(no_request);
  for (json::Items it(*sizes); it.next();) {
    const std::string fit = text_of(it.value(), "fit");
    const auto pixels = side_of(it.value(), "pixels");
    const WantedSize size{.name = text_of(it.value(), "name"),
                          .pixels = pixels.value_or(0),
                          .fit = fit == kSquare ? Fit::kSquare : Fit::kInside};
    if (!is_size(size) || (fit != kSquare && fit != kInside)) return fail(no_request);
    request.sizes.push_back(size);
  }
  if (request.sizes.empty() || request.sizes.size() > kWantedSizesMax) return fail(no_request);
  return request;
}

std::string write_reply(const Result<Image>& outcome) {
  std::string text;
  json::Writer to(text);
  to.begin_object();
  if (!outcome) {
    const Error& error = outcome.error();
    const bool is_refused = error.code == ErrorCode::kInvalidInput;
    to.key(is_refused ? "refused" : "failed");
    to.string(is_refused ? error.message : error.detail);
    to.end_object();
    return text + "\n";
  }
  to.key("width");
  to.integer(outcome->width);
  to.key("height");
  to.integer(outcome->height);
  to.key("thumb_hash");
  to.string(to_base64(outcome->thumb_hash));
  to.key("taken");
  write_taken(to, outcome->taken);
  to.key("files");
  to.begin_array();
  for (const Encoded& file : outcome->files) write_file(to, file);
  to.end_array();
  to.end_object();
  text += '\n';
  for (const Encoded& file : outcome->files) text += file.bytes;
  return text;
}

Result<Image> read_reply(std::string_view reply, const std::vector<WantedSize>& wanted) {
  const std::size_t end = reply.substr(0, kImageReplyHeadBytesMax).find('\n');
  if (end == std::string_view::npos) return wrong("there is none");
  const Result<Element> head = json::parse(reply.substr(0, end));
  if (!head) return wrong("no JSON");
  if (const std::string refused = text_of(*head, "refused"); !refused.empty()) {
    return fail(ErrorCode::kInvalidInput, shown(refused));
  }
  if (const std::string failed = text_of(*head, "failed"); !failed.empty()) {
    return fail({.code = ErrorCode::kUnavailable,
                 .message = {},
                 .detail = "the image worker: " + shown(failed),
                 .retry_after_s = {}});
  }
  return read_image(*head, wanted, reply.substr(end + 1));
}

}  // namespace ruck::media

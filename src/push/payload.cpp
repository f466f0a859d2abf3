#include "push/payload.hpp"

#include "base/bytes.hpp"
#include "base/clean_text.hpp"
#include "crypto/digest.hpp"
#include "http/json/writer.hpp"
#include "push/data.hpp"
#include "push/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ruck::push {
namespace {
constexpr std::string_view kEllipsis = "…";

std::size_t json_bytes(std::string_view text) {
  std::string out;
  json::Writer(out).string(text);
  return out.size() - 2;  // without the quotes
}

// How many bytes of valid UTF-8, in whole characters, take `room` bytes in JSON.
std::size_t prefix_that_fits(std::string_view text, std::size_t room) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size();) {
    const std::string_view next = first_code_points(text.substr(end), 1);
    used += json_bytes(next);
    if (used > room) break;
    end += next.size();
  }
  return end;
}
}  // namespace

std::string fit_text(std::string_view text, std::size_t room) {
  std::string whole = mend_utf8(text);
  if (json_bytes(whole) <= room) return whole;
  const bool has_ellipsis = room >= kEllipsis.size();
  whole.resize(prefix_that_fits(whole, has_ellipsis ? room - kEllipsis.size() : room));
  if (has_ellipsis) whole += kEllipsis;
  return whole;
}

Result<std::string> render_within(std::size_t bytes_max, Message message, const Render& render) {
  message.title = fit_text(message.title, kTitleBytesMax);
  const std::string body = std::exchange(message.body, {});
  const std::size_t bare = render(message).size();
  if (bare > bytes_max) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the message's data is too large: {} bytes of {} without its text",
                            bare, bytes_max));
  }
  message.body = fit_text(body, bytes_max - bare);
  return render(message);
}

std::string browser_payload(const Message& message) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("title");
  w.string(message.title);
  w.key("body");
  w.string(message.body);
  if (!message.collapse_key.empty()) {
    w.key("tag");
    w.string(message.collapse_key);
  }
  w.key("data");
  write_data(w, message.data);
  w.end_object();
  return text;
}

std::string hashed(std::string_view collapse_key) {
  return to_base64url(crypto::sha256(collapse_key)).substr(0, kTopicCharactersMax);
}

std::chrono::seconds ttl_of(const Message& message) {
  return std::clamp<std::chrono::seconds>(message.ttl, std::chrono::seconds(0), kTtlMax);
}

}  // namespace ruck::push

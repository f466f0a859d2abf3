#include "cache/shared_answers.hpp"

#include "bus/payload.hpp"

#include <fmt/format.h>

namespace ruck::cache {
namespace {
constexpr int kFormat = 1;  // of to_bytes()

using Length = std::uint32_t;

void append_text(std::string& out, std::string_view text) {
  bus::append_raw(out, static_cast<Length>(text.size()));
  out += text;
}

std::optional<std::string> take_text(std::string_view& rest) {
  if (rest.size() < sizeof(Length)) return std::nullopt;
  const auto length = bus::take_raw<Length>(rest);
  if (rest.size() < length) return std::nullopt;
  std::string text(rest.substr(0, length));
  rest.remove_prefix(length);
  return text;
}
}  // namespace

std::string to_bytes(UtcUs made_at, const http::SharedBody& body) {
  std::string out;
  out.reserve(sizeof(std::int64_t) + 3 * sizeof(Length) + body.bytes.size() + body.gzip.size() +
              body.etag.size());
  bus::append_raw(out, std::int64_t{made_at.time_since_epoch().count()});
  for (const std::string* part : {&body.etag, &body.bytes, &body.gzip}) append_text(out, *part);
  return out;
}

std::optional<SharedAnswers::Found> from_bytes(std::string_view bytes) {
  if (bytes.size() < sizeof(std::int64_t)) return std::nullopt;
  const UtcUs made_at = utc_us(bus::take_raw<std::int64_t>(bytes));
  http::SharedBody body;
  for (std::string* part : {&body.etag, &body.bytes, &body.gzip}) {
    auto text = take_text(bytes);
    if (!text) return std::nullopt;
    *part = std::move(*text);
  }
  if (!bytes.empty() || body.bytes.empty()) return std::nullopt;
  return SharedAnswers::Found{.body = std::make_shared<http::SharedBody>(std::move(body)),
                              .made_at = made_at};
}

SharedAnswers::SharedAnswers(redis::Client& client, std::string_view edition,
                             std::chrono::seconds lifetime, telemetry::Metrics& metrics)
    : client_(client),
      prefix_(fmt::format("ruck.answer.{}.{}:", kFormat, edition)),
      lifetime_ms_(std::to_string(std::chrono::milliseconds(lifetime).count())),
      hits_(metrics.counter("ruck_cache_shared_lookups_total",
                            "Lookups of answers that other servers have made",
                            {{"outcome", "hit"}})),
      misses_(metrics.counter("ruck_cache_shared_lookups_total", "", {{"outcome", "miss"}})) {}

task<std::optional<SharedAnswers::Found>> SharedAnswers::find(std::string key) {
  if (!client_.is_ready()) co_return std::nullopt;
  std::vector<std::string> words{"GET", prefix_ + key};
  const auto answer = co_await client_.ask(std::move(words));
  const bool is_there = answer && !answer->is_error && !answer->is_nothing;
  std::optional<Found> found = is_there ? from_bytes(answer->text) : std::nullopt;
  (found ? hits_ : misses_).add();
  co_return found;
}

void SharedAnswers::store(std::string_view key, UtcUs made_at, const http::SharedBody& body) {
  if (!client_.is_ready()) return;
  std::string bytes = to_bytes(made_at, body);
  if (bytes.size() > kSharedBytesMax) return;
  // Lost: then it is made again.
  client_.ask({"SET", prefix_ + std::string(key), std::move(bytes), "PX", lifetime_ms_},
              [](const std::optional<redis::Answer>&) {});
}

}  // namespace ruck::cache

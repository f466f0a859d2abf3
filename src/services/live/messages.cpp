#include "services/live/messages.hpp"

#include "http/json/writer.hpp"

#include <fmt/format.h>

namespace ruck::live::messages {
namespace {
// {"type":…, then what `write` adds}
template <class Write>
std::string message(std::string_view type, Write write) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("type");
  w.string(type);
  write(w);
  w.end_object();
  return out;
}

std::string topic_of(RuckId ruck) { return fmt::format("ruck:{}", ruck.value()); }
}  // namespace

std::string of_ruck(std::string_view type, RuckId ruck, std::uint32_t seq,
                    std::optional<std::uint32_t> previous, std::string_view data) {
  return message(type, [&](json::Writer& w) {
    w.key("topic");
    w.string(topic_of(ruck));
    w.key("seq");
    w.integer(seq);
    if (previous) {
      w.key("previous");
      w.integer(*previous);
    }
    w.key("data");
    w.raw(data);
  });
}

std::string ended(RuckId ruck, const Error& why) {
  return message("ended", [&](json::Writer& w) {
    w.key("topic");
    w.string(topic_of(ruck));
    w.key("error");
    w.string(error_row(why.code).id);
    w.key("message");
    w.string(why.client_text());
  });
}

std::string presence(RuckId ruck, std::size_t watching) {
  return message("presence", [&](json::Writer& w) {
    w.key("topic");
    w.string("me");
    w.key("ruck_id");
    w.integer(ruck.value());
    w.key("watching");
    w.integer(static_cast<std::int64_t>(watching));
  });
}

std::string error(std::string_view id, std::string_view text, std::string_view topic) {
  return message("error", [&](json::Writer& w) {
    w.key("error");
    w.string(id);
    w.key("message");
    w.string(text);
    if (topic.empty()) return;
    w.key("topic");
    w.string(topic);
  });
}

std::string unsubscribed(std::string_view topic) {
  return message("unsubscribed", [&](json::Writer& w) {
    w.key("topic");
    w.string(topic);
  });
}

std::string pong(UtcUs now) {
  return message("pong", [&](json::Writer& w) {
    w.key("time");
    w.time(to_ms(now));
  });
}

std::string token_expiring(std::int64_t in_ms) {
  return message("token_expiring", [&](json::Writer& w) {
    w.key("in_ms");
    w.integer(in_ms);
  });
}

std::string restart(std::int64_t reconnect_after_ms) {
  return message("notice", [&](json::Writer& w) {
    w.key("notice");
    w.string("restart");
    w.key("reconnect_after_ms");
    w.integer(reconnect_after_ms);
  });
}

}  // namespace ruck::live::messages

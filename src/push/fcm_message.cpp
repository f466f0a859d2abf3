#include "http/json/writer.hpp"
#include "push/data.hpp"
#include "push/fcm_sender.hpp"
#include "push/limits.hpp"
#include "push/payload.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::push {
namespace {
// The channel that the mobile app makes (contract core section 7).
constexpr std::string_view kAndroidChannel = "rucking_app_notifications";

std::string_view value_of(const Message& message, std::string_view name) {
  const auto found =
      std::ranges::find_if(message.data, [name](const auto& each) { return each.first == name; });
  return found == message.data.end() ? std::string_view() : std::string_view(found->second);
}

// What an iPhone groups by: what is opened by the message, else its kind.
std::string thread_of(const Message& message) {
  for (const std::string_view name : {"ruck_id", "duel_id", "event_id", "club_id"}) {
    const std::string_view value = value_of(message, name);
    if (!value.empty()) return fmt::format("{}:{}", name.substr(0, name.find('_')), value);
  }
  return std::string(value_of(message, "type"));
}

// An extension of the app may fetch what is to be heard or seen before it is shown.
bool has_media(const Message& message) {
  return !value_of(message, "audio_url").empty() || !value_of(message, "image_url").empty();
}

void member(json::Writer& w, std::string_view name, std::string_view value) {
  w.key(name);
  w.string(value);
}

void begin_object(json::Writer& w, std::string_view name) {
  w.key(name);
  w.begin_object();
}

void write_notification(json::Writer& w, const Message& message) {
  begin_object(w, "notification");
  member(w, "title", message.title);
  member(w, "body", message.body);
  w.end_object();
}

void write_android(json::Writer& w, const Message& message) {
  begin_object(w, "android");
  member(w, "priority", message.urgency == Urgency::kHigh ? "HIGH" : "NORMAL");
  member(w, "ttl", fmt::format("{}s", ttl_of(message).count()));
  if (!message.collapse_key.empty()) member(w, "collapse_key", message.collapse_key);
  begin_object(w, "notification");
  member(w, "channel_id", kAndroidChannel);
  w.end_object();
  w.end_object();
}

void write_apns_headers(json::Writer& w, const Message& message, UtcUs now) {
  const auto until = std::chrono::floor<std::chrono::seconds>(now) + ttl_of(message);
  const bool is_now_or_never = ttl_of(message).count() == 0;
  begin_object(w, "headers");
  member(w, "apns-push-type", "alert");
  member(w, "apns-priority", message.urgency == Urgency::kHigh ? "10" : "5");
  member(w, "apns-expiration",
         is_now_or_never ? "0" : std::to_string(until.time_since_epoch().count()));
  if (!message.collapse_key.empty()) {
    const bool fits = message.collapse_key.size() <= kApnsCollapseIdBytesMax;
    member(w, "apns-collapse-id", fits ? message.collapse_key : hashed(message.collapse_key));
  }
  w.end_object();
}

void write_apns(json::Writer& w, const Message& message, UtcUs now) {
  begin_object(w, "apns");
  write_apns_headers(w, message, now);
  begin_object(w, "payload");
  begin_object(w, "aps");
  member(w, "sound", "default");
  if (const std::string thread = thread_of(message); !thread.empty()) {
    member(w, "thread-id", thread);
  }
  if (has_media(message)) {
    w.key("mutable-content");
    w.integer(1);
  }
  w.end_object();
  w.end_object();
  w.end_object();
}

std::string render(const std::string& token, const Message& message, UtcUs now) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  begin_object(w, "message");
  member(w, "token", token);
  write_notification(w, message);
  w.key("data");
  write_data(w, message.data);
  write_android(w, message);
  write_apns(w, message, now);
  w.end_object();
  w.end_object();
  return text;
}

// Names that Firebase keeps for itself.
bool is_reserved(std::string_view name) {
  return name.empty() || name == "from" || name == "message_type" || name.starts_with("google.") ||
         name.starts_with("gcm.");
}
}  // namespace

// The whole of it is held to the bound, of which Firebase counts less: what Apple gets has a little
// more around the same data.
Result<std::string> fcm_message(const std::string& token, const Message& message, UtcUs now) {
  for (const auto& [name, value] : message.data) {
    if (is_reserved(name)) {
      return fail(ErrorCode::kInvalidInput, "Firebase keeps the name \"" + name + "\" of data");
    }
  }
  return render_within(kFcmPayloadBytesMax + token.size(), message,
                       [&](const Message& fitted) { return render(token, fitted, now); });
}

}  // namespace ruck::push

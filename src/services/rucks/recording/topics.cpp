#include "services/rucks/recording/topics.hpp"

#include "base/text.hpp"
#include "bus/payload.hpp"
#include "rucking/track_codec.hpp"

#include <fmt/format.h>

namespace ruck::rucks {
namespace {
constexpr char kStored = 'S';
constexpr char kChanged = 'C';
constexpr std::string_view kTopic = "ruck:";
}  // namespace

std::string topic_of(RuckId ruck) { return fmt::format("{}{}", kTopic, ruck.value()); }

std::optional<RuckId> ruck_of_topic(std::string_view topic) {
  if (!topic.starts_with(kTopic)) return std::nullopt;
  const auto number = parse_number<RuckId::rep>(topic.substr(kTopic.size()));
  return number ? std::optional(RuckId(*number)) : std::nullopt;
}

void publish_stored(bus::Bus& bus, const Committed& committed) {
  const std::string topic = topic_of(committed.key.ruck);
  if (!bus.is_wanted(topic)) return;
  std::string payload(1, kStored);
  bus::append_raw(payload, committed.stored.distance_m);
  bus::append_raw(payload, committed.stored.duration_s);
  rucking::append_block(payload, committed.points);
  bus.publish(topic, std::move(payload));
}

void publish_changed(bus::Bus& bus, RuckId ruck) {
  std::string id;
  bus::append_raw(id, ruck.value());
  bus.publish(kRuckChanged, std::move(id));
  bus.publish(topic_of(ruck), std::string(1, kChanged));
}

std::optional<RuckId> changed_ruck(std::string_view payload) {
  if (payload.size() != sizeof(RuckId::rep)) return std::nullopt;
  return RuckId(bus::take_raw<RuckId::rep>(payload));
}

bool is_change(std::string_view payload) { return payload.starts_with(kChanged); }

std::optional<StoredNews> stored_news(std::string_view payload) {
  if (!payload.starts_with(kStored) || payload.size() < 1 + 2 * sizeof(double)) return std::nullopt;
  payload.remove_prefix(1);
  StoredNews news{.distance_m = bus::take_raw<double>(payload),
                  .duration_s = bus::take_raw<double>(payload),
                  .points = {}};
  auto points = rucking::decode_points(payload);
  if (!points) return std::nullopt;
  news.points = std::move(*points);
  return news;
}

}  // namespace ruck::rucks

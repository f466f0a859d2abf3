#pragma once
// What rucks tell the bus, after each commit: topics and their payloads.
#include "bus/bus.hpp"
#include "rucking/track_point.hpp"
#include "services/rucks/recording/stored.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::rucks {

// All news of one ruck.
[[nodiscard]] std::string topic_of(RuckId ruck);
[[nodiscard]] std::optional<RuckId> ruck_of_topic(std::string_view topic);
// Every ruck that has changed in another way than by points that continue it; before its own topic
// is told. The payload is what changed_ruck() reads.
inline constexpr std::string_view kRuckChanged = "rucks.changed";

void publish_stored(bus::Bus& bus, const Committed& committed);
// Its status, who may see it, or its track: ask for all of it again.
void publish_changed(bus::Bus& bus, RuckId ruck);

[[nodiscard]] std::optional<RuckId> changed_ruck(std::string_view payload);

// On a ruck's topic: new points, or nothing when it has changed in another way.
struct StoredNews {
  double distance_m = 0;  // of the whole ruck with them
  double duration_s = 0;
  std::vector<rucking::TrackPoint> points;
};
[[nodiscard]] bool is_change(std::string_view payload);
[[nodiscard]] std::optional<StoredNews> stored_news(std::string_view payload);

}  // namespace ruck::rucks

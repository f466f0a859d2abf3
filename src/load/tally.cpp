#include "load/tally.hpp"

#include <utility>

namespace ruck::load {
namespace {
constexpr std::size_t kSamplesMax = 20;  // of errors; the rest is numbers
constexpr std::array<std::string_view, kEndpoints> kNames = {
    "create",  "start",      "location", "location, rejoined",
    "backlog", "heart rate", "profile",  "rucks",
    "monthly", "weekly",     "complete"};
}  // namespace

std::string_view name_of(Endpoint endpoint) { return kNames[static_cast<std::size_t>(endpoint)]; }

void EndpointTally::add(const EndpointTally& other) {
  if (other.requests == 0 && other.latency.count() == 0) return;
  latency.add(other.latency);
  service.add(other.service);
  requests += other.requests;
  for (const auto& [status, count] : other.answers) answers[status] += count;
  broken += other.broken;
  shed += other.shed;
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
}

std::uint64_t EndpointTally::errors() const {
  std::uint64_t count = broken;
  for (const auto& [status, times] : answers) {
    if (status / 100 != 2) count += times;
  }
  return count - shed;
}

void Tally::add(const Tally& other) {
  for (std::size_t i = 0; i < kEndpoints; ++i) endpoints[i].add(other.endpoints[i]);
  lag.add(other.lag);
  points_acknowledged += other.points_acknowledged;
  points_resent += other.points_resent;
  points_refused += other.points_refused;
  points_missing += other.points_missing;
  points_doubled += other.points_doubled;
  beats_acknowledged += other.beats_acknowledged;
  offline_periods += other.offline_periods;
  backlogs += other.backlogs;
  backlog_time.add(other.backlog_time);
  for (const std::string& sample : other.samples) note(sample);
}

void Tally::note(std::string what) {
  if (samples.size() < kSamplesMax) samples.push_back(std::move(what));
}

std::uint64_t Tally::requests() const {
  std::uint64_t sum = 0;
  for (const EndpointTally& endpoint : endpoints) sum += endpoint.requests;
  return sum;
}
std::uint64_t Tally::errors() const {
  std::uint64_t sum = 0;
  for (const EndpointTally& endpoint : endpoints) sum += endpoint.errors();
  return sum;
}
std::uint64_t Tally::shed() const {
  std::uint64_t sum = 0;
  for (const EndpointTally& endpoint : endpoints) sum += endpoint.shed;
  return sum;
}

}  // namespace ruck::load

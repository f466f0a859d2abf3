#include "services/live/presence.hpp"

#include "bus/payload.hpp"
#include "services/live/limits.hpp"

#include <algorithm>

namespace ruck::live {
namespace {
constexpr std::size_t kSaidBytes = sizeof(std::int64_t) + sizeof(std::uint32_t);
}

void Presence::set(RuckId ruck, std::uint32_t count) {
  const auto [own, is_first] = own_.try_emplace(ruck);
  if (is_first && count == 0) {
    own_.erase(own);
    return;
  }
  if (own->second.count == count) return;
  own->second = {.count = count, .is_new = true};
}

std::size_t Presence::total(RuckId ruck) const {
  const auto own = own_.find(ruck);
  return elsewhere(ruck) + (own == own_.end() ? 0 : own->second.count);
}

std::size_t Presence::elsewhere(RuckId ruck) const {
  std::size_t sum = 0;
  const auto others = others_.find(ruck);
  if (others == others_.end()) return sum;
  for (const Other& each : others->second) sum += each.count;
  return sum;
}

bool Presence::hear(std::uint64_t server, Said said, SteadyTime now) {
  if (said.count == 0 && !others_.contains(said.ruck)) return false;
  if (others_.size() >= kPresenceRucksMax && !others_.contains(said.ruck)) return false;
  std::vector<Other>& others = others_[said.ruck];
  const auto known = std::ranges::find(others, server, &Other::server);
  const std::uint32_t before = known == others.end() ? 0 : known->count;
  if (known != others.end()) others.erase(known);
  if (said.count > 0 && others.size() < kPresenceServersMax) {
    others.push_back({.server = server, .count = said.count, .heard_at = now});
  }
  if (others.empty()) others_.erase(said.ruck);
  return before != said.count;
}

std::vector<RuckId> Presence::forget(SteadyTime now) {
  std::vector<RuckId> changed;
  for (auto entry = others_.begin(); entry != others_.end();) {
    const auto gone = std::erase_if(
        entry->second, [now](const Other& each) { return now - each.heard_at > kPresenceMax; });
    if (gone > 0) changed.push_back(entry->first);
    entry = entry->second.empty() ? others_.erase(entry) : std::next(entry);
  }
  return changed;
}

std::vector<Presence::Said> Presence::due(SteadyTime now) {
  const bool says_all = now - all_said_at_ >= kPresenceEvery;
  if (says_all) all_said_at_ = now;
  std::vector<Said> due;
  for (auto entry = own_.begin(); entry != own_.end();) {
    Own& own = entry->second;
    if (own.is_new || says_all) due.push_back({.ruck = entry->first, .count = own.count});
    own.is_new = false;
    entry = own.count == 0 ? own_.erase(entry) : std::next(entry);
  }
  return due;
}

std::string to_bytes(const Presence::Message& message) {
  std::string bytes;
  bytes.reserve(sizeof message.server + message.said.size() * kSaidBytes);
  bus::append_raw(bytes, message.server);
  for (const Presence::Said& each : message.said) {
    bus::append_raw(bytes, std::int64_t{each.ruck.value()});
    bus::append_raw(bytes, each.count);
  }
  return bytes;
}

std::optional<Presence::Message> message_from(std::string_view bytes) {
  Presence::Message message;
  if (bytes.size() < sizeof message.server) return std::nullopt;
  message.server = bus::take_raw<std::uint64_t>(bytes);
  if (bytes.size() % kSaidBytes != 0) return std::nullopt;
  while (!bytes.empty()) {
    const RuckId ruck(bus::take_raw<std::int64_t>(bytes));
    message.said.push_back({.ruck = ruck, .count = bus::take_raw<std::uint32_t>(bytes)});
  }
  return message;
}

}  // namespace ruck::live

#include "http/session/places.hpp"

#include "http/limits.hpp"

#include <algorithm>

namespace ruck::http::session {

void Place::heard() {
  if (places_ == nullptr || !is_silent_) return;
  is_silent_ = false;
  places_->heard(key_);
}

void Place::leave() {
  if (places_ != nullptr) std::exchange(places_, nullptr)->leave(key_, is_silent_);
}

Places::Limits Places::limits_for(std::size_t connections_max) {
  const std::size_t all = std::max(connections_max / kPlacesShare, kPlacesPerAddressMin);
  return {.all = all,
          .silent = std::clamp(all / kSilentShare, kSilentPerAddressMin, kSilentPerAddressMax)};
}

Places::Places(Limits limits, const TrustedProxies& proxies, telemetry::Metrics& metrics)
    : limits_(limits),
      proxies_(proxies),
      refused_all_(metrics.counter("ruck_http_connections_refused_total",
                                   "Connections refused because their address has enough of them",
                                   {{"kind", "all"}})),
      refused_silent_(
          metrics.counter("ruck_http_connections_refused_total", "", {{"kind", "silent"}})) {}

std::optional<Place> Places::take(std::string_view peer) {
  if (limits_.all == 0 || proxies_.trusts(peer)) return Place();
  std::string key = address_key(peer);
  const Guard lock(mutex_);
  Held& held = held_[key];
  if (held.all >= limits_.all) {
    refused_all_.add();
    return std::nullopt;
  }
  if (held.silent >= limits_.silent) {
    refused_silent_.add();
    return std::nullopt;
  }
  ++held.all;
  ++held.silent;
  return Place(*this, std::move(key));
}

void Places::heard(const std::string& key) {
  const Guard lock(mutex_);
  --held_[key].silent;
}

void Places::leave(const std::string& key, bool is_silent) {
  const Guard lock(mutex_);
  const auto found = held_.find(key);
  if (is_silent) --found->second.silent;
  if (--found->second.all == 0) held_.erase(found);
}

}  // namespace ruck::http::session

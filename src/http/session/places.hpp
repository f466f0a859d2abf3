#pragma once
// How many connections one address may hold, so that nobody takes every place: all together, and
// those that have not sent a request yet. An IPv6 customer is a /64. A trusted proxy is not
// limited: behind it are many clients.
#include "base/thread_safety.hpp"
#include "http/address.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ruck::http::session {

class Places;

// One connection's place, given back at its end.
class Place {
 public:
  Place() = default;  // one that nobody counts
  Place(Places& places, std::string key) : places_(&places), key_(std::move(key)) {}
  ~Place() { leave(); }
  Place(Place&& other) noexcept
      : places_(std::exchange(other.places_, nullptr)),
        key_(std::move(other.key_)),
        is_silent_(other.is_silent_) {}
  Place& operator=(Place&&) = delete;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // A whole request head has come.
  void heard();

 private:
  void leave();

  Places* places_ = nullptr;
  std::string key_;
  bool is_silent_ = true;
};

// Thread-safe.
class Places {
 public:
  struct Limits {
    std::size_t all = 0;     // of one address; 0: no limit
    std::size_t silent = 0;  // of these, without a request so far
  };
  // What an address gets of so many places: kPlacesShare and kSilentShare say why.
  [[nodiscard]] static Limits limits_for(std::size_t connections_max);

  Places(Limits limits, const TrustedProxies& proxies, telemetry::Metrics& metrics);

  // Nothing: the address has enough of them.
  [[nodiscard]] std::optional<Place> take(std::string_view peer);

 private:
  friend class Place;
  struct Held {
    std::size_t all = 0;
    std::size_t silent = 0;
  };
  void heard(const std::string& key);
  void leave(const std::string& key, bool is_silent);

  const Limits limits_;
  const TrustedProxies& proxies_;
  telemetry::Counter& refused_all_;
  telemetry::Counter& refused_silent_;
  Mutex mutex_;
  // As many entries as there are connections at most.
  std::unordered_map<std::string, Held> held_ RUCK_GUARDED_BY(mutex_);
};

}  // namespace ruck::http::session

#include "http/client/circuit_breaker.hpp"

#include <algorithm>

namespace ruck::http {

CircuitBreaker::Entry CircuitBreaker::enter(std::string_view host, Time now) {
  Host* known = find(host);
  if (known == nullptr || !known->is_open) return Entry::kYes;
  if (known->is_probed || now < known->opens_until) return Entry::kNo;
  known->is_probed = true;
  return Entry::kProbe;
}

bool CircuitBreaker::succeeded(std::string_view host) {
  const auto found = by_name_.find(host);
  if (found == by_name_.end()) return false;
  const bool was_open = found->second->is_open;
  forget(found->second);
  return was_open;
}

bool CircuitBreaker::failed(std::string_view host, Time started, Time now) {
  Host& known = remember(host);
  // A probe is alone on its way, so its failure is one of its own.
  const bool is_same = known.failures > 0 && !known.is_probed && started <= known.counted_at &&
                       now - known.counted_at < options_.moment;
  if (!is_same) {
    ++known.failures;
    known.counted_at = now;
  }
  if (known.failures < options_.failures_max) return false;
  if (!known.is_open) ++open_count_;
  known.is_open = true;
  known.is_probed = false;
  known.opens_until = now + options_.open_for;
  return true;
}

void CircuitBreaker::abandoned(std::string_view host) {
  if (Host* known = find(host)) known->is_probed = false;
}

bool CircuitBreaker::is_open(std::string_view host) const {
  const Host* known = find(host);
  return known != nullptr && known->is_open;
}

std::chrono::milliseconds CircuitBreaker::open_for(std::string_view host, Time now) const {
  const Host* known = find(host);
  if (known == nullptr || !known->is_open) return std::chrono::milliseconds(0);
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::ceil<std::chrono::milliseconds>(known->opens_until - now));
}

const CircuitBreaker::Host* CircuitBreaker::find(std::string_view host) const {
  const auto found = by_name_.find(host);
  return found == by_name_.end() ? nullptr : &*found->second;
}

CircuitBreaker::Host* CircuitBreaker::find(std::string_view host) {
  const auto found = by_name_.find(host);
  return found == by_name_.end() ? nullptr : &*found->second;
}

CircuitBreaker::Host& CircuitBreaker::remember(std::string_view host) {
  const auto found = by_name_.find(host);
  if (found != by_name_.end()) {
    hosts_.splice(hosts_.begin(), hosts_, found->second);
    return hosts_.front();
  }
  while (!hosts_.empty() && hosts_.size() >= options_.hosts_max) forget(std::prev(hosts_.end()));
  hosts_.push_front(Host{.name = std::string(host)});
  by_name_.emplace(hosts_.front().name, hosts_.begin());
  return hosts_.front();
}

void CircuitBreaker::forget(Place place) {
  if (place->is_open) --open_count_;
  by_name_.erase(place->name);
  hosts_.erase(place);
}

}  // namespace ruck::http

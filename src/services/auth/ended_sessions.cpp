#include "services/auth/ended_sessions.hpp"

#include "services/auth/limits.hpp"

namespace ruck::auth {

void EndedSessions::add(std::span<const Uuid> sessions, UtcUs now) {
  if (sessions.empty()) return;
  const WriteGuard lock(mutex_);
  std::erase_if(ended_, [now](const auto& each) { return each.second < now - kAccessLifetime; });
  for (const Uuid& session : sessions) {
    if (ended_.size() < kEndedSessionsMax) ended_.emplace(session, now);
  }
  count_.store(ended_.size(), std::memory_order_release);
}

bool EndedSessions::has(const Uuid& session) const {
  if (count_.load(std::memory_order_acquire) == 0) return false;
  const ReadGuard lock(mutex_);
  return ended_.contains(session);
}

}  // namespace ruck::auth

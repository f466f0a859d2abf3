#pragma once
// Sign-ins that were ended while access tokens of theirs still run: refused at once, not within the
// hour. Kept in memory; token_upkeep.hpp reads them from the database.
#include "base/thread_safety.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <atomic>
#include <span>
#include <unordered_map>

namespace ruck::auth {

class EndedSessions {
 public:
  void add(std::span<const Uuid> sessions, UtcUs now);
  [[nodiscard]] bool has(const Uuid& session) const;

 private:
  // Nearly always empty, and then nobody waits for the lock.
  std::atomic<std::size_t> count_{0};
  mutable SharedMutex mutex_;
  std::unordered_map<Uuid, UtcUs> ended_ RUCK_GUARDED_BY(mutex_);  // and when
};

}  // namespace ruck::auth

#pragma once
// Who has changed something lately, at whichever server: until a replica of the database is that
// far, they read at the primary.
//
// The mobile app sends nothing back that would tell what it has written, so the servers tell each
// other (agreement.hpp): a reply waits until all have heard. Each notes the moment it heard, by its
// own clock, which is after the COMMIT. Whoever is not noted has changed nothing since the servers
// agreed. While they do not agree nothing is known, and all reads go to the primary.
#include "base/thread_safety.hpp"
#include "cache/agreement.hpp"
#include "http/own_writes.hpp"

#include <memory>
#include <unordered_map>

namespace ruck::cache {

// A replica that is further behind is not used (db::postgres::kReplicaLagMax), so what is older
// need not be known. Twice that, for clocks that are read one after the other.
inline constexpr auto kWritesKept = std::chrono::seconds(1);
// Users, 3 MB. More within kWritesKept: all read at the primary for a moment.
inline constexpr std::size_t kWritersMax = 50'000;

class OwnWrites final : public http::OwnWrites {
 public:
  explicit OwnWrites(Agreement& agreement);

  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> fresh_from(
      UserId user) override;
  [[nodiscard]] task<> note(UserId user) override;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Heard = std::unordered_map<UserId, SteadyTime>;
  void hear(UserId user);
  void forget_old(SteadyTime now) RUCK_REQUIRES(mutex_);

  Agreement& agreement_;
  Mutex mutex_;
  Heard newer_ RUCK_GUARDED_BY(mutex_);
  Heard older_ RUCK_GUARDED_BY(mutex_);  // from before `newer_` began
  SteadyTime newer_since_ RUCK_GUARDED_BY(mutex_);
  std::uint64_t term_ RUCK_GUARDED_BY(mutex_) = 0;
  SteadyTime known_since_ RUCK_GUARDED_BY(mutex_);  // what came before may not have been heard
  std::unique_ptr<bus::Bus::Subscription> changes_;
};

}  // namespace ruck::cache

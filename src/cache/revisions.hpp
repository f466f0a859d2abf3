#pragma once
// Each user has a revision that goes up with every change the user could see. Caches put it into
// their keys, so that a change makes old entries unreachable: nobody can get a stale answer after
// an action of their own.
//
// write() is how such a change is made: the revision goes up in the same transaction. Where this
// process is the only writer (the embedded database), the newest revision is kept in memory and a
// cached read needs no query. Of several servers each remembers what it has read as long as they
// agree (agreement.hpp); otherwise it is read from the database each time.
#include "base/thread_safety.hpp"
#include "cache/agreement.hpp"
#include "db/database.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ruck::cache {

class Revisions {
 public:
  // Without an agreement a database that others may use is asked each time.
  explicit Revisions(db::Database& database, Agreement* agreement = nullptr);

  // What the same request reads from now on is at least as new, wherever it is read.
  [[nodiscard]] task<Result<std::uint64_t>> current(UserId user);

  // A unit of work that changes what `user` sees. The reply to the change may be sent as soon as
  // this returns.
  template <class Fn>
  auto write(UserId user, Fn fn) -> task<Result<db::detail::ValueOf<Fn>>> {
    using T = db::detail::ValueOf<Fn>;
    return and_changed(
        user,
        database_.write([this, user, fn = std::move(fn)](db::Session& q) mutable -> Result<T> {
          bump(q, user);
          if constexpr (std::is_void_v<std::invoke_result_t<Fn&, db::Session&>>) {
            fn(q);
            return {};
          } else {
            return fn(q);
          }
        }));
  }

  // For units of work that gather the changes of many users: the first inside the transaction, the
  // second when it has been committed, before anybody is told.
  void bump(db::Session& q, UserId user);
  task<> changed(UserId user);
  task<> changed(std::vector<UserId> users);

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kUsersPerShardMax = 16'384;  // 262,144 users, about 20 MiB
  static constexpr std::size_t kMarks = 256;                // of a shard
  struct Known {
    std::uint64_t revision = 0;
    std::uint64_t term = 0;  // of the agreement
    // The transaction that made it so was committed before this moment.
    std::chrono::steady_clock::time_point read_at;
  };
  struct Shard {
    Mutex mutex;
    std::unordered_map<UserId, Known> revisions RUCK_GUARDED_BY(mutex);
    // Go up with each change of a user who hashes there: what was read meanwhile may be old.
    std::array<std::uint64_t, kMarks> marks RUCK_GUARDED_BY(mutex) = {};
  };
  // Also after a failure: a COMMIT whose answer was lost may have happened.
  template <class T>
  task<Result<T>> and_changed(UserId user, task<Result<T>> work) {
    Result<T> outcome = co_await std::move(work);
    co_await changed(user);
    co_return outcome;
  }
  Shard& shard_of(UserId user) { return shards_[std::hash<UserId>{}(user) % kShards]; }
  static std::size_t mark_of(UserId user) { return std::hash<UserId>{}(user) / kShards % kMarks; }
  std::uint64_t newest_of_own(UserId user);
  void changed_here(UserId user);
  struct Looked {
    std::optional<Known> known;
    std::uint64_t mark = 0;
  };
  Looked look_up(UserId user, std::uint64_t term);
  void remember(UserId user, Known known, std::uint64_t mark);

  db::Database& database_;
  Agreement* agreement_;
  std::array<Shard, kShards> shards_;
  // In memory a revision is a number that was never used before in this process, so that a user who
  // was forgotten and came back cannot meet an old entry.
  std::atomic<std::uint64_t> next_{1};
  std::unique_ptr<bus::Bus::Subscription> changes_;  // null: nobody tells
};

}  // namespace ruck::cache

#pragma once
// What the router needs of a cache for routes marked `cached`: answers to a user's reads, keyed by
// the user's revision and, where they are about another user, by that user's as well.
#include "base/error.hpp"
#include "http/message.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ruck::http {

struct ResponseKey {
  UserId user;
  std::uint64_t revision = 0;
  std::uint64_t subject_revision = 0;  // of the user the answer is about, if it is another
  std::string_view target;             // path and query
};

class ResponseStore {
 public:
  virtual ~ResponseStore() = default;
  // Read before the answer is computed: a change in between makes what is stored unreachable.
  virtual task<Result<std::uint64_t>> revision(UserId user) = 0;
  virtual std::shared_ptr<const SharedBody> find(const ResponseKey& key, UtcUs now) = 0;
  // After a miss: what another server has made of it and shared. Null where there is none.
  virtual task<std::shared_ptr<const SharedBody>> find_shared(ResponseKey key, UtcUs now) = 0;
  virtual void store(const ResponseKey& key, UtcUs now, std::shared_ptr<const SharedBody> body) = 0;

  // Single flight: of several requests for one missing answer the first computes it and the others
  // wait. Nothing: the caller is the first and calls finish(), come what may. Otherwise what the
  // first one made; null if that came to nothing, then the caller makes its own.
  using Joined = std::optional<std::shared_ptr<const SharedBody>>;
  virtual task<Joined> join(ResponseKey key) = 0;
  virtual void finish(const ResponseKey& key, std::shared_ptr<const SharedBody> body) = 0;
};

}  // namespace ruck::http

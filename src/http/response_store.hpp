#pragma once
// What the router needs of a cache for routes marked `cached`: answers to a user's own reads, keyed
// by the user's revision.
#include "base/error.hpp"
#include "http/message.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace ruck::http {

struct ResponseKey {
  UserId user;
  std::uint64_t revision = 0;
  std::string_view target;  // path and query
};

class ResponseStore {
 public:
  virtual ~ResponseStore() = default;
  // Read before the answer is computed: a change in between makes what is stored unreachable.
  virtual task<Result<std::uint64_t>> revision(UserId user) = 0;
  virtual std::shared_ptr<const SharedBody> find(const ResponseKey& key, UtcUs now) = 0;
  virtual void store(const ResponseKey& key, UtcUs now, std::shared_ptr<const SharedBody> body) = 0;
};

}  // namespace ruck::http

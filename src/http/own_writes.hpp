#pragma once
// What the router needs for reads that may be answered by a copy of the database which is a little
// behind: who has just changed something reads it.
#include "base/ids.hpp"
#include "runtime/task.hpp"

#include <chrono>
#include <optional>

namespace ruck::http {

class OwnWrites {
 public:
  virtual ~OwnWrites() = default;
  // A read of this user must show what was committed before this moment; nothing: it cannot be
  // known, so only the newest will do.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> fresh_from(
      UserId user) = 0;
  // After a request of this user that may have changed something, before its reply: is back when
  // every server knows.
  [[nodiscard]] virtual task<> note(UserId user) = 0;
};

}  // namespace ruck::http

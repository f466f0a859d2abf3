#pragma once
// Rendered answers that one server has made, for the others: kept in Redis under the same key as in
// memory, so a change makes them unreachable there, too. A server that has none asks once, waits
// redis::kAskTime at most, and makes its own where there is nothing.
//
// They hold what their users may read, as the database does: Redis is to be as private as that.
#include "http/message.hpp"
#include "redis/client.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::cache {

// Of an answer with its compressed form. Larger ones are rare (whole tracks are in no cache), and
// would hold up what a core asks behind them.
inline constexpr std::size_t kSharedBytesMax = 256 << 10;

class SharedAnswers {
 public:
  struct Found {
    std::shared_ptr<const http::SharedBody> body;
    UtcUs made_at;
  };
  // `edition`: answers of another one are not understood, such as those of another version.
  SharedAnswers(redis::Client& client, std::string_view edition, std::chrono::seconds lifetime,
                telemetry::Metrics& metrics);

  // On a core. `key` may be any bytes. Null: nobody has it, or Redis does not say.
  [[nodiscard]] task<std::optional<Found>> find(std::string key);
  void store(std::string_view key, UtcUs made_at, const http::SharedBody& body);

 private:
  redis::Client& client_;
  const std::string prefix_;
  const std::string lifetime_ms_;
  telemetry::Counter& hits_;
  telemetry::Counter& misses_;
};

// What is kept of an answer, and back; nothing where it is not that.
[[nodiscard]] std::string to_bytes(UtcUs made_at, const http::SharedBody& body);
[[nodiscard]] std::optional<SharedAnswers::Found> from_bytes(std::string_view bytes);

}  // namespace ruck::cache

#pragma once
// How many watch a ruck, at all servers together: each says its own numbers to the others, those
// that have changed at each tick, and all of them now and then, for servers that have come since.
// What a server has said is forgotten when it says nothing any more.
//
// One for each core, of the rucks whose home that is; touched there only.
#include "base/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ruck::live {

inline constexpr std::string_view kWatching = "live.watching";  // topic of the bus

class Presence {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Said {
    RuckId ruck;
    std::uint32_t count = 0;
    friend bool operator==(const Said&, const Said&) = default;
  };
  struct Message {
    std::uint64_t server = 0;  // who says it; random
    std::vector<Said> said;
  };

  // How many watch it here.
  void set(RuckId ruck, std::uint32_t count);
  [[nodiscard]] std::size_t total(RuckId ruck) const;
  // At other servers, as far as they have said.
  [[nodiscard]] std::size_t elsewhere(RuckId ruck) const;

  // What another server says of a ruck. Whether that is another number.
  bool hear(std::uint64_t server, Said said, SteadyTime now);
  // Rucks of servers that say nothing any more.
  [[nodiscard]] std::vector<RuckId> forget(SteadyTime now);
  // What the others are to be told now.
  [[nodiscard]] std::vector<Said> due(SteadyTime now);

 private:
  struct Own {
    std::uint32_t count = 0;
    bool is_new = true;
  };
  struct Other {
    std::uint64_t server = 0;
    std::uint32_t count = 0;
    SteadyTime heard_at;
  };
  std::unordered_map<RuckId, Own> own_;
  std::unordered_map<RuckId, std::vector<Other>> others_;
  SteadyTime all_said_at_;
};

[[nodiscard]] std::string to_bytes(const Presence::Message& message);
// Nothing where the bytes are not that.
[[nodiscard]] std::optional<Presence::Message> message_from(std::string_view bytes);

}  // namespace ruck::live

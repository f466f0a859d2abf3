#pragma once
// What must have come to which device, and what did.
#include "db/database.hpp"
#include "http/json/tree.hpp"
#include "push/crowd.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ruck::test {

// Pushes that had been taken by the server, and whose end was not written, when it was killed: by
// device (its name) and notification, when that was, in milliseconds since 1970.
using InFlight = std::map<std::pair<std::string, std::string>, std::int64_t>;
// Of a database whose server was killed at that moment.
[[nodiscard]] InFlight in_flight_at_kill(db::Database& database, const Crowd& crowd,
                                         std::int64_t killed_at_ms);

struct PushVerdict {
  std::int64_t recorded = 0;     // notifications
  std::int64_t unrecorded = 0;   // acknowledged, and the owner or a follower was not told
  std::int64_t expected = 0;     // messages to devices that lived to the end
  std::int64_t delivered = 0;    // of those
  std::int64_t died = 0;         // devices
  std::int64_t kept = 0;         // of those, in the database though the server was told
  std::int64_t duplicates = 0;   // all of them
  std::int64_t answer_lost = 0;  // of those: the fake cut the answer to the one before
  std::int64_t in_flight = 0;    // of those: under way when the server was killed
  std::int64_t overtaken = 0;    // older than what had come with the same collapse key
  std::int64_t dead_letters = 0;
  std::vector<std::string> problems;

  [[nodiscard]] std::int64_t lost() const { return expected - delivered; }
  [[nodiscard]] std::int64_t unexcused() const { return duplicates - answer_lost - in_flight; }
  [[nodiscard]] bool is_clean() const;
};

[[nodiscard]] PushVerdict judge(db::Database& database, const Crowd& crowd,
                                const json::Tree& report, const InFlight& in_flight);

}  // namespace ruck::test

#pragma once
// Promises broken on purpose, to prove that tests would notice or that the program copes. Only a
// build with RUCK_TEST_BUILD knows them, and only if RUCK_TEST_SABOTAGE names one; everywhere else
// each is `false` at compile time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace ruck::sabotage {

enum class Promise : std::uint8_t {
  kAcknowledgeAfterCommit,  // ack-early: a batch is answered before it is written
  kStoreOnce,               // no-dedupe: what was sent again is stored again
  kSync,                    // no-fsync: a commit does not wait for the disk
  kMemoryToPack,            // no-memory: zlib and zstd get none
  kUpkeep,                  // no-upkeep: what is done again and again is not done
  kShed,                    // no-shedding: a core that is late refuses nobody
  kRunAtLeastOnce,          // job-once: a job's row goes before it runs
  kLease,                   // no-lease: a job that runs is taken again
};

#ifdef RUCK_TEST_BUILD
[[nodiscard]] inline bool breaks(Promise promise) {
  static const char* const named = std::getenv("RUCK_TEST_SABOTAGE");
  if (named == nullptr) return false;
  const std::string_view name = named;
  return (promise == Promise::kAcknowledgeAfterCommit && name == "ack-early") ||
         (promise == Promise::kStoreOnce && name == "no-dedupe") ||
         (promise == Promise::kSync && name == "no-fsync") ||
         (promise == Promise::kMemoryToPack && name == "no-memory") ||
         (promise == Promise::kUpkeep && name == "no-upkeep") ||
         (promise == Promise::kShed && name == "no-shedding") ||
         (promise == Promise::kRunAtLeastOnce && name == "job-once") ||
         (promise == Promise::kLease && name == "no-lease");
}
#else
[[nodiscard]] constexpr bool breaks(Promise) { return false; }
#endif

}  // namespace ruck::sabotage

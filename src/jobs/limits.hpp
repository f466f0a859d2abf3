#pragma once
// Bounds of the job queue.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::jobs {

// A payload names things; what is large has a table of its own.
inline constexpr std::size_t kPayloadBytesMax = 64 * 1024;
inline constexpr std::size_t kKeyBytesMax = 256;
inline constexpr std::size_t kErrorBytesMax = 500;  // of the last error, for operators

// Jobs taken in one unit of work: a sync or a round trip is shared by so many, and none of them
// holds the writer for long.
inline constexpr std::size_t kTakenAtOnceMax = 512;

// Where no notice comes (a process that died before it told, a pooler without LISTEN), a job is
// found this late at most.
inline constexpr auto kLookEvery = std::chrono::seconds(5);
// After jobs that were due were just being taken by another process.
inline constexpr auto kLookAgain = std::chrono::milliseconds(20);
// After a database that said no.
inline constexpr auto kPauseAfterFailure = std::chrono::seconds(1);

// Dead letters are kept so long for an operator to look at.
inline constexpr auto kDeadKept = std::chrono::hours(24 * 30);
inline constexpr std::int64_t kDeadRemovedAtOnce = 1000;  // rows of a unit of work

// Depth and age of the queue are counted this often, for metrics.
inline constexpr auto kCountEvery = std::chrono::seconds(15);

inline constexpr std::size_t kListedMax = 1000;  // rows of `ruck jobs list`

}  // namespace ruck::jobs

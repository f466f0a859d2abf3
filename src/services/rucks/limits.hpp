#pragma once
// Bounds of recording, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::rucks {

// ---- what comes in -----------------------------------------------------------------------------
inline constexpr std::size_t kPointsPerBatchMax = 100'000;   // a day at 1 Hz fits twice in 8 MiB
inline constexpr std::size_t kSamplesPerChunkMax = 100'000;  // heart rate, likewise
inline constexpr std::size_t kNamedProblemsMax = 50;         // of a batch, in its reply
inline constexpr auto kClockAhead = std::chrono::hours(1);   // a phone's clock may be wrong so much
inline constexpr double kLoadKgMax = 120;                    // nobody carries more
inline constexpr double kDistanceKmMax = 2000;               // of one ruck, as a phone claims it
inline constexpr std::int64_t kDurationSecondsMax = 2'592'000;  // 30 days (contract core §3.3)
inline constexpr std::size_t kTitleLengthMax = 200;  // characters: a line or two on a phone
inline constexpr std::size_t kClientSplitsMax = 2000;
inline constexpr std::size_t kEventsPerRuckMax = 2000;  // pauses and load changes
inline constexpr std::size_t kListLimitMax = 200;

// ---- what is kept ------------------------------------------------------------------------------
// A tail larger than this becomes a row of its own: below it a batch rewrites one row of under 2
// KiB.
inline constexpr std::size_t kTailBytesMax = 1024;
// Fix times remembered of a live ruck, to know a batch that is sent again without reading the
// track: two minutes at 1 Hz, ten as the phone samples, longer than its retries.
inline constexpr std::size_t kRecentTimesMax = 128;
// Points of a ruck altogether; a month at 1 Hz. More would only be an attack.
inline constexpr std::size_t kPointsPerRuckMax = 2'600'000;
inline constexpr std::size_t kPointsPerChunk = 100'000;  // of a merged track: a row of 400 KiB

// ---- batches that are appended, then merged (recent.hpp) ----------------------------------------
// A merge writes a row and mostly a chunk, some 20 KB of log and file: shared by this many batches.
// More of them would be more to read at a start and of each ruck that is looked at.
inline constexpr std::size_t kBatchesPerMerge = 32;
inline constexpr auto kRecentAge = std::chrono::minutes(6);   // of one who sends seldom
inline constexpr std::size_t kRecentRowsMax = 3'000'000;      // about 500 MB; then the oldest, too
inline constexpr auto kMergedKept = std::chrono::seconds(5);  // more than a read may last
inline constexpr std::size_t kMergesPerUnit = 16;             // half a millisecond of the writer
inline constexpr std::int64_t kDeletesPerUnit = 500;          // likewise
inline constexpr auto kMergeEvery = std::chrono::milliseconds(200);
// PostgreSQL (recent_partitions.hpp). A partition lives for as many periods as its batches need
// until they are merged by age, and one more.
inline constexpr auto kRecentPeriod = std::chrono::minutes(5);
inline constexpr std::int64_t kRecentPeriodsKept = 3;
inline constexpr auto kPartitionsEvery = std::chrono::seconds(10);   // how often they are looked at
inline constexpr auto kRecentPeriodKnown = std::chrono::minutes(1);  // what was seen then
inline constexpr std::int64_t kLeftoversPerUnit = 50;  // rucks that a process left when it died

// ---- what is live in memory ---------------------------------------------------------------------
inline constexpr std::size_t kLiveRucksMax = 130'000;        // about 3 KiB each
inline constexpr auto kLiveIdle = std::chrono::minutes(10);  // then it is read again when needed
inline constexpr int kAttemptsMax = 8;                       // of a change that met a newer version

// ---- late batches (late.hpp) --------------------------------------------------------------------
inline constexpr std::size_t kLatePointsMax = 4'000'000;  // that wait in memory: about 130 MiB
inline constexpr int kRetryLate_s = 5;
// At a time. Each keeps SQLite's one writer busy for a millisecond or more, and batches of those
// who never lost reception wait behind them.
inline constexpr std::size_t kMergesAtOnceSqlite = 2;
inline constexpr std::size_t kMergesAtOncePostgres = 4;

// ---- rucks that were left open ------------------------------------------------------------------
inline constexpr auto kOpenMax = std::chrono::hours(4);  // without any arrival (contract core §3.7)
inline constexpr auto kCloseEvery = std::chrono::minutes(1);  // how often they are looked for
inline constexpr std::int64_t kClosedAtOnceMax = 100;         // each merges one track

// ---- what others are shown, computed anew -------------------------------------------------------
inline constexpr auto kRefreshEvery = std::chrono::milliseconds(500);  // a look at a flag
inline constexpr int kRefreshLooks = 4;  // at the database, when something has changed
inline constexpr std::int64_t kRefreshLooksEvery = 60;   // and without it into the database
inline constexpr std::int64_t kRefreshedAtOnceMax = 50;  // owners
inline constexpr std::int64_t kRucksPerRefresh = 4;      // of one unit of work: some milliseconds

// ---- what counts --------------------------------------------------------------------------------
inline constexpr double kCoverageMin = 0.9;    // of the moving time, for points alone
inline constexpr double kRecordPaceMinKm = 3;  // a shorter ruck sets no record of pace
inline constexpr double kRecordLoadMinKm = 1;  // nor of load
inline constexpr double kLineToleranceM = 2;   // of the line on a map (science §4)
// And at least a recorded point so often: what others see is cut at recorded points, and a straight
// road would vanish with the door at its end.
inline constexpr double kLineGapMaxM = 50;
inline constexpr std::size_t kHeartRateShownMax = 400;  // contract core §3.6
inline constexpr std::int64_t kPhotosShownMax = 100;    // of one ruck; it has fewer
inline constexpr std::size_t kDetailsPointsMax = 500;   // contract core §3.2

}  // namespace ruck::rucks

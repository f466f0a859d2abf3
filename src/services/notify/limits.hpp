#pragma once
// Bounds of notifications, devices and pushes, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::notify {

// ---- what is kept ------------------------------------------------------------------------------
// Of one user; the oldest go. A list is read whole, since what may be shown is asked anew and
// what belongs together is put together: some milliseconds for so many.
inline constexpr std::int64_t kKeptMax = 300;
inline constexpr auto kKeptFor = std::chrono::days(90);     // a winter without rucking
inline constexpr auto kPruneEvery = std::chrono::hours(6);  // looks for older ones
inline constexpr std::int64_t kPrunedAtOnce = 500;          // rows: some milliseconds of a writer
inline constexpr int kPruneRoundsMax = 200;                 // of one run: 100,000 rows
inline constexpr std::int64_t kPerPage = 50;                // contract core §7
inline constexpr std::int64_t kPerPageMax = 100;            // contract core §7
inline constexpr std::int64_t kPageMax = kKeptMax;          // a page has one at least
inline constexpr std::size_t kWordsMax = 200;               // code points of a cheer

// ---- who is told -------------------------------------------------------------------------------
// Followers of a unit of work. Each is an insert, a look for older ones and a job for each device:
// together some ten milliseconds of SQLite's one writer.
inline constexpr std::int64_t kFollowersAtOnce = 100;
// Then the job gives its place to others, and is begun anew behind them.
inline constexpr int kFanOutStepsOfRun = 8;
// News of a start that is older is no news. A ruck that was recorded offline starts when it is
// uploaded.
inline constexpr auto kStartIsNews = std::chrono::hours(1);
// Of those who liked a ruck, and of those who commented on it, the latest are told what others do
// there: everybody to everybody would grow with the square of them.
inline constexpr std::int64_t kReactedMax = 50;

// ---- the weekly digest -------------------------------------------------------------------------
inline constexpr auto kDigestTime = std::chrono::hours(8);  // of Monday, on the user's own clock
// How often it is looked for whose time has come: zones differ by quarters of an hour.
inline constexpr auto kDigestsEvery = std::chrono::minutes(5);
// Users of a unit of work: an update and a job each, some milliseconds of a writer.
inline constexpr std::int64_t kDigestsPlannedAtOnce = 200;
inline constexpr int kDigestRoundsMax = 500;  // of one run: 100,000 users; the rest in the next
// One at a time, so that most threads for mails are left to those that people wait for.
inline constexpr std::size_t kDigestsSentAtOnce = 1;
inline constexpr std::int64_t kDigestAttemptsMax = 20;  // over about two hours

// ---- devices -----------------------------------------------------------------------------------
// Phones and browsers of one user; those used last stay. Each is one request to a push service.
inline constexpr std::int64_t kDevicesMax = 20;
inline constexpr std::size_t kTokenBytesMax = 4096;     // FCM's have about 160, and may grow
inline constexpr std::size_t kEndpointBytesMax = 2048;  // of a browser's push service
inline constexpr std::size_t kKeyTextMax = 256;         // p256dh has 87 characters, auth 22
inline constexpr std::size_t kDeviceIdMax = 200;

// ---- pushes ------------------------------------------------------------------------------------
// With waits that double from a second to a quarter of an hour, half of each on average: an outage
// of some twenty minutes is sat out.
inline constexpr std::int64_t kPushAttemptsMax = 12;
// Of one process; each waits for a reply. A service that takes a second still gets so many a
// second, and its host is allowed a few more (http::kOutboundUnderWayPerHostMax).
inline constexpr std::size_t kPushesAtOnce = 224;
// For one of the same group that is under way to the same device.
inline constexpr auto kOvertakingPause = std::chrono::seconds(1);
inline constexpr std::size_t kFanOutsAtOnce = 2;        // they share one writer with recording
inline constexpr std::size_t kEmailsAtOnce = 2;         // each blocks a thread
inline constexpr std::size_t kMailTokenMax = 200;       // ours have up to 95 characters
inline constexpr std::size_t kOneClickBytesMax = 4096;  // 26 as a form, some hundred in parts
inline constexpr std::int64_t kMinutesOfDay = 24 * 60;

}  // namespace ruck::notify

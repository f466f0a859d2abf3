#pragma once
// Bounds of live following, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::live {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Sockets
inline constexpr auto kAuthTime = seconds(10);       // from the upgrade to a good auth message
inline constexpr auto kRenewalNotice = seconds(60);  // told so long before a token expires
// A socket whose sign-in was ended is closed within this: 10,000 sockets look 1,000 times a second.
inline constexpr auto kSignInCheck = seconds(10);
inline constexpr std::size_t kSocketsPerUserMax = 10;   // phones, tablets, tabs of one person
inline constexpr std::size_t kTopicsPerSocketMax = 50;  // a screen shows fewer
inline constexpr int kMessagesPerWindowMax = 120;       // from one client, in kMessageWindow
inline constexpr auto kMessageWindow = seconds(10);
inline constexpr std::size_t kTopicBytesMax = 64;
inline constexpr auto kReconnectMin = milliseconds(500);     // after a restart, spread out:
inline constexpr auto kReconnectMax = milliseconds(10'000);  // 20,000 clients at 2,000 a second

// Rucks that are followed
inline constexpr std::size_t kSpotsMax = 1000;  // of a line in memory, 24 bytes each
inline constexpr double kSpacingMinM = 5;       // between them; doubles when they are too many
inline constexpr double kMeasureStepM = 20;  // of the shown length: the receiver's noise adds 1 %
inline constexpr std::size_t kUpdateSpotsMax = 20;       // of one update: more than a batch has
inline constexpr std::size_t kRoomsPerCoreMax = 20'000;  // about 28 KiB each
inline constexpr auto kRoomIdle = seconds(60);           // four polls of the mobile app
inline constexpr int kJoinAttemptsMax = 5;         // while access keeps changing under the question
inline constexpr int kReadAttemptsMax = 20;        // the same for a room; then it is closed
inline constexpr std::size_t kFanOutAtOnce = 256;  // sends before others have their turn: 2–3 ms
inline constexpr auto kTick = seconds(1);          // presence, at most so often

// What other instances change, where the bus may not tell it. A look asks the database about many
// rooms in one unit of work; docs/performance.md has what it costs.
inline constexpr auto kLookOften = seconds(3);  // the bus is not proven to work, or there is none
inline constexpr auto kLookSeldom =
    seconds(15);  // it works; another instance may be cut off from it
inline constexpr auto kUnseenMax = seconds(10);    // without an answer: then nothing is shown
inline constexpr std::size_t kRoomsPerLook = 100;  // a statement for the rooms, one for who watches
// Of a core, after a gap: the rest of the service needs the database as well.
inline constexpr std::size_t kReadAnewAtOnce = 4;

// How many watch, as servers tell each other.
inline constexpr auto kPresenceEvery = seconds(10);  // all of it, for servers that came later
inline constexpr auto kPresenceMax = seconds(30);    // a server that says nothing any more is gone
inline constexpr std::size_t kPresenceRucksMax = 100'000;  // of others, a core: about 10 MB
inline constexpr std::size_t kPresenceServersMax = 64;     // that have watchers of one ruck

// Cheers
inline constexpr std::size_t kCheerLengthMax = 200;  // code points, contract core §11
inline constexpr auto kCheerEvery = seconds(30);     // of one sender
inline constexpr std::int64_t kCheerDelayMaxMin = 24 * 60;
inline constexpr std::int64_t kCheersShownMax = 100;  // the latest
inline constexpr std::int64_t kDueAtOnce = 100;       // delayed ones, each kDueEvery
inline constexpr auto kDueEvery = seconds(5);

// Share links
inline constexpr std::size_t kLinksPerRuckMax = 20;
inline constexpr std::int64_t kLinkHoursMax = 7 * 24;
inline constexpr std::int64_t kLinkHoursUsual = 24;
inline constexpr std::size_t kLinkTokenBytes = 24;  // 192 random bits

}  // namespace ruck::live

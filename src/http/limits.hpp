#pragma once
// Every bound of the HTTP layer, with its unit and reason.
#include <chrono>
#include <cstddef>

namespace ruck::http {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Sizes
inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;     // request line and all fields
inline constexpr std::size_t kTargetBytesMax = 4 * 1024;      // longer addresses are mistakes
inline constexpr std::size_t kBodyBytesMax = 1 << 20;         // unless a route says more
inline constexpr std::size_t kIngestBodyBytesMax = 8 << 20;   // hours of points after a dead zone
inline constexpr std::size_t kReadBytes = 8 * 1024;           // first read of a connection
inline constexpr std::size_t kKeptBufferBytes = 64 * 1024;    // larger buffers go back when idle
inline constexpr std::size_t kPipelineBytesMax = 256 * 1024;  // answers gathered before a write
inline constexpr std::size_t kLingerBytesMax = 64 << 20;      // of a refused body, read and dropped
inline constexpr std::size_t kGzipBytesMin = 1024;  // smaller bodies fit one packet anyway
inline constexpr std::size_t kGzipOnCoreBytesMax = 128 * 1024;  // above: about 5 ms, off the core

// Times
inline constexpr auto kHeaderTime = seconds(15);  // from the first byte to the end of the fields
inline constexpr auto kIdleTime = seconds(75);    // between requests of one connection
inline constexpr auto kBodyTime = seconds(60);    // the client's own limit is 45 s a call
inline constexpr auto kWriteTime = seconds(60);   // a reader that takes nothing for so long is gone
inline constexpr auto kLingerTime = seconds(2);   // for a refused body to end
inline constexpr auto kWatchEvery = seconds(1);   // how often deadlines are looked at

// Overload (pressure.hpp)
inline constexpr auto kBeat = std::chrono::milliseconds(50);
inline constexpr auto kReadLagMax =
    std::chrono::milliseconds(300);               // a page that takes longer annoys
inline constexpr auto kWriteLagMax = seconds(3);  // well inside the 45 s a phone waits for a call

// Counts
inline constexpr std::size_t kConnectionsMax = 20'000;  // about 20 KiB each
inline constexpr std::size_t kPathParamsMax = 4;
inline constexpr std::size_t kSegmentsMax = 12;  // of a path

// Answers
inline constexpr int kRetryAfterOverloadSeconds = 2;

}  // namespace ruck::http

#pragma once
// Every bound of the HTTP layer, with its unit and reason.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::http {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Sizes
inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;        // request line and all fields
inline constexpr std::size_t kTargetBytesMax = 4 * 1024;         // longer addresses are mistakes
inline constexpr std::size_t kBodyBytesMax = 1 << 20;            // unless a route says more
inline constexpr std::size_t kStrangerBodyBytesMax = 64 * 1024;  // without a token: forms are small
inline constexpr std::size_t kIngestBodyBytesMax = 8 << 20;   // hours of points after a dead zone
inline constexpr std::size_t kReadBytes = 8 * 1024;           // first read of a connection
inline constexpr std::size_t kKeptBufferBytes = 64 * 1024;    // larger buffers go back when idle
inline constexpr std::size_t kPipelineBytesMax = 256 * 1024;  // answers gathered before a write
// Between the bytes of a chunked body: one line with its extensions, or all trailers. Beyond this
// and eight bytes for each of the body's (a chunk of one byte takes five), the framing is an
// attack.
inline constexpr std::size_t kFramingBytesMax = 16 * 1024;
inline constexpr std::size_t kBodyPieceBytesMax = 256 * 1024;  // of a body that is pulled
// All bodies under way together, in MiB: 32 of the largest batches, or five of the largest files.
inline constexpr std::int64_t kBodyMemoryMb = 256;
// A refused body this small is read and dropped, so that the connection may stay.
inline constexpr std::size_t kDroppedBytesMax = 64 * 1024;
inline constexpr std::size_t kLingerBytesMax = 64 << 20;  // of a larger one: the largest there is
// Recorders' JSON and XML pack 10 to 25 times, a phone that lies still 60; a bomb 1,000 times.
inline constexpr std::size_t kUnpackRatioMax = 100;
inline constexpr std::size_t kUnpackFreeBytes = 256 * 1024;  // before the ratio counts
inline constexpr std::size_t kGzipBytesMin = 1024;           // smaller bodies fit one packet anyway
inline constexpr std::size_t kGzipOnCoreBytesMax = 128 * 1024;  // above: about 5 ms, off the core

// Times
inline constexpr auto kHandshakeTime = seconds(10);  // of TLS; two round trips
// From the first byte to the end of the fields; of a new connection, from its start.
inline constexpr auto kHeaderTime = seconds(15);
inline constexpr auto kIdleTime = seconds(75);    // between requests of one connection
inline constexpr auto kBodyTime = seconds(60);    // the client's own limit is 45 s a call
inline constexpr auto kStreamTime = minutes(10);  // of a body in pieces, none later than kBodyTime
// From the last byte of a request: what it asks of the database later is not begun, and the client
// is told to come again. Longer than an upload waits for its photos (10 s), and within the 45 s a
// phone waits for a call. The setting request_seconds.
inline constexpr auto kRequestTime = seconds(30);
inline constexpr auto kWriteTime = seconds(60);  // a reader that takes nothing for so long is gone
inline constexpr auto kLingerTime = seconds(2);  // for a refused body to end
inline constexpr auto kWatchEvery = seconds(1);  // how often deadlines are looked at

// WebSockets
inline constexpr std::size_t kSocketMessageBytesMax = 4 * 1024;  // clients send short commands
inline constexpr std::size_t kSocketQueueBytesMax = 64 * 1024;   // waiting for one slow reader
inline constexpr std::size_t kFragmentsMax = 64;       // of one message; empty ones are no bytes
inline constexpr int kSocketKernelBytes = 32 * 1024;   // send buffer; the kernel doubles it
inline constexpr auto kSocketPingAfter = seconds(30);  // of silence; below what proxies cut at
inline constexpr auto kSocketIdleTime = seconds(75);   // of silence, pings unanswered: gone
inline constexpr auto kSocketWriteTime = seconds(20);  // a reader that takes nothing is gone
// For the other side's close frame. Who closes before has what they still send answered by a reset,
// and they may lose the code with it: a phone on a bad network needs some seconds.
inline constexpr auto kSocketCloseTime = seconds(10);
inline constexpr auto kSocketDrainTime = seconds(2);  // the same while the server stops

// Overload (pressure.hpp)
inline constexpr auto kBeat = std::chrono::milliseconds(50);
inline constexpr auto kReadLagMax =
    std::chrono::milliseconds(300);               // a page that takes longer annoys
inline constexpr auto kWriteLagMax = seconds(3);  // well inside the 45 s a phone waits for a call

// Counts
inline constexpr std::size_t kConnectionsMax = 20'000;  // about 20 KiB each
// Of one address, of all places: an office, a club or a carrier's shared address is many people.
inline constexpr std::size_t kPlacesShare = 4;
inline constexpr std::size_t kPlacesPerAddressMin = 16;
// Of an address's places, for connections that have not asked anything yet.
inline constexpr std::size_t kSilentShare = 8;
inline constexpr std::size_t kSilentPerAddressMin = 8;
inline constexpr std::size_t kSilentPerAddressMax = 256;
inline constexpr std::size_t kPathParamsMax = 4;
inline constexpr std::size_t kSegmentsMax = 12;  // of a path

// Answers
inline constexpr int kRetryAfterOverloadSeconds = 2;

}  // namespace ruck::http

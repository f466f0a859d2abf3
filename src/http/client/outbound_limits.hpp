#pragma once
// Every bound of requests to others, with its unit and reason. What a request asks for itself
// (total_max, reply_bytes_max) is in outbound.hpp.
#include <chrono>
#include <cstddef>

namespace ruck::http {

// Times
// Name, TCP and TLS together: four round trips, one lost packet of each.
inline constexpr auto kOutboundConnectTime = std::chrono::seconds(10);
// Not a byte in either direction. Push services answer within a second.
inline constexpr auto kOutboundIdleTime = std::chrono::seconds(15);
// Of one request, whatever it asks for: the largest medium over a slow line.
inline constexpr auto kOutboundTotalTimeMax = std::chrono::minutes(5);
// Before a request is sent again: long enough for a restarting process to listen.
inline constexpr auto kOutboundRetryPause = std::chrono::milliseconds(200);
// A connection that was idle for so long is not used again: balancers drop them in silence.
inline constexpr auto kOutboundKeptTime = std::chrono::seconds(60);
// Of a Retry-After; a longer wait is a mistake, or a way to switch us off.
inline constexpr auto kRetryAfterMax = std::chrono::hours(24);

// Sizes
inline constexpr std::size_t kOutboundUrlBytesMax = 8 * 1024;    // signed URLs are 2 KiB
inline constexpr std::size_t kOutboundHeadBytesMax = 32 * 1024;  // of a reply, trailers included
inline constexpr std::size_t kOutboundReplyBytesMax = std::size_t{64} << 20;  // whatever is asked

// Counts
inline constexpr std::size_t kOutboundUnderWayMax = 512;         // about 25 KiB each
inline constexpr std::size_t kOutboundUnderWayPerHostMax = 256;  // one host must not take all
inline constexpr long kOutboundConnectionsMax = 64;
inline constexpr long kOutboundConnectionsPerHostMax = 4;  // HTTP/2 carries 100 requests on each
inline constexpr long kOutboundConnectionsKept = 32;       // idle ones
inline constexpr int kOutboundSendsMax = 2;                // the first and one more
inline constexpr std::size_t kOutboundHostLabelsMax = 16;  // of metrics; the rest is "other"

// Circuit breaker (circuit_breaker.hpp)
inline constexpr int kCircuitFailuresMax = 5;  // one after the other: no chance, but an outage
inline constexpr auto kCircuitOpenTime = std::chrono::seconds(30);
// The requests of a connection that breaks fail within one turn of the thread that has them.
inline constexpr auto kCircuitMoment = std::chrono::milliseconds(100);
inline constexpr std::size_t kCircuitHostsMax = 1024;  // with failures; 200 bytes each

}  // namespace ruck::http

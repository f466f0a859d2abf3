#pragma once
// Bounds of what is asked of Redis, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::redis {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::uint16_t kUsualPort = 6379;
inline constexpr std::size_t kHostsMax = 16;  // of one address: a primary and its replicas
inline constexpr int kDatabaseMax = 999'999;  // Redis has 16 unless told otherwise

// That the bus works is proven by a beat that comes back: four beats may be late.
inline constexpr auto kBeatEvery = milliseconds(500);
inline constexpr auto kProofMax = seconds(2);     // an older proof is none: Redis is gone or hangs
inline constexpr auto kConnectTime = seconds(2);  // from the first packet to the first proof
// Another instance whose beats do not come any more is gone. Longer than kProofMax: by then it does
// not believe in the bus any more, so nobody need wait for it.
inline constexpr auto kPeerMax = seconds(3);
// All of them have heard something, or nobody can say. Usual is under a millisecond.
inline constexpr auto kHeardMax = milliseconds(100);
inline constexpr auto kTick = milliseconds(100);  // how exactly these times are kept

// Between attempts to connect: doubled each time, and each somewhere between half of it and all of
// it, so that many instances do not come back at one moment.
inline constexpr auto kReconnectMin = milliseconds(200);
inline constexpr auto kReconnectMax = milliseconds(5'000);

// Published and not taken by Redis yet: more than is published in kProofMax (30,000 positions of
// 300 bytes a second). Beyond it the connection is given up, as if Redis hung.
inline constexpr std::size_t kUnsentBytesMax = 32U << 20U;
// At the end Redis gets this long to take what was published before it.
inline constexpr auto kFlushTime = milliseconds(500);
inline constexpr auto kFlushLook = milliseconds(5);
inline constexpr std::size_t kTopicsAtOnce = 500;    // of one SUBSCRIBE: 25 KB
inline constexpr std::size_t kReasonBytesMax = 120;  // of what Redis says, in a log line

// A question is answered within this time, or whoever asked goes on without. Usual is 0.1 ms.
inline constexpr auto kAskTime = milliseconds(5);
// A connection whose answers are this late is made anew.
inline constexpr auto kAskHung = seconds(2);
inline constexpr std::size_t kAskedMax =
    10'000;  // unanswered, of a core: 5 ms of 2,000,000 a second
inline constexpr auto kAskLogEvery = seconds(60);  // that questions are not answered, at most

}  // namespace ruck::redis

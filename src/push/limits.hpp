#pragma once
// Bounds of pushes, with their reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::push {

// ---- Web Push ----------------------------------------------------------------------------------

// A push service need not take a longer body (RFC 8030 section 7.2); so one record is all there is.
inline constexpr std::size_t kRecordBytes = 4096;
// What is left of it behind the header (86 bytes), the tag (16) and the delimiter (1).
inline constexpr std::size_t kPlaintextBytesMax = 3993;
// Those of the services there are have 100 to 800.
inline constexpr std::size_t kEndpointBytesMax = 2048;
// RFC 8030 section 5.4.
inline constexpr std::size_t kTopicCharactersMax = 32;
// RFC 8292 section 2 allows 24 hours; half of it leaves room for clocks that differ.
inline constexpr auto kVapidLifetime = std::chrono::hours(12);
// A token is used until so long before its end.
inline constexpr auto kVapidMargin = std::chrono::minutes(10);
// Tokens kept, one an origin: there are four push services, the rest is what people make up.
inline constexpr std::size_t kVapidOriginsMax = 64;

// ---- Firebase Cloud Messaging ------------------------------------------------------------------

inline constexpr std::size_t kFcmPayloadBytesMax = 4096;  // notification and data of a message
inline constexpr std::size_t kFcmTokenBytesMax = 4096;    // those there are have about 160
inline constexpr std::size_t kApnsCollapseIdBytesMax = 64;
// Of a project: 600,000 messages a minute. A tenth is left for what others of it send, and for
// minutes that are not counted from where we count.
inline constexpr std::int64_t kFcmQuotaPerMinute = 600'000;
inline constexpr std::int64_t kFcmMessagesPerMinute = 540'000;
inline constexpr std::int64_t kFcmBurst = 9'000;  // at once: what one second allows
static_assert(kFcmMessagesPerMinute + kFcmBurst < kFcmQuotaPerMinute);
// Without a Retry-After: what Firebase asks for after QUOTA_EXCEEDED.
inline constexpr auto kQuotaWaitMin = std::chrono::seconds(60);

// ---- Google's access tokens --------------------------------------------------------------------

inline constexpr auto kAssertionLifetime = std::chrono::hours(1);  // the longest Google takes
inline constexpr auto kGoogleTokenLifetimeMax = std::chrono::minutes(55);
// A token is replaced so long before its end, so that none runs out on the way.
inline constexpr auto kGoogleTokenMargin = std::chrono::minutes(5);
// A younger one is not replaced because of a 401: another would be answered the same, and thousands
// of messages would each fetch one.
inline constexpr auto kGoogleTokenAgeMin = std::chrono::seconds(60);
inline constexpr auto kTokenBackoffFirst = std::chrono::seconds(1);  // doubled each time
inline constexpr auto kTokenBackoffMax = std::chrono::minutes(5);
inline constexpr std::size_t kGoogleTokenBytesMax = 8192;       // those there are have 200 to 2048
inline constexpr std::size_t kCredentialsBytesMax = 64 * 1024;  // of the file; one has 2,400
inline constexpr std::size_t kRsaBitsMin = 2048;                // RFC 7518 section 3.3

// ---- both --------------------------------------------------------------------------------------

inline constexpr auto kTtlMax = std::chrono::seconds(2'419'200);  // 28 days, of both services
// A phone shows about 65 characters of a title.
inline constexpr std::size_t kTitleBytesMax = 256;
// Longer waits that a service asks for are cut: by then the message is of no interest.
inline constexpr auto kRetryAfterMax = std::chrono::hours(1);
inline constexpr std::size_t kReplyBytesMax = 16 * 1024;  // an answer says little
inline constexpr std::size_t kReasonWordBytesMax = 48;    // "THIRD_PARTY_AUTH_ERROR"
inline constexpr auto kSendTimeMax = std::chrono::seconds(20);

}  // namespace ruck::push

#pragma once
// Bounds of sign-in, with their reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::auth {

// The mobile app treats a token as expiring 30 s before its end and refuses a refreshed one that
// has less than 60 s left (contract core §0): an hour leaves it plenty.
inline constexpr auto kAccessLifetime = std::chrono::hours(1);
// A sign-in that is not used for so long ends. Ruckers take a winter off.
inline constexpr auto kSessionLifetime = std::chrono::days(90);
// The app retries a refresh whose reply was lost, with back-offs up to 30 s (contract core §1.2).
// A walk, or a week in the mountains, after a reply that was lost at the trailhead.
inline constexpr auto kRefreshGrace = std::chrono::days(7);
inline constexpr auto kResetLifetime = std::chrono::hours(1);

// The password need not be given again so soon after signing in.
inline constexpr auto kFreshSignIn = std::chrono::minutes(10);
// The link that confirms a new address: a mailbox is not looked at every hour.
inline constexpr auto kEmailChangeLifetime = std::chrono::hours(24);
// An account that is deleted is hidden at once and gone after this: time to find the mail.
inline constexpr auto kDeletionDelay = std::chrono::days(7);
// Mails with a link for a new password: each waits for a mail server. Attempts over a quarter of an
// hour, since people wait for it.
inline constexpr std::size_t kResetMailsAtOnce = 2;
inline constexpr std::int64_t kResetMailAttempts = 8;
inline constexpr auto kResetMailPause = std::chrono::seconds(5);
// Mails about an account: nobody asks for them again where they do not come, so they are tried for
// half a day, in which a mail server comes back. Of each kind few at a time: each waits for it.
inline constexpr std::size_t kAccountMailsAtOnce = 2;
inline constexpr std::int64_t kAccountMailAttempts = 100;
inline constexpr auto kAccountMailPause = std::chrono::seconds(5);
inline constexpr auto kFinaliseEvery = std::chrono::minutes(1);  // deletions whose time has come
inline constexpr std::int64_t kDeletedAtOnceMax = 20;            // each takes all rucks of a user

inline constexpr std::size_t kPasswordLengthMin = 8;    // NIST SP 800-63B
inline constexpr std::size_t kPasswordBytesMax = 1024;  // hashing more is only a way to waste time
inline constexpr std::size_t kUserAgentBytesMax = 200;  // kept to tell one's devices apart
inline constexpr std::size_t kTokenBytesMax = 4096;     // of a token somebody sends us
// Remembered as ended while their access tokens run: 3 MB. Beyond, tokens end by themselves.
inline constexpr std::size_t kEndedSessionsMax = 65'536;
// A device that has not been used for so long is a stranger again. As long as a sign-in lasts.
inline constexpr auto kDeviceLifetime = std::chrono::days(90);
inline constexpr std::int64_t kDevicesMax = 40;         // marks of one user: a device has up to two
inline constexpr std::int64_t kSessionsShownMax = 100;  // of one user; the latest
inline constexpr std::size_t kKeysMax = 16;             // signing keys known at a time

// A key signs for this long; then a new one is made.
inline constexpr auto kKeyRotation = std::chrono::days(90);
// A new key only verifies at first, until every instance has read it.
inline constexpr auto kKeyWarmUp = std::chrono::minutes(15);
// So long another instance's new key and ended sign-ins may be unknown: two reads by an index.
inline constexpr auto kTokenReload = std::chrono::seconds(5);

}  // namespace ruck::auth

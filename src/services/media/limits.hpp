#pragma once
// Bounds of photos and avatars, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::photos {

// ---- what comes in -----------------------------------------------------------------------------
inline constexpr std::size_t kFilesMax = 5;             // of one upload (contract core §6)
inline constexpr std::size_t kFileBytesMax = 10 << 20;  // the app sends 5 MB; a camera's JPEG is 8
inline constexpr std::size_t kFormExtraBytes =
    64 * 1024;  // fields, heads and boundaries around them
inline constexpr std::size_t kUploadBytesMax = kFilesMax * kFileBytesMax + kFormExtraBytes;
inline constexpr std::size_t kAvatarFormBytesMax = kFileBytesMax + kFormExtraBytes;
// The same as JSON, where four characters of base64 are three bytes.
inline constexpr std::size_t kAvatarTextMax = kFileBytesMax / 3 * 4 + 1024;
inline constexpr std::size_t kFieldBytesMax = 8 * 1024;  // of a field beside the files
inline constexpr std::size_t kAltTextLengthMax = 1000;   // characters; what a screen reader reads
inline constexpr std::size_t kFilenameLengthMax = 200;   // characters; file systems have 255 bytes
inline constexpr std::int64_t kPhotosPerRuck = 30;       // a gallery, not an archive

// A phone waits 25 s for an upload (contract core §6); half of it may go to the network.
inline constexpr auto kWaitMax = std::chrono::seconds(10);
inline constexpr auto kWaitLook = std::chrono::milliseconds(100);  // a decode takes 0.3 s and more
inline constexpr int kRetryWaiting_s = 5;

// ---- what is made of it ------------------------------------------------------------------------
inline constexpr int kLargePixels = 2048;      // longer side: a full screen of a tablet
inline constexpr int kMediumPixels = 1024;     // longer side: a phone, a card of the feed
inline constexpr int kSmallPixels = 320;       // a square: a thumbnail on a dense screen
inline constexpr int kAvatarPixels = 400;      // a square: the head of a profile
inline constexpr int kAvatarSmallPixels = 96;  // a square: beside a name in a list

// ---- where it was taken ------------------------------------------------------------------------
inline constexpr double kPlaceMaxM =
    50;  // from the line that is seen (docs/decisions/0007-media.md)

// ---- addresses ---------------------------------------------------------------------------------
// An address that is signed ends between one period's rest and an hour more: it stays the same for
// hours, so that a client's cache finds it, and is of no use to anybody a day later.
inline constexpr auto kSignedFor = std::chrono::hours(1);     // at least
inline constexpr auto kSignedPeriod = std::chrono::hours(6);  // ends fall on multiples of it
inline constexpr auto kPublicAge = std::chrono::hours(24);  // in shared caches, of a public ruck's
inline constexpr auto kAvatarAge =
    std::chrono::hours(24 * 365);                           // another picture, another address
inline constexpr auto kPrivateAge = std::chrono::hours(1);  // in the cache of who may see it now

// ---- jobs --------------------------------------------------------------------------------------
inline constexpr std::int64_t kProcessAttemptsMax = 6;
// Until an operator looks: what stays is blobs that nobody reaches.
inline constexpr std::int64_t kRemoveAttemptsMax = 100;
// A decode takes a core. Not more than half of them: on two cores two decodes at a time made the
// slowest hundredth of the location batches twice as slow.
inline constexpr std::size_t kProcessAtOnceMax = 2;
inline constexpr auto kTidyEvery = std::chrono::hours(1);
inline constexpr auto kUnfinishedKept = std::chrono::hours(24);  // waiting in vain, or refused
inline constexpr auto kIncomingKept = std::chrono::hours(25);    // then no photo waits for it
inline constexpr std::size_t kListedAtOnce = 500;  // blobs, of one question to the store
inline constexpr std::int64_t kRowsAtOnce = 200;   // of one unit of work

inline constexpr auto kFullLogEvery = std::chrono::minutes(1);

}  // namespace ruck::photos

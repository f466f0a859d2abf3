#pragma once
// Every bound of the media module, with its unit and reason.
#include <chrono>
#include <cstddef>

namespace ruck::media {

// ---- pictures -----------------------------------------------------------------------------------

// Of the file as it was sent. The largest photos of phones have 12 MB, of cameras 25.
inline constexpr std::size_t kInputBytesMax = std::size_t{64} << 20;
// Phones have 12 and sometimes 48 megapixels. Beyond it a file is a scan, or a bomb.
inline constexpr long kPixelsMax = 50'000'000;
inline constexpr int kSideMax = 30'000;  // WebP ends at 16,383, JPEG at 65,535; panoramas are wide
// Of an animated WebP, whose first is shown. Every frame is looked at before the first is decoded.
inline constexpr int kFramesMax = 1'000;
// Of what is encoded: 16,383 is where WebP ends, and nobody shows more than this.
inline constexpr int kWantedPixelsMax = 8'192;
inline constexpr std::size_t kWantedSizesMax = 8;
inline constexpr std::size_t kNameBytesMax = 32;  // of a size

// How the sizes are encoded. Measured with photos of 8 megapixels (docs/performance.md).
inline constexpr int kJpegQuality = 82;
inline constexpr int kWebpQuality = 78;
inline constexpr int kWebpEffort = 2;  // of 0 to 6; 4 takes 0.15 s more for 7 % fewer bytes
inline constexpr int kAvifQuality = 50;
inline constexpr int kAvifEffort = 1;  // of 0 to 9

// ---- the process that decodes one ---------------------------------------------------------------

// Two keep a small machine busy with what is left over, and take 1.5 GiB at the very worst.
inline constexpr std::size_t kImagesAtOnce = 2;
// More than jobs run at once; beyond it something is wrong.
inline constexpr std::size_t kImagesWaitingMax = 256;
// Of processor time: 10 times what 50 megapixels take.
inline constexpr auto kImageCpuTime = std::chrono::seconds(30);
// Of the clock. On a machine whose processors are all busy the lowest priority gets a few percent.
inline constexpr auto kImageWallTime = std::chrono::minutes(3);
// Resident. A progressive JPEG of 50 megapixels is the worst that is no attack, with about 450 MiB.
inline constexpr std::size_t kImageResidentMax = std::size_t{768} << 20;
// Address space, libraries and stacks included, which the kernel itself holds it to.
inline constexpr std::size_t kImageAddressSpaceMax = std::size_t{3} << 30;
inline constexpr auto kImageWatchEvery = std::chrono::milliseconds(50);
// The request as JSON; it must fit a pipe (64 KiB), into which it is put before anybody reads.
inline constexpr std::size_t kImageRequestBytesMax = 16 * 1024;
// The reply: every size in three formats.
inline constexpr std::size_t kImageReplyBytesMax = std::size_t{48} << 20;
inline constexpr std::size_t kImageReplyHeadBytesMax = 64 * 1024;
inline constexpr int kImageOpenFilesMax = 64;  // libraries are opened one after the other
inline constexpr int kImageNice = 19;

// ---- where blobs are kept -----------------------------------------------------------------------

inline constexpr std::size_t kBlobBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kListedMax = 10'000;   // entries of one call of list()
inline constexpr std::size_t kFolderDepthMax = 16;  // parts of a key

// S3
inline constexpr auto kS3Time = std::chrono::minutes(2);    // of a request: 64 MiB at 5 Mbit/s
inline constexpr std::size_t kS3ListedMax = 1'000;          // of one request; the protocol's own
inline constexpr std::size_t kS3ListBytesMax = 2 << 20;     // of the XML with a thousand keys
inline constexpr std::size_t kS3ErrorBytesMax = 64 * 1024;  // of an error's XML
inline constexpr std::size_t kS3CodeBytesMax = 64;          // of "SlowDown", for operators

}  // namespace ruck::media

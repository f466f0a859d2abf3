#pragma once
// How points and heart-rate samples are stored: blocks of columns.
//
//   block   := kind:u8  columns:u8  count:varint  body_size:varint  body  crc32c:u32
//   body    := time lat lng [altitude] [accuracy] [speed]        (points)
//            | time bpm                                          (heart rate)
//   column  := [presence bitmap] values
//   values  := varint...                                         (a short block)
//            | shape:u8 low bits, packed  high parts as varint...  (a long block)
//
// Values are zigzagged differences: time, latitude and longitude against a prediction (their last
// difference, so a delta of deltas; or a slow mean of them, where the fixes are noisy), the others
// against the value before. All arithmetic is modulo 2^64, so every integer round-trips, whatever
// its neighbours are. `columns` says which optional columns exist and whether they have holes; an
// absent column costs nothing.
//
// A block is delimited by itself, so the tail of a live ruck is blocks one after the other, and it
// carries a checksum over all of it: a damaged block is an error, never wrong points. When a ruck
// completes, its blocks are merged into one long block and compressed with a general compressor. A
// long block helps that compressor: the low bits of a noisy column are as good as random, so they
// are packed apart and leave small numbers of few kinds to the varints. Measured sizes are in
// README.md.
#include "rucking/track_point.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::rucking {

// Three days at 1 Hz. It bounds what a decoder allocates for one block: 6 MiB.
inline constexpr std::size_t kMaxSamplesPerBlock = std::size_t{1} << 18;

enum class CodecError : std::uint8_t {
  kTruncated,    // the bytes end before the block does
  kUnknownKind,  // not a block of this kind, or of a later version
  kTooLong,      // more than kMaxSamplesPerBlock
  kDamaged,      // checksum or structure wrong
};

// Append `points` to `out` as one block (several above kMaxSamplesPerBlock, none for no points).
void append_block(std::string& out, std::span<const TrackPoint> points);
void append_block(std::string& out, std::span<const HeartRateSample> samples);

// Decode the first block of `bytes`, append its contents to `out`, and return how many bytes it
// took. On an error `out` is as before.
[[nodiscard]] std::expected<std::size_t, CodecError> decode_block(std::string_view bytes,
                                                                  std::vector<TrackPoint>& out);
[[nodiscard]] std::expected<std::size_t, CodecError> decode_block(
    std::string_view bytes, std::vector<HeartRateSample>& out);

// Decode blocks one after the other to the end of `bytes`.
[[nodiscard]] std::expected<std::vector<TrackPoint>, CodecError> decode_points(
    std::string_view bytes);
[[nodiscard]] std::expected<std::vector<HeartRateSample>, CodecError> decode_heart_rate(
    std::string_view bytes);

}  // namespace ruck::rucking

#include "services/rucks/track/packing.hpp"

#include "base/assert.hpp"
#include "base/sabotage.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace ruck::rucks {
namespace {
constexpr int kFinishedLevel = 15;  // once a ruck: 5 ms for four hours at 1 Hz, 3 % smaller than 3
constexpr int kLiveLevel = 1;       // again with each late batch: a tenth of the time
constexpr std::size_t kUnpackedBytesMax = 16 << 20;  // several times the largest chunk we write

// What zstd returned. That it had no memory says nothing about the data: std::bad_alloc.
std::size_t unless_out_of_memory(std::size_t returned) {
  if (sabotage::breaks(sabotage::Promise::kMemoryToPack) ||
      ZSTD_getErrorCode(returned) == ZSTD_error_memory_allocation) {
    throw std::bad_alloc();
  }
  return returned;
}
}  // namespace

std::string pack(std::string_view blocks, Packing packing) {
  std::string out(ZSTD_compressBound(blocks.size()), '\0');
  const std::size_t size = unless_out_of_memory(
      ZSTD_compress(out.data(), out.size(), blocks.data(), blocks.size(),
                    packing == Packing::kFinished ? kFinishedLevel : kLiveLevel));
  RUCK_ASSERT(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

Result<std::string> unpack(std::string_view packing, std::string_view data) {
  if (packing == kPackingBlocks) return std::string(data);
  const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
  const bool is_known = size != ZSTD_CONTENTSIZE_ERROR && size != ZSTD_CONTENTSIZE_UNKNOWN;
  if (packing != kPackingZstd || !is_known || size > kUnpackedBytesMax) {
    return fail(
        Error{.code = ErrorCode::kDamagedData, .detail = "track chunk is not a zstd frame"});
  }
  std::string out(size, '\0');
  const std::size_t written =
      unless_out_of_memory(ZSTD_decompress(out.data(), out.size(), data.data(), data.size()));
  if (ZSTD_isError(written) != 0 || written != size) {
    return fail(Error{.code = ErrorCode::kDamagedData, .detail = "track chunk cannot be unpacked"});
  }
  return out;
}

}  // namespace ruck::rucks

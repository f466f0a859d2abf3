#include "http/compress.hpp"

#include "base/assert.hpp"
#include "base/sabotage.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace ruck::http {
namespace {
constexpr int kLevel = 5;             // within 2 % of the smallest at half the time, on our JSON
constexpr int kGzipWindow = 15 + 16;  // 32 KiB window, gzip header
constexpr std::size_t kStepBytes = 64 * 1024;

Bytef* input_of(std::string_view bytes) {
  // zlib does not write through this pointer; its interface predates const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

void* no_memory(void*, uInt, uInt) { return nullptr; }

// Asks for memory when it is made, and for none later. Throws std::bad_alloc.
class Deflater {
 public:
  Deflater() {
    if (sabotage::breaks(sabotage::Promise::kMemoryToPack)) stream_.zalloc = no_memory;
    const int code = deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    RUCK_ASSERT(code == Z_OK);
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  [[nodiscard]] std::string pack(std::string_view bytes) {
    std::string out(deflateBound(&stream_, bytes.size()), '\0');
    stream_.next_in = input_of(bytes);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    RUCK_ASSERT(deflate(&stream_, Z_FINISH) == Z_STREAM_END);
    out.resize(stream_.total_out);
    return out;
  }

 private:
  z_stream stream_{};
};
}  // namespace

std::string gzip(std::string_view bytes) {
  try {
    return Deflater().pack(bytes);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
  z_stream stream{};
  RUCK_ASSERT(inflateInit2(&stream, kGzipWindow) == Z_OK);
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK && out.size() <= bytes_max) {
    const std::size_t had = out.size();
    out.resize(std::min(had + kStepBytes, bytes_max + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(out.size() - had);
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > bytes_max) {
    return fail(ErrorCode::kPayloadTooLarge, "The unpacked body is too large");
  }
  if (code != Z_STREAM_END) {
    return fail(ErrorCode::kMalformedRequest, "The body is not valid gzip");
  }
  return out;
}

}  // namespace ruck::http

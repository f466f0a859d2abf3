#include "http/compress.hpp"

#include "base/assert.hpp"
#include "base/sabotage.hpp"
#include "http/limits.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace ruck::http {
namespace {
constexpr int kLevel = 5;             // within 2 % of the smallest at half the time, on our JSON
constexpr int kGzipWindow = 15 + 16;  // 32 KiB window, gzip header

Bytef* input_of(std::string_view bytes) {
  // zlib does not write through this pointer; its interface predates const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

void* no_memory(void*, uInt, uInt) { return nullptr; }

// 503, never 4xx: a phone sends the same bytes again.
Error no_memory_now() {
  return {.code = ErrorCode::kOverloaded, .retry_after_s = kRetryAfterOverloadSeconds};
}

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

struct Inflater::Stream {
  z_stream z{};
  bool is_ready = false;  // false: there was no memory for it
};

Inflater::Inflater(Limits limits) : limits_(limits), stream_(std::make_unique<Stream>()) {
  if (sabotage::breaks(sabotage::Promise::kMemoryToPack)) stream_->z.zalloc = no_memory;
  stream_->is_ready = inflateInit2(&stream_->z, kGzipWindow) == Z_OK;
}

Inflater::~Inflater() { inflateEnd(&stream_->z); }

void Inflater::give(std::string packed) {
  RUCK_ASSERT(wants_input());
  packed_ = std::move(packed);
  packed_total_ += packed_.size();
  stream_->z.next_in = input_of(packed_);
  stream_->z.avail_in = static_cast<uInt>(packed_.size());
}

bool Inflater::wants_input() const { return stream_->z.avail_in == 0 && !is_full_; }

// Another member behind the one that has ended; false when nothing follows.
bool Inflater::begin_member() {
  if (stream_->z.avail_in == 0) return false;
  if (has_member_) RUCK_ASSERT(inflateReset(&stream_->z) == Z_OK);
  has_member_ = true;
  is_between_ = false;
  return true;
}

Result<> Inflater::check_limits() const {
  if (unpacked_total_ > limits_.bytes_max) {
    return fail(ErrorCode::kPayloadTooLarge, "The unpacked body is too large");
  }
  const bool is_bomb = unpacked_total_ > kUnpackFreeBytes && limits_.ratio_max > 0 &&
                       unpacked_total_ / limits_.ratio_max > packed_total_;
  if (is_bomb) return fail(ErrorCode::kPayloadTooLarge, "The body unpacks to far more than it is");
  return {};
}

Result<std::string> Inflater::take() {
  if (!stream_->is_ready) return fail(no_memory_now());
  // One byte more than is allowed shows that there is more.
  const std::size_t room = std::min(kBodyPieceBytesMax, limits_.bytes_max - unpacked_total_ + 1);
  std::string out(room, '\0');
  z_stream& z = stream_->z;
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(room);
  while (z.avail_out > 0) {
    if (is_between_ && !begin_member()) break;
    const int code = inflate(&z, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      is_between_ = true;
      continue;
    }
    if (code == Z_BUF_ERROR) break;                         // no input left
    if (code == Z_MEM_ERROR) return fail(no_memory_now());  // says nothing about the body
    if (code != Z_OK) return fail(ErrorCode::kMalformedRequest, "The body is not valid gzip");
  }
  is_full_ = z.avail_out == 0 && !is_between_;
  out.resize(room - z.avail_out);
  unpacked_total_ += out.size();
  if (const Result<> allowed = check_limits(); !allowed) return fail(allowed.error());
  return out;
}

Result<> Inflater::finish() const {
  if (is_between_ && has_member_) return {};
  return fail(ErrorCode::kMalformedRequest, "The body is not valid gzip");
}

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
  Inflater inflater({.bytes_max = bytes_max, .ratio_max = 0});
  inflater.give(std::string(bytes));
  std::string out;
  for (;;) {
    const Result<std::string> piece = inflater.take();
    if (!piece) return fail(piece.error());
    if (piece->empty()) break;
    out += *piece;
  }
  if (const Result<> ended = inflater.finish(); !ended) return fail(ended.error());
  return out;
}

}  // namespace ruck::http

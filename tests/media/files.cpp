#include "media/files.hpp"

#include <zlib.h>

#include <stdexcept>
#include <string_view>

namespace ruck::test {
namespace {
std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24U), static_cast<char>(number >> 16U),
          static_cast<char>(number >> 8U), static_cast<char>(number)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(crc));
}

// `count` rows, packed one after the other.
std::string packed(const std::string& row, std::uint32_t count) {
  z_stream stream{};
  if (::deflateInit(&stream, Z_BEST_SPEED) != Z_OK) throw std::runtime_error("zlib");
  std::string out;
  std::string piece(1 << 16, '\0');
  for (std::uint32_t i = 0; i <= count; ++i) {
    const bool is_end = i == count;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(row.data()));
    stream.avail_in = is_end ? 0 : static_cast<uInt>(row.size());
    int done = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      done = ::deflate(&stream, is_end ? Z_FINISH : Z_NO_FLUSH);
      out.append(piece, 0, piece.size() - stream.avail_out);
    } while (stream.avail_out == 0 && done != Z_STREAM_END);
  }
  ::deflateEnd(&stream);
  return out;
}
}  // namespace

std::string grey_png(std::uint32_t width, std::uint32_t height) {
  using namespace std::string_literals;
  const std::string head = big_endian(width) + big_endian(height) + "\x08\x00\x00\x00\x00"s;
  const std::string row = '\0' + std::string(width, '\x80');
  return "\x89PNG\r\n\x1a\n"s + chunk("IHDR", head) + chunk("IDAT", packed(row, height)) +
         chunk("IEND", "");
}

std::string animated_gif(int frames) {
  using namespace std::string_literals;
  std::string gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"s;
  for (int i = 0; i < frames; ++i) {
    gif += "\x21\xf9\x04\x00\x05\x00\x00\x00"s;                              // 50 ms
    gif += "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"s;  // one pixel
  }
  return gif + "\x3b";
}

}  // namespace ruck::test

#include "support/pictures.hpp"

#include <bit>
#include <cmath>
#include <vector>

namespace ruck::test {
namespace {
using namespace std::string_literals;

std::string big16(std::size_t n) {
  return {static_cast<char>(n >> 8 & 0xff), static_cast<char>(n & 0xff)};
}
std::string little16(std::uint32_t n) {
  return {static_cast<char>(n & 0xff), static_cast<char>(n >> 8 & 0xff)};
}
std::string little32(std::uint32_t n) { return little16(n & 0xffff) + little16(n >> 16); }
std::string segment(char marker, const std::string& bytes) {
  return "\xff"s + marker + big16(bytes.size() + 2) + bytes;
}

// ---- EXIF 2.3: a TIFF with the position alone --------------------------------------------------

struct Entry {
  std::uint32_t tag;
  std::uint32_t type;  // 2: text, 4: long, 5: rational
  std::uint32_t count;
  std::string value;  // four bytes: itself, or where it is
};
std::string directory(const std::vector<Entry>& entries) {
  std::string out = little16(static_cast<std::uint32_t>(entries.size()));
  for (const Entry& e : entries) {
    out += little16(e.tag) + little16(e.type) + little32(e.count) + e.value;
  }
  return out + little32(0);
}
// Degrees, minutes, and seconds in tenths.
std::string rationals(double degrees) {
  const auto tenths = static_cast<std::uint32_t>(std::lround(std::abs(degrees) * 36'000));
  return little32(tenths / 36'000) + little32(1) + little32(tenths / 600 % 60) + little32(1) +
         little32(tenths % 600) + little32(10);
}
std::string exif(rucking::Position at) {
  constexpr std::uint32_t kFirst = 8;                    // after the TIFF's head
  constexpr std::uint32_t kGps = kFirst + 2 + 12 + 4;    // after a directory of one entry
  constexpr std::uint32_t kLat = kGps + 2 + 4 * 12 + 4;  // after one of four
  constexpr std::uint32_t kLng = kLat + 24;
  const std::string north = at.lat_deg < 0 ? "S\0\0\0"s : "N\0\0\0"s;
  const std::string east = at.lng_deg < 0 ? "W\0\0\0"s : "E\0\0\0"s;
  return "Exif\0\0"s + "II*\0"s + little32(kFirst) + directory({{0x8825, 4, 1, little32(kGps)}}) +
         directory({{1, 2, 2, north},
                    {2, 5, 3, little32(kLat)},
                    {3, 2, 2, east},
                    {4, 5, 3, little32(kLng)}}) +
         rationals(at.lat_deg) + rationals(at.lng_deg);
}

// ---- of each block the difference of its mean, and that it ends --------------------------------

class Bits {
 public:
  void add(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      byte_ = byte_ << 1 | (value >> i & 1);
      if (++bits_ == 8) flush();
    }
  }
  std::string finish() {
    while (bits_ != 0) add(1, 1);
    return out_;
  }

 private:
  void flush() {
    out_ += static_cast<char>(byte_);
    if ((byte_ & 0xff) == 0xff) out_ += '\0';
    byte_ = 0;
    bits_ = 0;
  }
  std::string out_;
  std::uint32_t byte_ = 0;
  int bits_ = 0;
};

std::string blocks(const Picture& picture) {
  Bits bits;
  std::uint32_t random = picture.seed * 2654435761U + 1;
  int before = 0;
  for (int i = 0; i < picture.width / 8 * (picture.height / 8); ++i) {
    random = random * 1664525 + 1013904223;
    const int grey = static_cast<int>(random >> 24) - 128;
    const int difference = grey - before;
    before = grey;
    const auto size = static_cast<std::uint32_t>(std::abs(difference));
    const int category = static_cast<int>(std::bit_width(size));
    bits.add(static_cast<std::uint32_t>(category), 4);
    const auto low = static_cast<std::uint32_t>(difference < 0 ? difference - 1 : difference);
    bits.add(low & ((1U << category) - 1), category);
    bits.add(0, 1);
  }
  return bits.finish();
}
}  // namespace

std::string jpeg_of(const Picture& picture) {
  std::string out = "\xff\xd8"s;
  if (picture.taken) out += segment('\xe1', exif(*picture.taken));
  if (!picture.remark.empty()) out += segment('\xfe', picture.remark);
  out += segment('\xdb', "\0"s + std::string(64, 8));  // a mean of n is n grey
  out += segment('\xc0', "\x08"s + big16(static_cast<std::size_t>(picture.height)) +
                             big16(static_cast<std::size_t>(picture.width)) + "\x01\x01\x11\0"s);
  // Twelve codes of four bits for the categories; one of one bit: the block ends.
  out += segment('\xc4', "\0\0\0\0\x0c"s + std::string(12, '\0') + "\0\x01\x02\x03\x04\x05"s +
                             "\x06\x07\x08\x09\x0a\x0b"s);
  out += segment('\xc4', "\x10\x01"s + std::string(15, '\0') + "\0"s);
  out += segment('\xda', "\x01\x01\0\0\x3f\0"s);
  return out + blocks(picture) + "\xff\xd9"s;
}

}  // namespace ruck::test

#pragma once
// Variable-length integers as in Protocol Buffers: seven bits a byte, lowest first, the top bit
// says that more follow; and zigzag, which folds the sign into the lowest bit (science §4).
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ruck::rucking {

static_assert(std::endian::native == std::endian::little, "blocks and states are little-endian");

inline constexpr std::size_t kMaxVarintSize = 10;  // bytes that 64 bits can take

[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

// Write at `to`, which has kMaxVarintSize bytes, and return where the next one goes. One and two
// bytes are the common sizes of a track's columns and alternate at random, so they take no branch.
[[nodiscard]] inline char* put_varint(char* to, std::uint64_t value) {
  constexpr std::uint64_t kTwoBytes = std::uint64_t{1} << 14;
  if (value < kTwoBytes) [[likely]] {
    const std::uint64_t more = value > 127 ? 1 : 0;
    const auto word =
        static_cast<std::uint16_t>((value & 127) | (more << 7) | ((value & 0x3f80) << 1));
    std::memcpy(to, &word, sizeof word);
    return to + 1 + more;
  }
  for (; value > 127; value >>= 7) *to++ = static_cast<char>(value | 128);
  *to++ = static_cast<char>(value);
  return to;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  char bytes[kMaxVarintSize];
  out.append(bytes, put_varint(bytes, value));
}

// Reads bytes from the left and never beyond them. After the first failure every read gives zero
// and `failed()` stays true, so a loop may check once at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] const char* at() const { return at_; }

  std::uint8_t byte() { return left() > 0 ? static_cast<std::uint8_t>(*at_++) : fail(); }

  std::string_view bytes(std::size_t count) {
    if (left() < count) {
      fail();
      return {};
    }
    const std::string_view taken(at_, count);
    at_ += count;
    return taken;
  }

  std::uint64_t varint() {
    if (left() >= kMaxVarintSize) [[likely]] {
      std::uint16_t word = 0;
      std::memcpy(&word, at_, sizeof word);
      if ((word & 0x8080) != 0x8080) [[likely]] {
        const unsigned more = (word >> 7) & 1U;
        at_ += 1 + more;
        return (word & 127U) | ((word >> 1) & 0x3f80U & (0U - more));
      }
    }
    return long_varint();
  }

 private:
  std::uint8_t fail() {
    failed_ = true;
    at_ = end_;
    return 0;
  }
  std::uint64_t long_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (shift == 63 && byte > 1) break;  // a 65th bit
      if (byte < 128) return value;
    }
    return fail();
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace ruck::rucking

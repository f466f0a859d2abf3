#pragma once
// Writes and reads the state of the engine's parts. Each part has one `visit(archive)` that names
// its fields once, so writing and reading cannot disagree. Numbers are stored as they lie in
// memory, little-endian and without padding: what is read back is the same to the last bit.
//
// A checksum is no secret, so reading also refuses what no engine ever writes: numbers that are not
// finite, or so large that arithmetic with them would overflow, and places off the Earth.
#include "rucking/geo.hpp"
#include "rucking/varint.hpp"

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ruck::rucking {

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;

class StateWriter {
 public:
  [[nodiscard]] std::string take() { return std::move(bytes_); }

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (write(fields), ...);
  }
  // A small number that is used as an index or an enumerator: reading refuses more than `most`.
  void bounded(const std::uint8_t& field, std::uint8_t /*most*/) { write(field); }
  void position(const Position& field) { (*this)(field.lat_deg, field.lng_deg); }

 private:
  template <Number T>
  void write(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& values) {
    for (const T& value : values) write(value);
  }

  std::string bytes_;
};

// After the first failure every field reads as zero and `failed()` stays true.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : in_(bytes) {}
  [[nodiscard]] bool failed() const { return failed_ || in_.failed(); }
  [[nodiscard]] bool at_end() const { return in_.left() == 0; }

  template <class... Fields>
  void operator()(Fields&... fields) {
    (read(fields), ...);
  }
  void bounded(std::uint8_t& field, std::uint8_t most) {
    read(field);
    refuse_unless(field <= most, field);
  }
  void position(Position& field) {
    (*this)(field.lat_deg, field.lng_deg);
    refuse_unless(std::fabs(field.lat_deg) <= 90, field.lat_deg);
    refuse_unless(std::fabs(field.lng_deg) <= 180, field.lng_deg);
  }

 private:
  void read(bool& value) {
    std::uint8_t byte = 0;
    bounded(byte, 1);
    value = byte != 0;
  }
  template <Number T>
  void read(T& value) {
    const std::string_view bytes = in_.bytes(sizeof value);
    value = 0;
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    // Milliseconds, millimetres and joules of a ruck of a hundred years are below both.
    constexpr double kLargest = 1e12;
    constexpr std::int64_t kLargestInteger = std::int64_t{1} << 53;
    if constexpr (std::floating_point<T>) {
      refuse_unless(std::fabs(value) <= kLargest, value);  // a NaN is not
    } else if constexpr (sizeof(T) == sizeof(std::int64_t)) {
      refuse_unless(value >= -kLargestInteger && value <= kLargestInteger, value);
    }
  }
  template <class T>
  void refuse_unless(bool fine, T& value) {
    if (fine) return;
    failed_ = true;
    value = 0;
  }
  template <class T, std::size_t N>
  void read(std::array<T, N>& values) {
    for (T& value : values) read(value);
  }

  ByteReader in_;
  bool failed_ = false;
};

}  // namespace ruck::rucking

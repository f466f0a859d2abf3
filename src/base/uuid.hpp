#pragma once
// UUIDs as RFC 9562 has them; version 7 (time ordered) for everything we make.
#include "base/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruck {

class Uuid {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  constexpr Uuid() = default;
  constexpr explicit Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // A version 7 UUID of this moment: 48 bits of milliseconds, 74 random bits.
  [[nodiscard]] static Uuid make_v7(UtcMs now);
  // The canonical 8-4-4-4-12 form, either case.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] constexpr const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] constexpr bool is_nil() const { return bytes_ == Bytes{}; }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  Bytes bytes_{};
};

}  // namespace ruck

template <>
struct std::hash<ruck::Uuid> {
  std::size_t operator()(const ruck::Uuid& id) const noexcept;
};

#pragma once
// Numbers that move when somebody may have lost sight of something: one for each owner, ruck and
// pair of people. Whoever shows a position compares the number with the one under which access was
// looked up. A change moves it after its commit and before its reply, so from then on nothing that
// was decided earlier is shown, wherever between two cores it may be.
//
// The numbers stand in a table by hash. Two that share a place cost a look-up too many, never one
// too few.
#include "base/ids.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace ruck::live {

class Gates {
 public:
  void move_owner(UserId owner) { move(place(Kind::kOwner, hash(owner))); }
  void move_ruck(RuckId ruck) { move(place(Kind::kRuck, hash(ruck))); }
  // Of everybody and everything.
  void move_all() { everything_.fetch_add(1); }
  // Whichever of the two follows the other.
  void move_pair(UserId one, UserId other) { move(pair_place(one, other)); }

  // Of a ruck and all that its owner decides; goes up only.
  [[nodiscard]] std::uint64_t of_ruck(UserId owner, RuckId ruck) const {
    return everything_.load() + at(place(Kind::kOwner, hash(owner))) +
           at(place(Kind::kRuck, hash(ruck)));
  }
  // For whoever is no other user: it never moves.
  static constexpr std::uint32_t kNoPair = std::uint32_t{1} << 14;
  [[nodiscard]] static std::uint32_t pair_place(UserId one, UserId other) {
    return place(Kind::kPair, hash(one) + hash(other));
  }
  [[nodiscard]] std::uint64_t at(std::uint32_t place) const { return (*numbers_)[place].load(); }

 private:
  static constexpr std::size_t kPlaces = kNoPair;  // 128 KiB
  enum class Kind : std::uint8_t { kOwner = 1, kRuck = 2, kPair = 3 };

  template <class T>
  [[nodiscard]] static std::uint64_t hash(const T& id) {
    return std::hash<T>{}(id);
  }
  [[nodiscard]] static std::uint32_t place(Kind kind, std::uint64_t hash) {
    constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // Fibonacci hashing: high bits mix
    const std::uint64_t mixed = (hash + static_cast<std::uint64_t>(kind)) * kGolden;
    return static_cast<std::uint32_t>(mixed >> 50);
  }
  void move(std::uint32_t place) { (*numbers_)[place].fetch_add(1); }

  std::atomic<std::uint64_t> everything_{0};
  using Numbers = std::array<std::atomic<std::uint64_t>, kPlaces + 1>;
  std::unique_ptr<Numbers> numbers_ = std::make_unique<Numbers>();
};

}  // namespace ruck::live

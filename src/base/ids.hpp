#pragma once
// Every kind of id is a type of its own, so that one cannot be passed as another.
#include "base/uuid.hpp"

#include <compare>
#include <cstdint>

namespace ruck {

template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr const Rep& value() const { return value_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Rep value_{};
};

using UserId = Id<struct UserIdTag, Uuid>;
using RuckId = Id<struct RuckIdTag, std::int64_t>;  // below 2^53: JSON numbers carry it exactly

}  // namespace ruck

template <class Tag, class Rep>
struct std::hash<ruck::Id<Tag, Rep>> {
  std::size_t operator()(const ruck::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};

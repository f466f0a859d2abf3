#pragma once
// The members of a described struct (BOOST_DESCRIBE_STRUCT) as a table: code that goes through the
// table is compiled once, where a template over the members is compiled again for every struct, in
// every file that uses one.
#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>

#include <array>
#include <span>
#include <string_view>
#include <type_traits>

namespace ruck {

template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

// The public members of one struct. `Way` is what is known of a member's type: a function that
// reads or writes a value of it, given where it is.
template <class Way>
struct MemberTable {
  struct Member {
    std::string_view name;
    void* (*in)(void* object);  // where it is in an object of the struct
    Way way;
  };
  struct Base {
    const MemberTable* members;
    void* (*in)(void* object);
  };
  std::span<const Base> bases;  // their members come before its own
  std::span<const Member> own;
};

// Calls fn(name, value, way) for each member of the object, those of the bases first.
template <class Way, class Fn>
void for_each_member(const MemberTable<Way>& table, void* object, Fn& fn) {
  for (const auto& base : table.bases) for_each_member(*base.members, base.in(object), fn);
  for (const auto& member : table.own) fn(member.name, member.in(object), member.way);
}
template <class Way, class Fn>
void for_each_member(const MemberTable<Way>& table, const void* object, Fn& fn) {
  auto with_const = [&fn](std::string_view name, void* value, const Way& way) {
    fn(name, static_cast<const void*>(value), way);
  };
  for_each_member(table, const_cast<void*>(object), with_const);  // `in` only adds an offset
}
// The same without an object: fn(name, way).
template <class Way, class Fn>
void for_each_member(const MemberTable<Way>& table, Fn& fn) {
  for (const auto& base : table.bases) for_each_member(*base.members, fn);
  for (const auto& member : table.own) fn(member.name, member.way);
}

namespace detail {
template <class T, auto pointer>
void* member_in(void* object) {
  return &(static_cast<T*>(object)->*pointer);
}
template <class T, class Base>
void* base_in(void* object) {
  return static_cast<Base*>(static_cast<T*>(object));
}
template <class T, class M>
M type_of_member(M T::*);

template <class T, template <class> class WayOf>
struct TableOf {
  using Table = MemberTable<std::remove_cvref_t<decltype(WayOf<int>::kWay)>>;

  template <template <class...> class List, class... D>
  static constexpr std::array<typename Table::Base, sizeof...(D)> bases(List<D...>) {
    return {{{&TableOf<typename D::type, WayOf>::kTable, &base_in<T, typename D::type>}...}};
  }
  template <template <class...> class List, class... D>
  static constexpr std::array<typename Table::Member, sizeof...(D)> own(List<D...>) {
    return {{{D::name, &member_in<T, D::pointer>,
              WayOf<decltype(type_of_member(D::pointer))>::kWay}...}};
  }

  static constexpr auto kBases =
      bases(boost::describe::describe_bases<T, boost::describe::mod_public>());
  static constexpr auto kOwn =
      own(boost::describe::describe_members<T, boost::describe::mod_public>());
  static constexpr Table kTable{.bases = kBases, .own = kOwn};
};
}  // namespace detail

// The table of T. WayOf<M>::kWay is the Way of a member of type M.
template <Described T, template <class> class WayOf>
[[nodiscard]] constexpr const auto& members_of() {
  return detail::TableOf<T, WayOf>::kTable;
}

}  // namespace ruck

#pragma once
// What goes into a statement and what comes out of a row.
//
// Out: a described struct (BOOST_DESCRIBE_STRUCT) is read member by member in column order, so a
// SELECT lists its columns in the order of the struct; columns_of<Row>() writes that list.
#include "base/ids.hpp"
#include "base/members.hpp"
#include "base/time.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace ruck::db {

// Bytes, as opposed to text, in a parameter or a column.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct BytesView {
  std::string_view data;
};

using Param =
    std::variant<std::monostate, std::int64_t, double, bool, std::string_view, BytesView, Uuid>;

inline Param to_param(std::nullopt_t) { return std::monostate{}; }
inline Param to_param(bool value) { return value; }
template <std::integral T>
  requires(!std::same_as<T, bool>)
Param to_param(T value) {
  return static_cast<std::int64_t>(value);
}
inline Param to_param(double value) { return value; }
inline Param to_param(std::string_view value) { return value; }
inline Param to_param(const std::string& value) { return std::string_view(value); }
inline Param to_param(const char* value) { return std::string_view(value); }
inline Param to_param(BytesView value) { return value; }
inline Param to_param(const Bytes& value) { return BytesView{value.data}; }
inline Param to_param(const Uuid& value) { return value; }
inline Param to_param(UtcUs value) { return value.time_since_epoch().count(); }
inline Param to_param(Day value) {
  return static_cast<std::int64_t>(value.time_since_epoch().count());
}
template <class Tag, class Rep>
Param to_param(const Id<Tag, Rep>& id) {
  return to_param(id.value());
}
template <class T>
Param to_param(const std::optional<T>& value) {
  return value ? to_param(*value) : Param(std::monostate{});
}

// One row while its statement stands on it. Columns are counted from 0; a view lives until the next
// row. Reading a column as another type than it has is our own mistake.
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  [[nodiscard]] virtual bool boolean(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::string_view bytes(int column) const = 0;
  [[nodiscard]] virtual Uuid uuid(int column) const = 0;
};

template <class T>
struct ColumnReader;

template <class T>
[[nodiscard]] T read_column(const Row& row, int column) {
  return ColumnReader<T>::read(row, column);
}

template <std::integral T>
struct ColumnReader<T> {
  static T read(const Row& row, int column) { return static_cast<T>(row.integer(column)); }
};
template <>
struct ColumnReader<bool> {
  static bool read(const Row& row, int column) { return row.boolean(column); }
};
template <>
struct ColumnReader<double> {
  static double read(const Row& row, int column) { return row.real(column); }
};
template <>
struct ColumnReader<std::string> {
  static std::string read(const Row& row, int column) { return std::string(row.text(column)); }
};
template <>
struct ColumnReader<Bytes> {
  static Bytes read(const Row& row, int column) { return {std::string(row.bytes(column))}; }
};
template <>
struct ColumnReader<Uuid> {
  static Uuid read(const Row& row, int column) { return row.uuid(column); }
};
template <>
struct ColumnReader<UtcUs> {
  static UtcUs read(const Row& row, int column) { return utc_us(row.integer(column)); }
};
template <>
struct ColumnReader<Day> {
  static Day read(const Row& row, int column) {
    return Day(std::chrono::days(row.integer(column)));
  }
};
template <class Tag, class Rep>
struct ColumnReader<Id<Tag, Rep>> {
  static Id<Tag, Rep> read(const Row& row, int column) {
    return Id<Tag, Rep>(read_column<Rep>(row, column));
  }
};
template <class T>
struct ColumnReader<std::optional<T>> {
  static std::optional<T> read(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return read_column<T>(row, column);
  }
};

// Reads a column into a member.
using ReadColumn = void (*)(const Row& row, int column, void* out);
template <class T>
struct HowToReadColumn {
  static constexpr ReadColumn kWay = [](const Row& row, int column, void* out) {
    *static_cast<T*>(out) = read_column<T>(row, column);
  };
};
using ColumnTable = MemberTable<ReadColumn>;
void read_columns(const Row& row, const ColumnTable& columns, void* out);
[[nodiscard]] std::string columns_of(const ColumnTable& columns, std::string_view prefix);

// As a list of types, for code that needs all members at once.
template <Described T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;

// A described struct takes consecutive columns; anything else is the first column.
template <class T>
[[nodiscard]] T read_row(const Row& row) {
  if constexpr (Described<T>) {
    T out{};
    read_columns(row, members_of<T, HowToReadColumn>(), &out);
    return out;
  } else {
    return read_column<T>(row, 0);
  }
}

// "a, b, c" for the members of T, each with `prefix` in front ("r." for a join).
template <Described T>
[[nodiscard]] std::string columns_of(std::string_view prefix = {}) {
  return columns_of(members_of<T, HowToReadColumn>(), prefix);
}

}  // namespace ruck::db

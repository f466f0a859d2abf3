#include "db/value.hpp"

namespace ruck::db {

void read_columns(const Row& row, const ColumnTable& columns, void* out) {
  int column = 0;
  const auto read_one = [&](std::string_view, void* member, ReadColumn read) {
    read(row, column++, member);
  };
  for_each_member(columns, out, read_one);
}

std::string columns_of(const ColumnTable& columns, std::string_view prefix) {
  std::string list;
  const auto add = [&](std::string_view name, ReadColumn) {
    if (!list.empty()) list += ", ";
    list += prefix;
    list += name;
  };
  for_each_member(columns, add);
  return list;
}

}  // namespace ruck::db

#include "db/sql.hpp"

namespace ruck::db {
namespace {
// A function-local static, because statements in other files register before this file's globals
// would be made.
std::vector<const Sql*>& registry() {
  static std::vector<const Sql*> all;
  return all;
}
}  // namespace

Sql::Sql(std::string_view name, std::string text, std::optional<Dialect> only)
    : name_(name), text_(std::move(text)), only_(only), index_(registry().size()) {
  registry().push_back(this);
}

const std::vector<const Sql*>& Sql::all() { return registry(); }

}  // namespace ruck::db

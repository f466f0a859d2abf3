#pragma once
// The view of one transaction that a unit of work has: plain synchronous calls on a database
// thread.
#include "base/assert.hpp"
#include "db/sql.hpp"
#include "db/value.hpp"

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::db {

class Companions;

// Refers to what takes the rows of a statement; false from it ends the walk.
class RowSink {
 public:
  template <class Fn>
  explicit RowSink(Fn& fn)
      : fn_(&fn),
        call_([](void* to, const Row& row) -> bool { return (*static_cast<Fn*>(to))(row); }) {}
  bool operator()(const Row& row) const { return call_(fn_, row); }

 private:
  void* fn_;
  bool (*call_)(void* fn, const Row& row);
};

class Session {
 public:
  virtual ~Session() = default;

  // What this process keeps in memory beside the tables; null where others write them as well.
  [[nodiscard]] virtual Companions* companions() { return nullptr; }

  // Runs a statement that gives no rows; returns how many it changed.
  template <class... Args>
  std::int64_t execute(const Sql& sql, const Args&... args) {
    return call(sql, [](const Row&) { return true; }, args...);
  }
  // The same with its parameters in a list: for statements of many rows.
  std::int64_t execute_list(const Sql& sql, std::span<const Param> params) {
    auto ignore = [](const Row&) { return true; };
    return run(sql, params, RowSink(ignore));
  }
  // The first row, if there is one.
  template <class T, class... Args>
  [[nodiscard]] std::optional<T> optional(const Sql& sql, const Args&... args) {
    std::optional<T> found;
    call(
        sql,
        [&](const Row& row) {
          found.emplace(read_row<T>(row));
          return false;
        },
        args...);
    return found;
  }
  // The row that must be there (an aggregate, RETURNING).
  template <class T, class... Args>
  [[nodiscard]] T one(const Sql& sql, const Args&... args) {
    std::optional<T> found = optional<T>(sql, args...);
    RUCK_ASSERT(found.has_value());
    return std::move(*found);
  }
  template <class T, class... Args>
  [[nodiscard]] std::vector<T> many(const Sql& sql, const Args&... args) {
    std::vector<T> rows;
    call(
        sql,
        [&](const Row& row) {
          rows.push_back(read_row<T>(row));
          return true;
        },
        args...);
    return rows;
  }
  // Calls fn(const Row&) for each row; a fn that returns false ends the walk.
  template <std::invocable<const Row&> Fn, class... Args>
  void each(const Sql& sql, Fn fn, const Args&... args) {
    call(sql, fn, args...);
  }

  // Several statements without parameters: migrations and tests.
  virtual void run_script(std::string_view statements) = 0;

  [[nodiscard]] virtual Dialect dialect() const = 0;

  // Once this transaction is committed, tells all who listen to the channel (Database::listen), in
  // every process on this database. `channel`: lower-case letters and underscores.
  void notify(std::string_view channel);
  // For drivers: the channels since the last call, each once.
  [[nodiscard]] std::vector<std::string> take_notified() { return std::exchange(notified_, {}); }

 protected:
  virtual std::int64_t run(const Sql& sql, std::span<const Param> params, const RowSink& sink) = 0;

 private:
  template <class Fn, class... Args>
  std::int64_t call(const Sql& sql, Fn&& fn, const Args&... args) {
    const std::array<Param, sizeof...(Args)> params{to_param(args)...};
    return run(sql, params, RowSink(fn));
  }

  std::vector<std::string> notified_;
};

}  // namespace ruck::db

#pragma once
// One connection to PostgreSQL, used by one thread at a time. The only code that sees libpq-fe.h is
// in this folder's .cpp files.
//
// Statements are prepared once a connection under their index. Parameters travel as text (the
// server infers their types), bytes as binary; results come back binary.
#include "db/failure.hpp"
#include "db/session.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

namespace ruck::db::postgres {

class Connection final : public Session {
 public:
  using Observer = std::function<void(const Sql&, std::chrono::nanoseconds)>;

  // Connects (at most `kConnectTimeoutSeconds`); throws Failure(kUnavailable).
  Connection(const std::string& dsn, Observer observe);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run_script(std::string_view statements) override;

  // False once the server or the network has gone: the connection is of no more use.
  [[nodiscard]] bool is_alive() const;
  // Breaks off what is under way: it fails as if the network had gone. From any thread.
  void break_off() const;
  // True inside BEGIN ... COMMIT, also when it can only be rolled back.
  [[nodiscard]] bool in_transaction() const;

  // Whether a unique key that is taken counts as a conflict, so that the unit is run again. In
  // serializable transactions it may be one: the row came from a transaction that this one's
  // snapshot does not show (PostgreSQL manual, 13.2.3).
  void set_taken_keys_are_conflicts(bool conflicts) { taken_keys_are_conflicts_ = conflicts; }

 private:
  class ResultRow;
  struct FreeResult {
    void operator()(pg_result* result) const;
  };
  using ResultPtr = std::unique_ptr<pg_result, FreeResult>;
  struct CloseConnection {
    void operator()(pg_conn* connection) const;
  };

  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowSink& sink) override;
  void prepare(const Sql& sql, std::size_t param_count);
  void check(const ResultPtr& result, const std::string& statement) const;

  std::unique_ptr<pg_conn, CloseConnection> handle_;
  Observer observe_;
  bool taken_keys_are_conflicts_ = false;
  std::vector<bool> prepared_;  // by Sql::index()
};

}  // namespace ruck::db::postgres

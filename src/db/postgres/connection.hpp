#pragma once
// One connection to PostgreSQL, used by one thread at a time. The only code that sees libpq-fe.h is
// in this folder's .cpp files.
//
// Statements are prepared once a connection under their index (see `prepares`). Parameters travel
// as text (the server infers their types), bytes as binary; results come back binary.
//
// Time. A statement has kStatementTimeMax, or what is left of the time of the request that wants
// it. COMMIT has no limit: PostgreSQL lifts statement_timeout before it commits
// (finish_xact_command in postgres.c), so a wait for replicas is not cut short and taken for done.
#include "db/failure.hpp"
#include "db/session.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

namespace ruck::db::postgres {

struct ConnectionOptions {
  std::string dsn;
  // False behind a pooler that gives each transaction another connection of the server's: nothing
  // is left on one. Statements go out as text, and each transaction brings its settings along.
  bool prepares = true;
  bool is_replica = false;  // reads are enough; otherwise the server must take writes
};

class Connection final : public Session {
 public:
  using Observer = std::function<void(const Sql&, std::chrono::nanoseconds)>;

  // Connects (at most `kConnectTimeoutSeconds`); throws Failure(kUnavailable).
  Connection(const ConnectionOptions& options, Observer observe);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins a transaction by `begin`. Its statements fail with kTimeout once it is `until`.
  void begin(const Sql& begin, std::optional<std::chrono::steady_clock::time_point> until);
  // The same for one that only reads: `begin` travels with the first statement, and none without.
  void begin_read(const Sql& begin, std::optional<std::chrono::steady_clock::time_point> until);
  // Ends it by `end`, COMMIT or ROLLBACK, whatever the time.
  void end(const Sql& end);
  // The same for one that only read, without waiting for the answer: it is taken before the next
  // transaction, and what goes wrong with it harms nobody.
  void end_read(const Sql& end);

  void run_script(std::string_view statements) override;
  [[nodiscard]] Dialect dialect() const override { return Dialect::kPostgres; }

  // For a connection that listens: the socket to wait on, and what has come in, without waiting.
  [[nodiscard]] int socket() const;
  [[nodiscard]] std::vector<std::string> take_notices();

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
  void run_together(const Sql& sql, const std::string& statements);
  [[nodiscard]] std::vector<std::string> begin_of(
      const Sql& begin, std::optional<std::chrono::steady_clock::time_point> until) const;
  [[nodiscard]] static std::string name_of(const Sql& sql);
  [[nodiscard]] bool is_prepared(const Sql& sql);
  [[nodiscard]] ResultPtr begin_and_send(const Sql& sql, std::span<const Param> params);
  void take_answer_of_end();
  void prepare(const Sql& sql, std::size_t param_count);
  [[nodiscard]] ResultPtr send(const Sql& sql, std::span<const Param> params);
  void check(const ResultPtr& result, const std::string& statement) const;

  std::unique_ptr<pg_conn, CloseConnection> handle_;
  Observer observe_;
  bool prepares_;
  bool taken_keys_are_conflicts_ = false;
  std::optional<std::chrono::steady_clock::time_point> until_;  // of the open transaction
  std::vector<bool> prepared_;                                  // by Sql::index()
  std::vector<std::string> begin_;  // statements that go before the next one, to begin
  bool is_ending_ = false;          // the answer of end_read() is still to come
};

}  // namespace ruck::db::postgres

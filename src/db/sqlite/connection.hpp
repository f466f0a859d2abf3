#pragma once
// One connection to a SQLite file, used by one thread. The only code that sees sqlite3.h is in this
// folder's .cpp files.
#include "db/failure.hpp"
#include "db/session.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace ruck::db::sqlite {

enum class Mode : std::uint8_t { kReadWrite, kReadOnly };

inline constexpr int kWriterCacheKib = 64 * 1024;

struct ConnectionOptions {
  std::string path;
  Mode mode = Mode::kReadOnly;
  int writer_cache_kib = kWriterCacheKib;
  std::string vfs;  // empty: the system's; tests inject faults through their own
  Companions* companions = nullptr;
};

struct TableRows {
  std::string name;
  std::int64_t rows = 0;
  friend bool operator==(const TableRows&, const TableRows&) = default;
};

class Connection final : public Session {
 public:
  using Observer = std::function<void(const Sql&, std::chrono::nanoseconds)>;

  // Opens the file and sets its pragmas; throws Failure. `observe` is told each statement's time.
  Connection(const ConnectionOptions& options, Observer observe);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run_script(std::string_view statements) override;
  [[nodiscard]] Companions* companions() override { return companions_; }
  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }

  // Statements that run past the deadline fail with kTimeout; nullopt lifts it.
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline);

  // False once SQLite has rolled the transaction back by itself (a full disk, an I/O error).
  [[nodiscard]] bool in_transaction() const;

  // Pages in the write-ahead log after the last commit of this connection.
  [[nodiscard]] int wal_pages() const { return wal_pages_; }

  enum class Checkpoint : std::uint8_t { kPassive, kTruncate };
  // Copies the log into the database file. True if all of it was copied; a reader that holds an old
  // snapshot makes it false. Throws Failure(kStorage) if the disk said no.
  bool checkpoint(Checkpoint how, std::chrono::milliseconds wait_for_readers);

  // How many rows each table has, by name.
  [[nodiscard]] std::vector<TableRows> count_rows();

 private:
  struct Statement;
  class StatementRow;

  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowSink& sink) override;
  Statement& prepared(const Sql& sql);
  void check(int code, const std::string& statement) const;
  [[nodiscard]] Failure failure(int code, const std::string& statement) const;
  static int on_progress(void* self);
  static int on_wal(void* self, sqlite3* handle, const char* name, int pages);

  struct CloseHandle {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, CloseHandle> handle_;
  Observer observe_;
  Companions* companions_;
  std::vector<std::unique_ptr<Statement>> statements_;  // by Sql::index()
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  int wal_pages_ = 0;
};

}  // namespace ruck::db::sqlite

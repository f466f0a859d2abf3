#include "db/sqlite/connection.hpp"

#include "base/sabotage.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ruck::db::sqlite {
namespace {
constexpr int kBusyTimeoutMs = 5000;  // recovery and the last close may hold a lock that long
constexpr int kProgressInstructions =
    4000;  // of the virtual machine, between looks at the deadline

// Small pages: what a batch rewrites is one row of at most 2 KiB, and a page is written whole.
// FULL: a commit has reached the disk when COMMIT returns. Checkpoints are the writer's own.
constexpr const char* kWriterPragmas =
    "PRAGMA page_size=2048; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA "
    "temp_store=MEMORY;"
    "PRAGMA secure_delete=FAST;";
constexpr const char* kReaderPragmas =
    "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF;"
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;";

FailureKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return FailureKind::kConstraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
      return FailureKind::kUnavailable;
    case SQLITE_INTERRUPT:
      return FailureKind::kTimeout;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_PROTOCOL:
    case SQLITE_NOTADB:
      return FailureKind::kStorage;
    default:
      return FailureKind::kMistake;
  }
}

void bind(sqlite3_stmt* statement, int index, const Param& param) {
  if (const auto* integer = std::get_if<std::int64_t>(&param)) {
    sqlite3_bind_int64(statement, index, *integer);
  } else if (const auto* real = std::get_if<double>(&param)) {
    sqlite3_bind_double(statement, index, *real);
  } else if (const auto* yes = std::get_if<bool>(&param)) {
    sqlite3_bind_int(statement, index, *yes ? 1 : 0);
  } else if (const auto* text = std::get_if<std::string_view>(&param)) {
    sqlite3_bind_text64(statement, index, text->data() ? text->data() : "", text->size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  } else if (const auto* bytes = std::get_if<BytesView>(&param)) {
    sqlite3_bind_blob64(statement, index, bytes->data.data() ? bytes->data.data() : "",
                        bytes->data.size(), SQLITE_STATIC);
  } else if (const auto* uuid = std::get_if<Uuid>(&param)) {
    sqlite3_bind_blob64(statement, index, uuid->bytes().data(), uuid->bytes().size(),
                        SQLITE_STATIC);
  } else {
    sqlite3_bind_null(statement, index);
  }
}
}  // namespace

struct Connection::Statement {
  Statement() = default;
  ~Statement() { sqlite3_finalize(handle); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  sqlite3_stmt* handle = nullptr;
  std::vector<int> index_of;  // SQLite's index of $1, $2 ...: it numbers them as they appear
};

class Connection::StatementRow final : public Row {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] double real(int column) const override {
    return sqlite3_column_double(statement_, column);
  }
  [[nodiscard]] bool boolean(int column) const override { return integer(column) != 0; }
  [[nodiscard]] std::string_view text(int column) const override {
    return view(sqlite3_column_text(statement_, column), column);
  }
  [[nodiscard]] std::string_view bytes(int column) const override {
    return view(sqlite3_column_blob(statement_, column), column);
  }
  [[nodiscard]] Uuid uuid(int column) const override {
    const std::string_view data = bytes(column);
    Uuid::Bytes out{};
    std::memcpy(out.data(), data.data(), std::min(data.size(), out.size()));
    return Uuid(out);
  }

 private:
  [[nodiscard]] std::string_view view(const void* data, int column) const {
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  sqlite3_stmt* statement_;
};

void Connection::CloseHandle::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Connection::Connection(const ConnectionOptions& options, Observer observe)
    : observe_(std::move(observe)), companions_(options.companions) {
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (options.mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                      : SQLITE_OPEN_READONLY);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  handle_.reset(handle);
  check(code, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  run_script(options.mode == Mode::kReadWrite ? kWriterPragmas : kReaderPragmas);
  if (options.mode == Mode::kReadWrite) {
    run_script("PRAGMA cache_size=-" + std::to_string(options.writer_cache_kib));
  }
  if (sabotage::breaks(sabotage::Promise::kSync)) run_script("PRAGMA synchronous=OFF");
  sqlite3_wal_hook(handle, &Connection::on_wal, this);  // wal_autocheckpoint above would remove it
}

Connection::~Connection() { statements_.clear(); }

int Connection::on_wal(void* self, sqlite3*, const char*, int pages) {
  static_cast<Connection*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

int Connection::on_progress(void* self) {
  const auto& deadline = static_cast<Connection*>(self)->deadline_;
  return deadline && std::chrono::steady_clock::now() > *deadline ? 1 : 0;
}

void Connection::set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  deadline_ = deadline;
  sqlite3_progress_handler(handle_.get(), deadline ? kProgressInstructions : 0,
                           deadline ? &Connection::on_progress : nullptr, this);
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Failure Connection::failure(int code, const std::string& statement) const {
  std::string what = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  what += " (" + std::to_string(code) + ")";
  return {kind_of(code), what, statement};
}

void Connection::check(int code, const std::string& statement) const {
  if (code != SQLITE_OK) throw failure(code, statement);
}

void Connection::run_script(std::string_view statements) {
  const std::string text(statements);
  check(sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr), "script");
}

Connection::Statement& Connection::prepared(const Sql& sql) {
  if (statements_.size() <= sql.index()) statements_.resize(sql.index() + 1);
  std::unique_ptr<Statement>& slot = statements_[sql.index()];
  if (slot) return *slot;
  auto made = std::make_unique<Statement>();
  check(sqlite3_prepare_v3(handle_.get(), sql.text().data(), static_cast<int>(sql.text().size()),
                           SQLITE_PREPARE_PERSISTENT, &made->handle, nullptr),
        sql.name());
  const int count = sqlite3_bind_parameter_count(made->handle);
  for (int i = 1; i <= count; ++i) {
    const std::string name = "$" + std::to_string(i);
    made->index_of.push_back(sqlite3_bind_parameter_index(made->handle, name.c_str()));
  }
  slot = std::move(made);
  return *slot;
}

std::int64_t Connection::run(const Sql& sql, std::span<const Param> params, const RowSink& sink) {
  const auto start = std::chrono::steady_clock::now();
  Statement& statement = prepared(sql);
  if (params.size() != statement.index_of.size()) {
    throw Failure(FailureKind::kMistake, "wrong number of parameters", sql.name());
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    bind(statement.handle, statement.index_of[i], params[i]);
  }
  const StatementRow row(statement.handle);
  int code = sqlite3_step(statement.handle);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement.handle)) {
    if (!sink(row)) break;
  }
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    sqlite3_reset(statement.handle);
    observe_(sql, std::chrono::steady_clock::now() - start);
    return sqlite3_changes64(handle_.get());
  }
  const Failure problem = failure(code, sql.name());
  sqlite3_reset(statement.handle);
  throw problem;
}

bool Connection::checkpoint(Checkpoint how, std::chrono::milliseconds wait_for_readers) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(wait_for_readers.count()));
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      handle_.get(), nullptr,
      how == Checkpoint::kPassive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE, &pages,
      &copied);
  sqlite3_busy_timeout(handle_.get(), kBusyTimeoutMs);
  if (code == SQLITE_BUSY) return false;
  check(code, "checkpoint");
  if (pages == copied) wal_pages_ = 0;
  return pages == copied;
}

std::vector<TableRows> Connection::count_rows() {
  std::vector<TableRows> tables;
  const auto each = [this](const std::string& sql, auto&& fn) {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr), "count_rows");
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw,
                                                                               &sqlite3_finalize);
    int code = SQLITE_OK;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) fn(StatementRow(raw));
    if (code != SQLITE_DONE) throw failure(code, "count_rows");
  };
  each(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      " ORDER BY name",
      [&](const StatementRow& row) { tables.push_back({std::string(row.text(0)), 0}); });
  for (TableRows& table : tables) {
    each("SELECT COUNT(*) FROM \"" + table.name + "\"",
         [&](const StatementRow& row) { table.rows = row.integer(0); });
  }
  return tables;
}

}  // namespace ruck::db::sqlite

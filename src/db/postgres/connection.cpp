#include "db/postgres/connection.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

namespace ruck::db::postgres {
namespace {
constexpr int kConnectTimeoutSeconds = 5;
// Of one statement: no query of ours takes a tenth of it, and what waits for a lock for so long is
// better sent again.
constexpr std::chrono::milliseconds kStatementTimeMax = std::chrono::seconds(10);
constexpr int kBinaryResult = 1;
constexpr std::size_t kParamsMax = 65'535;  // of one statement (Bind counts them in 16 bits)

// Type numbers of the server's catalogue (pg_type.dat); they are fixed.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kUuid = 2950;

template <class T>
T big_endian(const char* bytes) {
  T value{};
  std::memcpy(&value, bytes, sizeof value);
  return std::byteswap(value);
}

FailureKind kind_of(std::string_view state) {
  if (state == "40001" || state == "40P01") return FailureKind::kConflict;
  if (state.starts_with("23")) return FailureKind::kConstraint;
  if (state == "57014" || state == "55P03") return FailureKind::kTimeout;  // statement, lock
  if (state == "53100" || state.starts_with("58") || state.starts_with("XX") || state == "25006") {
    return FailureKind::kStorage;  // disk full, system error, damaged data, read-only
  }
  if (state.empty() || state.starts_with("08") || state.starts_with("53") ||
      state.starts_with("57P")) {
    return FailureKind::kUnavailable;
  }
  return FailureKind::kMistake;
}

// `set`: "SET", or "SET LOCAL" for a transaction.
std::string settings(const std::string& set, std::chrono::milliseconds statement_time) {
  return set + " statement_timeout = " + std::to_string(statement_time.count()) + "; " + set +
         " lock_timeout = '5s'; " + set + " idle_in_transaction_session_timeout = '60s'; " + set +
         " timezone = 'UTC'";
}

std::string_view without_newline(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

// The parameters of one call in the form libpq wants: zero-terminated text, or bytes with a length.
class WireParams {
 public:
  explicit WireParams(std::span<const Param> params)
      : texts_(params.size()),
        values_(params.size()),
        lengths_(params.size()),
        formats_(params.size()) {
    RUCK_ASSERT(params.size() <= kParamsMax);
    for (std::size_t i = 0; i < params.size(); ++i) add(i, params[i]);
  }
  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  void add(std::size_t i, const Param& param) {
    if (const auto* bytes = std::get_if<BytesView>(&param)) {
      values_[i] = bytes->data.data() ? bytes->data.data() : "";
      lengths_[i] = static_cast<int>(bytes->data.size());
      formats_[i] = 1;
    } else if (!std::holds_alternative<std::monostate>(param)) {
      texts_[i] = text_of(param);
      values_[i] = texts_[i].c_str();
    }
  }
  static std::string text_of(const Param& param) {
    if (const auto* integer = std::get_if<std::int64_t>(&param)) return std::to_string(*integer);
    if (const auto* yes = std::get_if<bool>(&param)) return *yes ? "t" : "f";
    if (const auto* uuid = std::get_if<Uuid>(&param)) return uuid->to_string();
    if (const auto* text = std::get_if<std::string_view>(&param)) return std::string(*text);
    std::array<char, 32> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<double>(param));
    RUCK_ASSERT(error == std::errc());
    return {buffer.data(), end};
  }

  std::vector<std::string> texts_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};
}  // namespace

class Connection::ResultRow final : public Row {
 public:
  explicit ResultRow(const PGresult* result) : result_(result) {}
  void stand_on(int row) { row_ = row; }

  [[nodiscard]] bool is_null(int column) const override {
    return PQgetisnull(result_, row_, column) != 0;
  }
  [[nodiscard]] std::int64_t integer(int column) const override {
    if (is_null(column)) return 0;
    const char* data = PQgetvalue(result_, row_, column);
    switch (PQftype(result_, column)) {
      case kInt8:
        return big_endian<std::int64_t>(data);
      case kInt4:
        return big_endian<std::int32_t>(data);
      case kInt2:
        return big_endian<std::int16_t>(data);
      case kBool:
        return data[0] != 0 ? 1 : 0;
      default:
        throw mismatch(column, "an integer");
    }
  }
  [[nodiscard]] double real(int column) const override {
    if (is_null(column)) return 0;
    const char* data = PQgetvalue(result_, row_, column);
    switch (PQftype(result_, column)) {
      case kFloat8:
        return std::bit_cast<double>(big_endian<std::uint64_t>(data));
      case kFloat4:
        return std::bit_cast<float>(big_endian<std::uint32_t>(data));
      default:
        return static_cast<double>(integer(column));
    }
  }
  [[nodiscard]] bool boolean(int column) const override { return integer(column) != 0; }
  [[nodiscard]] std::string_view text(int column) const override { return view(column); }
  [[nodiscard]] std::string_view bytes(int column) const override {
    if (PQftype(result_, column) != kBytea) throw mismatch(column, "bytes");
    return view(column);
  }
  [[nodiscard]] Uuid uuid(int column) const override {
    if (PQftype(result_, column) != kUuid) throw mismatch(column, "a uuid");
    Uuid::Bytes out{};
    if (!is_null(column)) std::memcpy(out.data(), PQgetvalue(result_, row_, column), out.size());
    return Uuid(out);
  }

 private:
  [[nodiscard]] std::string_view view(int column) const {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  [[nodiscard]] Failure mismatch(int column, const char* wanted) const {
    return {FailureKind::kMistake,
            std::string("column ") + PQfname(result_, column) + " is not " + wanted, "row"};
  }
  const PGresult* result_;
  int row_ = 0;
};

void Connection::FreeResult::operator()(pg_result* result) const { PQclear(result); }
void Connection::CloseConnection::operator()(pg_conn* connection) const { PQfinish(connection); }

Connection::Connection(const ConnectionOptions& options, Observer observe)
    : observe_(std::move(observe)), prepares_(options.prepares) {
  const std::string timeout = std::to_string(kConnectTimeoutSeconds);
  // Later settings win over earlier ones: ours are defaults, the DSN (given as dbname) decides.
  const std::array<const char*, 7> keys = {"connect_timeout",
                                           "application_name",
                                           "target_session_attrs",
                                           "keepalives_idle",
                                           "client_encoding",
                                           "dbname",
                                           nullptr};
  const std::array<const char*, 7> values = {
      timeout.c_str(),     "ruck", options.is_replica ? "any" : "read-write", "30", "UTF8",
      options.dsn.c_str(), nullptr};
  handle_.reset(PQconnectdbParams(keys.data(), values.data(), 1));
  if (PQstatus(handle_.get()) != CONNECTION_OK) {
    // libpq's message names host and port, never the password.
    throw Failure(FailureKind::kUnavailable,
                  std::string(without_newline(PQerrorMessage(handle_.get()))), "connect");
  }
  PQsetNoticeProcessor(handle_.get(), [](void*, const char*) {}, nullptr);
  if (prepares_) run_script(settings("SET", kStatementTimeMax));
}

Connection::~Connection() = default;

bool Connection::is_alive() const { return PQstatus(handle_.get()) == CONNECTION_OK; }

int Connection::socket() const { return PQsocket(handle_.get()); }

std::vector<std::string> Connection::take_notices() {
  struct FreeNotice {
    void operator()(PGnotify* notice) const { PQfreemem(notice); }
  };
  PQconsumeInput(handle_.get());  // a lost connection shows in is_alive()
  std::vector<std::string> channels;
  while (const auto notice = std::unique_ptr<PGnotify, FreeNotice>(PQnotifies(handle_.get()))) {
    channels.emplace_back(notice->relname);
  }
  return channels;
}

void Connection::break_off() const { ::shutdown(PQsocket(handle_.get()), SHUT_RDWR); }

bool Connection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void Connection::check(const ResultPtr& result, const std::string& statement) const {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE)
    return;
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const std::string what(
      without_newline(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY)
                          ? PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY)
                          : PQerrorMessage(handle_.get())));
  const bool is_taken_key = state != nullptr && std::string_view(state) == "23505";
  const FailureKind kind = is_taken_key && taken_keys_are_conflicts_
                               ? FailureKind::kConflict
                               : kind_of(state != nullptr ? state : "");
  throw Failure(kind, what + " (" + (state ? state : "-") + ")", statement);
}

void Connection::run_script(std::string_view statements) {
  std::string text;
  for (const std::string& each : std::exchange(begin_, {})) text += each + "; ";
  text += statements;
  const ResultPtr result(PQexec(handle_.get(), text.c_str()));
  check(result, "script");
}

// One round trip for several statements, measured as `sql`.
void Connection::run_together(const Sql& sql, const std::string& statements) {
  const auto start = std::chrono::steady_clock::now();
  const ResultPtr result(PQexec(handle_.get(), statements.c_str()));
  check(result, sql.name());
  observe_(sql, std::chrono::steady_clock::now() - start);
}

// What a transaction begins with; 0 would be no limit.
std::vector<std::string> Connection::begin_of(
    const Sql& begin, std::optional<std::chrono::steady_clock::time_point> until) const {
  using std::chrono::milliseconds;
  const auto left = until
                        ? std::chrono::ceil<milliseconds>(*until - std::chrono::steady_clock::now())
                        : kStatementTimeMax;
  const auto time = std::clamp(left, milliseconds(1), kStatementTimeMax);
  std::vector<std::string> statements{begin.text()};
  if (!prepares_) {
    statements.push_back(settings("SET LOCAL", time));
  } else if (time < kStatementTimeMax) {
    statements.push_back("SET LOCAL statement_timeout = " + std::to_string(time.count()));
  }
  return statements;
}

void Connection::begin(const Sql& begin,
                       std::optional<std::chrono::steady_clock::time_point> until) {
  take_answer_of_end();
  until_.reset();
  std::string statements;
  for (const std::string& each : begin_of(begin, until)) {
    statements += (statements.empty() ? "" : "; ") + each;
  }
  if (statements.contains(';')) {
    run_together(begin, statements);
  } else {
    execute(begin);
  }
  until_ = until;
}

void Connection::begin_read(const Sql& begin,
                            std::optional<std::chrono::steady_clock::time_point> until) {
  if (!prepares_) return this->begin(begin, until);
  take_answer_of_end();
  begin_ = begin_of(begin, until);
  until_ = until;
}

void Connection::end_read(const Sql& end) {
  if (!prepares_) return this->end(end);
  until_.reset();
  if (!std::exchange(begin_, {}).empty()) return;  // nothing was asked
  is_ending_ = PQsendQuery(handle_.get(), end.text().c_str()) == 1;
  if (!is_ending_) check(nullptr, end.name());
}

void Connection::take_answer_of_end() {
  if (!std::exchange(is_ending_, false)) return;
  while (ResultPtr(PQgetResult(handle_.get()))) {
  }
}

void Connection::end(const Sql& end) {
  until_.reset();
  execute(end);
}

std::string Connection::name_of(const Sql& sql) { return "q" + std::to_string(sql.index()); }

bool Connection::is_prepared(const Sql& sql) {
  if (prepared_.size() <= sql.index()) prepared_.resize(sql.index() + 1, false);
  return prepared_[sql.index()];
}

void Connection::prepare(const Sql& sql, std::size_t param_count) {
  if (is_prepared(sql)) return;
  const std::string name = name_of(sql);
  const ResultPtr result(PQprepare(handle_.get(), name.c_str(), sql.text().c_str(),
                                   static_cast<int>(param_count), nullptr));
  check(result, sql.name());
  prepared_[sql.index()] = true;
}

auto Connection::send(const Sql& sql, std::span<const Param> params) -> ResultPtr {
  if (!begin_.empty()) return begin_and_send(sql, params);
  take_answer_of_end();
  const WireParams wire(params);
  if (!prepares_) {
    return ResultPtr(PQexecParams(handle_.get(), sql.text().c_str(), wire.count(), nullptr,
                                  wire.values(), wire.lengths(), wire.formats(), kBinaryResult));
  }
  prepare(sql, params.size());
  const std::string name = name_of(sql);
  return ResultPtr(PQexecPrepared(handle_.get(), name.c_str(), wire.count(), wire.values(),
                                  wire.lengths(), wire.formats(), kBinaryResult));
}

// One way there and back for all of it (libpq's pipeline mode). Gives the first answer that is an
// error, or that of the statement.
auto Connection::begin_and_send(const Sql& sql, std::span<const Param> params) -> ResultPtr {
  PGconn* connection = handle_.get();
  const std::vector<std::string> begin = std::exchange(begin_, {});
  const WireParams wire(params);
  const std::string name = name_of(sql);
  const bool is_new = !is_prepared(sql);
  bool is_sent = PQenterPipelineMode(connection) == 1;
  for (const std::string& each : begin) {
    is_sent = is_sent && PQsendQueryParams(connection, each.c_str(), 0, nullptr, nullptr, nullptr,
                                           nullptr, kBinaryResult) == 1;
  }
  if (is_new) {
    is_sent = is_sent && PQsendPrepare(connection, name.c_str(), sql.text().c_str(), wire.count(),
                                       nullptr) == 1;
  }
  is_sent = is_sent &&
            PQsendQueryPrepared(connection, name.c_str(), wire.count(), wire.values(),
                                wire.lengths(), wire.formats(), kBinaryResult) == 1 &&
            PQpipelineSync(connection) == 1;
  ResultPtr answer;
  bool is_good = is_sent;
  const std::size_t answers = begin.size() + (is_new ? 2 : 1);
  for (std::size_t i = 0; is_sent && i < answers; ++i) {
    ResultPtr each(PQgetResult(connection));
    if (!each) break;  // the connection is lost
    while (ResultPtr(PQgetResult(connection))) {
    }
    if (!is_good) continue;  // those after an error are not run
    const ExecStatusType status = PQresultStatus(each.get());
    is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (is_good && is_new && i + 2 == answers) prepared_[sql.index()] = true;
    answer = std::move(each);
  }
  if (is_sent) ResultPtr(PQgetResult(connection)).reset();  // of the sync
  // Of no use to anybody else: it would take nothing but such statements.
  if (PQexitPipelineMode(connection) != 1) break_off();
  return answer;
}

std::int64_t Connection::run(const Sql& sql, std::span<const Param> params, const RowSink& sink) {
  const auto start = std::chrono::steady_clock::now();
  if (until_ && start >= *until_) {
    throw Failure(FailureKind::kTimeout, "the request's time is over", sql.name());
  }
  const ResultPtr result = send(sql, params);
  check(result, sql.name());
  ResultRow row(result.get());
  const int rows = PQntuples(result.get());
  for (int i = 0; i < rows; ++i) {
    row.stand_on(i);
    if (!sink(row)) break;
  }
  observe_(sql, std::chrono::steady_clock::now() - start);
  const std::string_view changed = PQcmdTuples(result.get());
  std::int64_t count = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), count);
  return count;
}

}  // namespace ruck::db::postgres

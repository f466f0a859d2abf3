// Every statement of the program finds its rows by an index.
//
// Both databases are asked for the plan of each registered statement, on a population that is large
// enough for a planner to care, after ANALYZE (and, on SQLite, before it as well: a fresh database
// has no statistics). A full scan of a table that grows with the users fails, whoever added the
// statement.
#include "app/server_app.hpp"
#include "support/databases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace ruck::app {
namespace {

// Statements that may read a whole table, and why.
const std::map<std::string, std::string> kMayScan = {
    {"auth.signing_keys", "a handful of keys, at start"},
    {"cache.forget_doubts", "a row for each server that is in doubt; mostly none"},
    {"cache.others_doubt", "likewise"},
    {"jobs.depths", "what waits, by kind, for metrics; what is done has no row"},
    {"jobs.list", "the newest few, for an operator"},
    {"jobs.list_of_kind", "likewise, of one kind"},
    {"people.recount", "made for filling a database, once"},
};

constexpr int kUsers = 50'000;  // far fewer, and reading all of them is cheaper than an index
constexpr int kRucks = 20'000;  // of the first 2,000 of them

// One that must be found: the test would be worthless if it were not.
const db::Sql kBad{"test.bad_plan", "SELECT u.id FROM users u WHERE u.gender = $1"};

bool is_looked_at(const std::string& name) {
  if (name == kBad.name()) return true;
  return !name.starts_with("db.") && !name.starts_with("test.") && !name.starts_with("plan.");
}

// `$1` … replaced by what `with` gives for each number.
template <class Fn>
std::string replaced(std::string_view text, Fn with) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (text[i] != '$' || end == i + 1) {
      out += text[i++];
      continue;
    }
    out += with(std::stoi(std::string(text.substr(i + 1, end - i - 1))));
    i = end;
  }
  return out;
}

// For SQLite the plan does not depend on the values; the statements must exist before the database
// is opened, as all do.
struct Explained {
  const db::Sql* statement;
  std::unique_ptr<db::Sql> explain;
};
const std::vector<Explained>& for_sqlite() {
  static const std::vector<Explained> all = [] {
    std::vector<Explained> made;
    const std::vector<const db::Sql*> statements = db::Sql::all();
    for (const db::Sql* sql : statements) {
      if (!is_looked_at(sql->name()) || !sql->is_for(db::Dialect::kSqlite)) continue;
      made.push_back(
          {sql, std::make_unique<db::Sql>(
                    "plan." + sql->name(),
                    "EXPLAIN QUERY PLAN " + replaced(sql->text(), [](int) { return "NULL"; }))});
    }
    return made;
  }();
  return all;
}

const db::Sql kTypes{"plan.types",
                     "SELECT ARRAY_TO_STRING(CAST(parameter_types AS TEXT[]), ',')"
                     " FROM pg_prepared_statements WHERE name = $1"};
const db::Sql kExplain{"plan.explain", "SELECT explain_text($1)"};
constexpr const char* kExplainFunction =
    "CREATE FUNCTION explain_text(query TEXT) RETURNS SETOF TEXT LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$";

// The statistics of a database that has been used for years.
constexpr const char* kGrow =
    "UPDATE sqlite_stat1 SET stat = CAST(stat AS INTEGER) * 100 || SUBSTR(stat, INSTR(stat, ' '))"
    " WHERE tbl <> 'users' AND INSTR(stat, ' ') > 0; ANALYZE sqlite_schema;";

class PlansTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    static_cast<void>(ServerApp::openapi_document());  // links every service, and so its statements
    static_cast<void>(for_sqlite());
    migrate();
    populate();
  }
  [[nodiscard]] bool is_sqlite() const { return kind() == test::DatabaseKind::kSqlite; }

  // The user of number i, an expression of i.
  [[nodiscard]] std::string user(const std::string& i) const {
    return is_sqlite() ? "CAST(PRINTF('%016d', " + i + ") AS BLOB)"
                       : "CAST(LPAD(TO_HEX(CAST(" + i + " AS INTEGER)), 32, '0') AS UUID)";
  }
  [[nodiscard]] std::string bytes() const { return is_sqlite() ? "x'00'" : "CAST('0' AS BYTEA)"; }
  static std::string no() { return "CAST(0 AS BOOLEAN)"; }
  // INSERT of `count` rows: `columns` and an expression of i for each, as "column = expression".
  std::string rows(const std::string& table, int count,
                   const std::vector<std::pair<std::string, std::string>>& columns) const {
    std::string names;
    std::string values;
    for (const auto& [name, value] : columns) {
      names += (names.empty() ? "" : ", ") + name;
      values += (values.empty() ? "" : ", ") + value;
    }
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM numbers WHERE i <= {};\n", table, names,
                       values, count);
  }
  void populate() {
    const std::string owner = user("i % 2000 + 1");  // of ruck i
    std::string script = fmt::format(
        "CREATE TABLE numbers (i BIGINT PRIMARY KEY);"
        "INSERT INTO numbers (i) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < {}) SELECT i FROM n;",
        3 * kRucks);
    std::vector<std::pair<std::string, std::string>> users = {
        {"id", user("i")},
        {"email", "'u' || i"},
        {"username", "'user' || i"},
        {"name_key", "'user' || i"},
        {"calorie_method", "'hr'"},
        {"time_zone", "'UTC'"},
        {"secret", bytes()},
        {"revision", "1"},
        {"created_at", "i"},
        {"updated_at", "i"},
        {"allow_ruck_sharing", "CAST(1 AS BOOLEAN)"}};
    for (const char* flag :
         {"calorie_active_only", "prefer_metric", "is_private", "notification_clubs",
          "notification_buddies", "notification_events", "notification_duels",
          "notification_first_ruck", "strava_auto_export"}) {
      users.emplace_back(flag, no());
    }
    script += rows("users", kUsers, users);
    script += rows("credentials", kUsers,
                   {{"email_key", "'u' || i"},
                    {"user_id", user("i")},
                    {"password_hash", "'x'"},
                    {"updated_at", "i"}});
    script += rows("login_sessions", kRucks,
                   {{"user_id", owner},
                    {"id", user("i")},
                    {"family_key", bytes()},
                    {"user_agent", "'x'"},
                    {"created_at", "i"},
                    {"last_used_at", "i"},
                    {"expires_at", "i"}});
    script +=
        rows("refresh_tokens", kRucks,
             {{"token_hash", is_sqlite() ? "CAST('t' || i AS BLOB)" : "CAST('t' || i AS BYTEA)"},
              {"user_id", owner},
              {"session_id", user("i")},
              {"issued_at", "i"}});
    script += rows("user_counts", kUsers,
                   {{"user_id", user("i")}, {"followers", "10"}, {"following", "10"}});
    script += rows("follows", kRucks,
                   {{"follower_id", user("i % 2000 + 1")},
                    {"followed_id", user("(i + i / 2000 + 1) % 50000 + 1")},
                    {"created_at", "i"}});
    script += rows("blocks", kUsers,
                   {{"user_id", user("i % 2000 + 1")},
                    {"other_id", user("(i + i / 2000 + 50) % 50000 + 1")},
                    {"by_user", no()},
                    {"by_other", no()},
                    {"created_at", "i"}});
    script += rows("privacy_zones", kUsers,
                   {{"user_id", user("i % 2000 + 1")},
                    {"id", user("i")},
                    {"name", "'x'"},
                    {"lat", "47.0"},
                    {"lng", "8.0"},
                    {"radius_m", "100.0"},
                    {"created_at", "i"}});
    script += rows("privacy_anchors", kUsers,
                   {{"user_id", user("i % 2000 + 1")},
                    {"lat", "47.0 + i / 1000.0"},
                    {"lng", "8.0"},
                    {"need_m", "130.0"}});
    script += rows("former_zones", kUsers,
                   {{"user_id", user("i % 2000 + 1")},
                    {"id", user("i")},
                    {"lat", "47.0"},
                    {"lng", "8.0"},
                    {"radius_m", "100.0"},
                    {"until", "i"}});
    script += notify_script();
    script += rows("name_trigrams", kRucks, {{"trigram", "'t' || (i / 40)"}, {"user_id", owner}});
    script += rows("jobs", kUsers,
                   {{"kind", "'kind' || (i % 20)"},
                    {"payload", "'{}'"},
                    {"user_id", user("i")},
                    {"attempts", "0"},
                    {"run_at", "i"},
                    {"created_at", "i"}});
    script += rucks_script(owner);
    const auto done = database().write_now([&](db::Session& q) { q.run_script(script); });
    ASSERT_TRUE(done) << done.error().detail;
  }
  std::string notify_script() const {
    std::string script = rows("notifications", 3 * kRucks,
                              {{"user_id", user("i % 2000 + 1")},
                               {"id", "i"},
                               {"kind", "'ruck_like'"},
                               {"actor_id", user("(i + i / 2000 + 7) % 50000 + 1")},
                               {"object", user("i")},
                               {"data", "'{}'"},
                               {"is_listed", "CAST(1 AS BOOLEAN)"},
                               {"created_at", "i"}});
    const std::string hash = is_sqlite() ? "CAST('t' || i AS BLOB)" : "CAST('t' || i AS BYTEA)";
    script += rows("push_devices", kUsers,
                   {{"user_id", user("i % 25000 + 1")},
                    {"id", user("i")},
                    {"service", "'fcm'"},
                    {"device_key", "'d' || i"},
                    {"token", "'t' || i"},
                    {"token_hash", hash},
                    {"session_id", user("i")},
                    {"created_at", "i"},
                    {"used_at", "i"}});
    script += rows("notification_settings", kUsers,
                   {{"user_id", user("i")},
                    {"choices", "'{}'"},
                    {"updated_at", "i"},
                    {"digest_week", "CASE i % 10 WHEN 0 THEN i END"},
                    {"digest_at", "CASE i % 10 WHEN 0 THEN i END"}});
    return script;
  }
  std::string rucks_script(const std::string& owner) const {
    std::vector<std::pair<std::string, std::string>> rucks = {
        {"user_id", owner},
        {"id", "i"},
        {"status", "'completed'"},
        {"visibility", "CASE i % 3 WHEN 0 THEN 'private' ELSE 'public' END"},
        {"client_key", "'offline_' || i"},
        {"import_key", "'file' || i"},
        {"body", "'{}'"},
        {"client", "'{}'"},
        {"altitude_source", "'gps'"},
        {"distance_source", "'points'"},
        {"created_at", "i"},
        {"updated_at", "i"},
        {"last_arrival_at", "i"},
        {"listed_at", "i"},
        {"shown_at", "i"},
        {"shown_epoch", "1"},
        {"local_day", "i / 10"},
        {"place_cell", "i % 500"},
        {"allow_live_following", "CAST(1 AS BOOLEAN)"},
        {"is_manual", no()},
        {"has_photos", no()},
        {"steps", "0"},
        {"point_count", "0"}};
    for (const char* real : {"ruck_weight_kg", "moving_s", "paused_s", "elevation_loss_m",
                             "power_points", "load_distance_kg_km", "training_load"}) {
      rucks.emplace_back(real, "1.0");
    }
    for (const char* real :
         {"distance_m", "duration_s", "elevation_gain_m", "calories_kcal", "shown_distance_m",
          "shown_duration_s", "shown_gain_m", "shown_loss_m", "shown_kcal"}) {
      rucks.emplace_back(real, "i * 1.0");
    }
    std::string script = rows("rucks", kRucks, rucks);
    script += rows("ruck_owners", kRucks, {{"ruck_id", "i"}, {"user_id", owner}});
    script += rows("ruck_progress", kRucks,
                   {{"user_id", owner},
                    {"ruck_id", "i"},
                    {"version", "1"},
                    {"state", bytes()},
                    {"tail", bytes()},
                    {"heart_rate_tail", bytes()},
                    {"point_count", "0"},
                    {"heart_rate_count", "0"},
                    {"last_arrival_at", "i"}});
    for (const auto& [table, count] :
         {std::pair{"track_chunks", "points"}, std::pair{"heart_rate_chunks", "samples"}}) {
      script += rows(table, kRucks,
                     {{"user_id", owner},
                      {"ruck_id", "i"},
                      {"first_ms", "i"},
                      {count, "1"},
                      {"packing", "'blocks'"},
                      {"data", bytes()}});
    }
    script += rows("ruck_events", kRucks,
                   {{"user_id", owner}, {"ruck_id", "i"}, {"at_ms", "i"}, {"kind", "'pause'"}});
    script += rows("splits", kRucks,
                   {{"user_id", owner},
                    {"ruck_id", "i"},
                    {"unit", "'km'"},
                    {"number", "1"},
                    {"distance_m", "1.0"},
                    {"duration_s", "1.0"},
                    {"moving_s", "1.0"},
                    {"total_distance_m", "1.0"},
                    {"total_duration_s", "1.0"},
                    {"elevation_gain_m", "1.0"},
                    {"elevation_loss_m", "1.0"},
                    {"calories_kcal", "1.0"},
                    {"ended_at_ms", "i"}});
    script += rows("ruck_lines", kRucks, {{"user_id", owner}, {"ruck_id", "i"}, {"line", bytes()}});
    std::vector<std::pair<std::string, std::string>> days = {
        {"user_id", owner}, {"day", "i / 2000"}, {"rucks", "1"}};
    for (const char* real : {"distance_m", "duration_s", "moving_s", "elevation_gain_m",
                             "calories_kcal", "power_points", "load_distance_kg_km"}) {
      days.emplace_back(real, "1.0");
    }
    script += rows("user_days", kRucks, days);
    script += rows("likes", 3 * kRucks,
                   {{"ruck_id", "i % 20000 + 1"},
                    {"user_id", user("(i + i / 20000) % 2000 + 1")},
                    {"id", user("i")},
                    {"created_at", "i"}});
    script += rows("comments", 3 * kRucks,
                   {{"id", user("i")},
                    {"ruck_id", "i % 20000 + 1"},
                    {"user_id", user("i % 2000 + 1")},
                    {"content", "'x'"},
                    {"created_at", "i"},
                    {"updated_at", "i"}});
    script += rows("ruck_counts", kRucks, {{"ruck_id", "i"}, {"likes", "3"}, {"comments", "3"}});
    return script + media_script();
  }
  // Two photos a ruck; one of a thousand waits or was refused.
  std::string media_script() const {
    const std::string hash = is_sqlite() ? "CAST('h' || i AS BLOB)" : "CAST('h' || i AS BYTEA)";
    const std::string script =
        rows("media", 2 * kRucks,
             {{"id", user("i")},
              {"user_id", user("(i % 20000) % 2000 + 1")},
              {"ruck_id", "i % 20000 + 1"},
              {"status", "CASE i % 1000 WHEN 0 THEN 'waiting' ELSE 'ready' END"},
              {"source_hash", hash},
              {"source_bytes", "1"},
              {"incoming_key", "'x'"},
              {"keep_original", no()},
              {"filename", "'x'"},
              {"alt_text", "''"},
              {"variants", "'{}'"},
              {"width", "1"},
              {"height", "1"},
              {"thumb_hash", bytes()},
              {"created_at", "i"},
              {"updated_at", "i"}});
    return script +
           rows("media_blobs", 3 * kRucks,
                {{"user_id", user("i % 2000 + 1")}, {"blob", "'b' || i"}, {"holder", user("i")}});
  }

  // The tables a statement names, by the names it gives them.
  static std::map<std::string, std::string> aliases(const std::string& text) {
    std::map<std::string, std::string> found;
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
      const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (is_word) word += c;
      if (!is_word && !word.empty()) words.push_back(std::exchange(word, {}));
    }
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      const bool is_before_table =
          words[i] == "FROM" || words[i] == "JOIN" || words[i] == "UPDATE" || words[i] == "INTO";
      if (!is_before_table) continue;
      found[words[i + 1]] = words[i + 1];
      if (i + 2 < words.size()) found[words[i + 2]] = words[i + 1];
    }
    return found;
  }
  static const std::set<std::string>& large_tables() {
    static const std::set<std::string> all = {"users",
                                              "credentials",
                                              "login_sessions",
                                              "refresh_tokens",
                                              "user_counts",
                                              "follows",
                                              "blocks",
                                              "privacy_zones",
                                              "name_trigrams",
                                              "privacy_anchors",
                                              "former_zones",
                                              "rucks",
                                              "ruck_owners",
                                              "ruck_progress",
                                              "track_chunks",
                                              "heart_rate_chunks",
                                              "ruck_events",
                                              "splits",
                                              "ruck_lines",
                                              "user_days",
                                              "likes",
                                              "comments",
                                              "ruck_counts",
                                              "notifications",
                                              "push_devices",
                                              "notification_settings",
                                              "media",
                                              "media_blobs",
                                              "jobs"};
    return all;
  }
  // Walking an index in its order is a scan too, unless a LIMIT ends it. A Bloom filter is made by
  // reading all of its table, however few rows are wanted. A search without an index looks for a
  // MIN or MAX in all rows.
  static std::optional<std::string> sqlite_scan(const std::string& line, const std::string& text) {
    const std::string_view filter = "BLOOM FILTER ON ";
    const std::string_view search = "SEARCH ";
    const bool is_blind = line.starts_with(search) && !line.contains(" USING ");
    const std::size_t from = line.starts_with("SCAN ")  ? 5
                             : line.starts_with(filter) ? filter.size()
                             : is_blind                 ? search.size()
                                                        : std::string::npos;
    if (from == std::string::npos) return std::nullopt;
    const std::string name = line.substr(from, line.find(' ', from) - from);
    const auto names = aliases(text);
    const auto table = names.find(name);
    if (table == names.end() || !large_tables().contains(table->second)) return std::nullopt;
    const bool is_ordered_walk = line.contains("USING INDEX") && text.contains("LIMIT");
    return is_ordered_walk ? std::nullopt : std::optional(line);
  }
  static std::optional<std::string> postgres_scan(const std::string& line, const std::string&) {
    const std::size_t at = line.find("Seq Scan on ");
    if (at == std::string::npos) return std::nullopt;
    const std::string name = line.substr(at + 12, line.find(' ', at + 12) - at - 12);
    return large_tables().contains(name) ? std::optional(line) : std::nullopt;
  }

  void check_sqlite(const std::string& when) {
    for (const Explained& each : for_sqlite()) {
      std::vector<std::string> plan;
      const auto done = database().write_now([&](db::Session& q) {
        plan.clear();
        q.each(*each.explain, [&](const db::Row& row) {
          plan.emplace_back(row.text(3));
          return true;
        });
      });
      EXPECT_TRUE(done) << each.statement->name() << ": " << done.error().detail;
      judge(*each.statement, plan, when, sqlite_scan);
    }
  }
  void check_postgres() {
    for (const db::Sql* sql : db::Sql::all()) {
      if (!is_looked_at(sql->name()) || !sql->is_for(db::Dialect::kPostgres)) continue;
      std::vector<std::string> plan;
      const auto done = database().write_now([&](db::Session& q) {
        plan.clear();
        const std::string name = "p" + std::to_string(sql->index());
        q.run_script("PREPARE " + name + " AS " + sql->text());
        const std::string types = q.optional<std::string>(kTypes, name).value_or("");
        const std::string query = "EXECUTE " + name + values_for(types, sql->text());
        q.each(
            kExplain,
            [&](const db::Row& row) {
              plan.emplace_back(row.text(0));
              return true;
            },
            query);
      });
      EXPECT_TRUE(done) << sql->name() << ": " << done.error().detail;
      judge(*sql, plan, "after ANALYZE", postgres_scan);
    }
  }
  // Values as they would be: a page of twenty, a key above all others, a user that exists.
  [[nodiscard]] std::string values_for(const std::string& types, const std::string& text) const {
    if (types.empty()) return "";
    std::string values;
    int number = 0;
    std::size_t at = 0;
    while (at != std::string::npos) {
      const std::size_t end = types.find(',', at);
      const std::string type = types.substr(at, end - at);
      at = end == std::string::npos ? end : end + 1;
      ++number;
      const std::string mark = "$" + std::to_string(number);
      const auto is_after = [&](const std::string& word) {
        const std::size_t found = text.find(word + " " + mark);
        const std::size_t next = found + word.size() + 1 + mark.size();
        return found != std::string::npos &&
               (next >= text.size() || std::isdigit(static_cast<unsigned char>(text[next])) == 0);
      };
      std::string value = "'x'";
      if (type == "uuid") value = "'00000000-0000-0000-0000-000000000007'";
      if (type == "bigint" || type == "integer" || type == "numeric") value = "9000000000000000";
      if (type == "double precision") value = "1e300";
      if (type == "boolean") value = "false";
      if (type.ends_with("[]")) value = "'{}'";
      if (is_after("LIMIT")) value = "21";
      if (is_after("OFFSET")) value = "0";
      values += (values.empty() ? "(" : ", ") + value;
    }
    return values + ")";
  }
  template <class Scan>
  void judge(const db::Sql& sql, const std::vector<std::string>& plan, const std::string& when,
             Scan scan) {
    std::string whole;
    for (const std::string& line : plan) whole += "    " + line + "\n";
    if (&sql == &kBad) {
      const bool is_found = std::ranges::any_of(
          plan, [&](const std::string& line) { return scan(line, sql.text()).has_value(); });
      EXPECT_TRUE(is_found) << whole;
      return;
    }
    for (const std::string& line : plan) {
      const auto found = scan(line, sql.text());
      EXPECT_TRUE(!found || kMayScan.contains(sql.name()))
          << sql.name() << " " << when << " scans: " << *found << "\n"
          << whole;
    }
  }
};

TEST_P(PlansTest, NoStatementScansALargeTable) {
  if (is_sqlite()) check_sqlite("without statistics");
  const auto analyzed = database().write_now([&](db::Session& q) { q.run_script("ANALYZE"); });
  ASSERT_TRUE(analyzed) << analyzed.error().detail;
  if (is_sqlite()) {
    check_sqlite("after ANALYZE");
    const auto grown = database().write_now([](db::Session& q) { q.run_script(kGrow); });
    ASSERT_TRUE(grown) << grown.error().detail;
    check_sqlite("when everybody has a hundred times as many rucks");
    return;
  }
  const auto made = database().write_now([](db::Session& q) { q.run_script(kExplainFunction); });
  ASSERT_TRUE(made) << made.error().detail;
  check_postgres();
}

RUCK_ON_BOTH_DATABASES(PlansTest);

}  // namespace
}  // namespace ruck::app

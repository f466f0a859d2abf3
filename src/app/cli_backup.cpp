// ruck backup, restore and check: what an operator does with the data.
#include "app/cli.hpp"
#include "app/media_files.hpp"
#include "base/random.hpp"
#include "db/open.hpp"
#include "db/sqlite/backup.hpp"
#include "media/store/folder.hpp"
#include "services/rucks/summary/audit.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <set>

namespace ruck::app {
namespace {
constexpr std::int64_t kKeysAtOnce = 500;
constexpr std::size_t kShownMax = 50;       // differences printed
constexpr std::size_t kRestoreSample = 10;  // rucks computed anew before a backup is trusted
constexpr std::string_view kSqlite = "sqlite:";

int print_error(std::string_view verb, std::string_view what) {
  fmt::print(stderr, "ruck {}: {}\n", verb, what);
  return 1;
}

// The path of the embedded database; nothing, and a message, for PostgreSQL.
std::optional<std::string> sqlite_path(std::string_view verb, const runtime::Config& config) {
  const std::string_view url = config.database_url;
  if (url.starts_with(kSqlite)) return std::string(url.substr(kSqlite.size()));
  print_error(
      verb,
      "this is for the embedded database; a PostgreSQL is kept with its own tools, pg_dump and"
      " pg_restore, or by archiving its log");
  return std::nullopt;
}

// Calls `visit` for each ruck, in the order of keys, until it says false.
Result<> for_each_ruck(db::Database& database,
                       const std::function<bool(rucks::store::Key)>& visit) {
  rucks::store::Key last{.user = UserId(Uuid()), .ruck = RuckId(0)};
  for (;;) {
    const auto keys = database.read_now(
        [&](db::Session& q) { return rucks::store::keys_after(q, last, kKeysAtOnce); });
    if (!keys) return fail(keys.error());
    if (keys->empty()) return {};
    for (const rucks::store::Key& key : *keys) {
      if (!visit(key)) return {};
    }
    last = keys->back();
  }
}

// A few rucks, each as likely as any other.
Result<std::vector<rucks::store::Key>> sample(db::Database& database, std::size_t count) {
  std::vector<rucks::store::Key> chosen;
  std::uint64_t seen = 0;
  const Result<> done = for_each_ruck(database, [&](rucks::store::Key key) {
    ++seen;
    if (chosen.size() < count) {
      chosen.push_back(key);
    } else if (const std::uint64_t place = random_u64() % seen; place < count) {
      chosen[place] = key;
    }
    return true;
  });
  if (!done) return fail(done.error());
  return chosen;
}

class Report {
 public:
  void add(const std::string& line) {
    if (++count_ <= kShownMax) fmt::print("{}\n", line);
  }
  void add(const std::vector<rucks::Difference>& differences) {
    for (const rucks::Difference& found : differences) {
      add(fmt::format("ruck {}: {}", found.ruck.value(), found.what));
    }
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

Result<> audit_ruck(db::Database& database, rucks::store::Key key, Report& report) {
  const auto found = database.read_now([&](db::Session& q) { return rucks::audit(q, key); });
  if (!found) return fail(found.error());
  report.add(*found);
  return {};
}

Result<> audit_user(db::Database& database, UserId user, Report& report) {
  const auto found = database.read_now([&](db::Session& q) { return rucks::audit_days(q, user); });
  if (!found) return fail(found.error());
  for (const std::string& line : *found) report.add(line);
  return {};
}

Result<> audit_sample(const std::string& path, Report& report) {
  telemetry::Metrics metrics;
  auto database = db::open({.url = std::string(kSqlite) + path, .read_only = true}, metrics);
  if (!database) return fail(database.error());
  const auto keys = sample(**database, kRestoreSample);
  if (!keys) return fail(keys.error());
  for (const rucks::store::Key& key : *keys) {
    if (Result<> done = audit_ruck(**database, key, report); !done) return done;
  }
  fmt::print("{} of its rucks computed anew\n", keys->size());
  (*database)->close();
  return {};
}

std::int64_t rows_of(const std::vector<db::sqlite::TableRows>& tables, std::string_view name) {
  for (const auto& table : tables) {
    if (table.name == name) return table.rows;
  }
  return 0;
}
std::string summary(const std::vector<db::sqlite::TableRows>& tables) {
  return fmt::format("{} users, {} rucks, {} blocks of points", rows_of(tables, "users"),
                     rows_of(tables, "rucks"),
                     rows_of(tables, "track_chunks") + rows_of(tables, "ruck_progress"));
}

std::string summary(const MediaCount& count) {
  return fmt::format("{} files of photos, {:.1f} MB", count.files,
                     static_cast<double>(count.bytes) / 1e6);
}
void tell_of_s3(std::string_view verb) {
  fmt::print(stderr,
             "ruck {}: the photos are in S3, and stay out of this; keep them there by versions or"
             " a second bucket\n",
             verb);
}

// The backup is there, whole, under its name, or not at all: the database of one that is broken off
// has another name. Photos come before the database and after it: a photo's blobs are stored before
// its row and removed after it, so those of the first pass and those of the second are all that the
// rows in between need, but for photos that came and were deleted while it ran.
Result<> back_up(const std::string& database, const std::string& file,
                 const std::optional<std::string>& photos) {
  namespace fs = std::filesystem;
  if (fs::exists(file)) return fail(ErrorCode::kInvalidInput, file + " is there already");
  const std::string kept = media_of_backup(file);
  const std::string unfinished = file + ".unfinished";
  std::error_code error;
  fs::remove(unfinished, error);  // of a broken run; if it stays, the next step tells
  if (photos) {
    if (const auto first = copy_media(*photos, kept); !first) return fail(first.error());
  }
  const auto tables = db::sqlite::back_up(database, unfinished);
  if (!tables) return fail(tables.error());
  MediaCount count;
  if (photos) {
    const auto second = copy_media(*photos, kept);
    if (!second) return fail(second.error());
    count = *second;
  }
  if (Result<> named = db::sqlite::rename_synced(unfinished, file); !named) return named;
  fmt::print("{}: {}\n", file, summary(*tables));
  if (photos) fmt::print("{}: {}\n", kept, summary(count));
  return {};
}

// The photos of a backup are what their names say, and all that its rows need.
Result<> verify_photos(const std::string& file, const std::string& kept, Report& report) {
  const auto verified = verify_media(
      kept, [&](const std::string& key) { report.add("photo " + key + ": is damaged"); });
  if (!verified) return fail(verified.error());
  telemetry::Metrics metrics;
  auto database = db::open({.url = std::string(kSqlite) + file, .read_only = true}, metrics);
  if (!database) return fail(database.error());
  std::size_t missing = 0;
  const auto looked_for =
      find_missing_media(**database, kept, [&](const std::string&) { ++missing; });
  (*database)->close();
  if (!looked_for) return fail(looked_for.error());
  fmt::print("{} files of photos are what they were\n", verified->files);
  if (missing > 0) {
    fmt::print("{} files are not in the backup: of photos deleted while it was made\n", missing);
  }
  return {};
}

// What is damaged in the folder is taken from the backup, too.
Result<MediaCount> put_photos_back(const std::string& kept, const std::string& folder) {
  std::vector<std::string> damaged;
  const auto verified =
      verify_media(folder, [&](const std::string& key) { damaged.push_back(key); });
  if (!verified) return verified;
  for (const std::string& key : damaged) {
    if (!std::filesystem::exists(media::folder::path_of(kept, key))) continue;
    if (Result<> removed = media::folder::remove(folder, key); !removed) {
      return fail(ErrorCode::kStorageFailed, removed.error().detail);
    }
  }
  return copy_media(kept, folder);
}

Result<> check_photos(db::Database& database, const std::string& folder, Report& report) {
  const auto verified = verify_media(
      folder, [&](const std::string& key) { report.add("photo " + key + ": is damaged"); });
  if (!verified) return fail(verified.error());
  const auto looked_for = find_missing_media(database, folder, [&](const std::string& key) {
    report.add("photo " + key + ": is missing");
  });
  if (!looked_for) return fail(looked_for.error());
  fmt::print("{} files of photos read, {} looked for\n", verified->files, *looked_for);
  return {};
}

// The one word that the verb takes, and the settings.
std::optional<std::string> file_argument(std::string_view verb, const Arguments& arguments) {
  if (arguments.words().size() == 1) return arguments.words()[0];
  fmt::print(stderr, "usage: ruck {} FILE\n", verb);
  return std::nullopt;
}
}  // namespace

int backup(Arguments arguments) {
  const auto file = file_argument("backup", arguments);
  if (!file) return 2;
  const auto config = config_from(arguments);
  if (!config) return 2;
  const auto path = sqlite_path("backup", *config);
  if (!path) return 1;
  const auto photos = media_folder(*config);
  if (!photos) tell_of_s3("backup");
  if (const Result<> done = back_up(*path, *file, photos); !done) {
    return print_error("backup", done.error().client_text());
  }
  return 0;
}

int restore(Arguments arguments) {
  const auto file = file_argument("restore", arguments);
  if (!file) return 2;
  const auto config = config_from(arguments);
  if (!config) return 2;
  const auto path = sqlite_path("restore", *config);
  if (!path) return 1;
  const auto tables = db::sqlite::verify_backup(*file);
  if (!tables) return print_error("restore", tables.error().client_text());
  Report report;
  if (const Result<> audited = audit_sample(*file, report); !audited) {
    return print_error("restore", audited.error().client_text());
  }
  if (report.count() > 0) {
    return print_error("restore", *file + " holds rucks that are not what their tracks give");
  }
  const auto photos = media_folder(*config);
  const std::string kept_photos = media_of_backup(*file);
  const bool has_photos = photos && std::filesystem::exists(kept_photos);
  if (has_photos) {
    const Result<> verified = verify_photos(*file, kept_photos, report);
    if (!verified) return print_error("restore", verified.error().client_text());
    if (report.count() > 0) return print_error("restore", kept_photos + " holds damaged photos");
    // Before the database: none of its rows is without its files.
    const auto copied = put_photos_back(kept_photos, *photos);
    if (!copied) return print_error("restore", copied.error().client_text());
    fmt::print("{}: {}\n", *photos, summary(*copied));
  }
  const auto kept = db::sqlite::put_in_place(*file, *path);
  if (!kept) return print_error("restore", kept.error().client_text());
  fmt::print("{}: {}\n", *path, summary(*tables));
  if (!kept->empty()) fmt::print("what was there is kept as {}\n", *kept);
  return 0;
}

int check(Arguments arguments) {
  if (!arguments.words().empty()) {
    fmt::print(stderr, "usage: ruck check\n");
    return 2;
  }
  const auto config = config_from(arguments);
  if (!config) return 2;
  telemetry::Metrics metrics;
  const auto database = db::open({.url = config->database_url,
                                  .sqlite_readers = 1,
                                  .postgres_connections = 2,
                                  .postgres_prepares = config->database_prepare,
                                  .read_only = true},
                                 metrics);
  if (!database) return print_error("check", database.error().client_text());
  Report report;
  std::size_t rucks = 0;
  std::optional<UserId> user;
  Result<> outcome;
  const Result<> walked = for_each_ruck(**database, [&](rucks::store::Key key) {
    if (user != key.user) outcome = audit_user(**database, key.user, report);
    user = key.user;
    if (outcome) outcome = audit_ruck(**database, key, report);
    ++rucks;
    return outcome.has_value();
  });
  const auto photos = media_folder(*config);
  if (!photos) tell_of_s3("check");
  if (walked && outcome && photos) outcome = check_photos(**database, *photos, report);
  (*database)->close();
  if (!walked) return print_error("check", walked.error().client_text());
  if (!outcome) return print_error("check", outcome.error().client_text());
  fmt::print("{} rucks computed anew, {} differences\n", rucks, report.count());
  return report.count() == 0 ? 0 : 1;
}

}  // namespace ruck::app

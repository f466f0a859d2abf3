// The house rules that compilers and formatters do not know. Each message says what to do instead.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace ruck {
namespace {
namespace fs = std::filesystem;

struct File {
  std::string path;  // from the root of the project
  std::vector<std::string> lines;
  std::string text;
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Files below the folders, with one of the endings.
std::vector<File> files_in(const std::vector<std::string>& folders,
                           const std::vector<std::string>& endings) {
  const fs::path root = RUCK_SOURCE_DIR;
  std::vector<File> files;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string path = fs::relative(entry.path(), root).string();
      const bool wanted = std::ranges::any_of(
          endings, [&](const std::string& ending) { return path.ends_with(ending); });
      if (!entry.is_regular_file() || !wanted || path.contains("node_modules")) continue;
      File file{.path = path, .lines = {}, .text = read(entry.path())};
      std::istringstream in(file.text);
      for (std::string line; std::getline(in, line);) file.lines.push_back(line);
      files.push_back(std::move(file));
    }
  }
  std::ranges::sort(files, {}, &File::path);
  return files;
}

std::vector<File> sources() { return files_in({"src"}, {".cpp", ".hpp"}); }
std::vector<File> all_cpp() { return files_in({"src", "tests"}, {".cpp", ".hpp"}); }

bool is_test(const std::string& path) {
  return path.starts_with("tests/") || path.contains("/tests/") || path.contains("/bench/");
}

std::string where(const File& file, std::size_t line) {
  return file.path + ":" + std::to_string(line + 1);
}

// The modules and what each may include, from src/CMakeLists.txt.
std::map<std::string, std::set<std::string>> modules() {
  std::map<std::string, std::set<std::string>> found;
  const std::string text = read(fs::path(RUCK_SOURCE_DIR) / "src/CMakeLists.txt");
  const std::regex call(R"(ruck_module\(([a-z_/]+)([^)]*)\))");
  for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) {
    std::istringstream words((*it)[2].str());
    std::set<std::string>& allowed = found[(*it)[1].str()];
    allowed.insert((*it)[1].str());
    bool in_deps = false;
    for (std::string word; words >> word;) {
      if (word == "DEPS" || word == "LIBS") {
        in_deps = word == "DEPS";
      } else if (in_deps) {
        allowed.insert(word);
      }
    }
  }
  return found;
}

// The module of a path below src/, the longest that fits; empty for main.cpp.
std::string module_of(const std::map<std::string, std::set<std::string>>& all,
                      const std::string& path) {
  std::string best;
  for (const auto& [name, deps] : all) {
    if (path.starts_with(name + "/") && name.size() > best.size()) best = name;
  }
  return best;
}

TEST(Tidy, ModulesIncludeOnlyWhatTheyDeclare) {
  const auto all = modules();
  ASSERT_GT(all.size(), 10U);
  const std::regex include("^#include \"([^\"]+)\"");
  for (const File& file : sources()) {
    const std::string inside = file.path.substr(4);
    const std::string module = module_of(all, inside);
    if (module.empty() || is_test(file.path)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(file.lines[i], match, include)) continue;
      const std::string target = module_of(all, match[1].str());
      EXPECT_TRUE(target.empty() || all.at(module).contains(target))
          << where(file, i) << ": " << module << " may not include " << target
          << "; add it to DEPS in src/CMakeLists.txt if the direction is right";
    }
  }
}

TEST(Tidy, ModulesHaveNoCycles) {
  const auto all = modules();
  std::set<std::string> done;
  for (std::size_t round = 0; round <= all.size(); ++round) {
    for (const auto& [name, deps] : all) {
      const bool ready = std::ranges::all_of(
          deps, [&](const std::string& dep) { return dep == name || done.contains(dep); });
      if (ready) done.insert(name);
    }
  }
  for (const auto& [name, deps] : all) EXPECT_TRUE(done.contains(name)) << name << " is in a cycle";
}

// A newcomer finds every module where CONTRIBUTING says where a line of code belongs.
TEST(Tidy, EveryModuleIsInTheGuideAndInTheArchitecture) {
  const fs::path root = RUCK_SOURCE_DIR;
  const std::string guide = read(root / "CONTRIBUTING.md");
  const std::size_t begin = guide.find("## Where a line of code belongs");
  ASSERT_NE(begin, std::string::npos);
  const std::string chain = guide.substr(begin, guide.find("## How a change is made") - begin);
  const std::string page = read(root / "docs/architecture.md");
  for (const auto& [name, deps] : modules()) {
    const std::string last = name.substr(name.rfind('/') + 1);
    EXPECT_TRUE(std::regex_search(chain, std::regex("\\b" + last + "\\b")))
        << "name " << name << " in CONTRIBUTING.md";
    const bool is_service = name.starts_with("services/");
    EXPECT_TRUE(is_service || page.contains("`" + name + "`"))
        << "name " << name << " in docs/architecture.md";
  }
}

TEST(Tidy, LibrariesAreIncludedOnlyInTheirAdapters) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> homes = {
      {"boost/beast", {"src/http/session/", "src/http/client/"}},
      {"boost/url", {"src/http/client/url.cpp"}},
      {"libpq-fe.h", {"src/db/postgres/", "tests/support/"}},
      {"sqlite3.h", {"src/db/sqlite/", "tests/durability/fault_vfs.cpp"}},
      {"simdjson.h", {"src/http/json/"}},
      {"sodium.h", {"src/crypto/", "src/services/auth/", "src/app/"}},
      {"pugixml.hpp", {"src/gpx/", "src/media/store/s3_xml.cpp"}},
      {"vips/", {"src/media/vips/", "tests/media/make_picture.cpp"}},
      {"seccomp.h", {"src/media/worker/sandbox.cpp"}},
      {"toml++", {"src/runtime/config.cpp"}},
      {"date/tz.h", {"src/calendar/"}},
      {"hiredis/", {"src/redis/connection.cpp"}},
      {"zlib.h", {"src/http/compress.cpp", "tests/media/files.cpp"}},
      {"zstd.h", {"src/services/rucks/track/packing.cpp", "src/rucking/tests/"}},
      {"curl/",
       {"src/http/client/curl_outbound.cpp", "src/http/client/curl_transfer.cpp",
        "src/mail/smtp.cpp"}},
      {"openssl/", {"src/http/session/", "src/push/keys.cpp", "src/push/tests/"}}};
  for (const File& file : all_cpp()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (!file.lines[i].starts_with("#include <")) continue;
      for (const auto& [header, allowed] : homes) {
        if (!file.lines[i].contains(header)) continue;
        const bool at_home = std::ranges::any_of(
            allowed, [&](const std::string& home) { return file.path.starts_with(home); });
        EXPECT_TRUE(at_home) << where(file, i) << ": <" << header
                             << "> belongs in its adapter; use the adapter's interface";
      }
    }
  }
}

struct Ban {
  std::string pattern;
  std::string instead;
  std::vector<std::string> allowed_in;
};

TEST(Tidy, BannedConstructsAreNotUsed) {
  const std::vector<Ban> bans = {
      {R"(\bdetached\b)", "spawn into a runtime::TaskGroup, which logs, counts and joins", {}},
      {R"(catch \(\.\.\.\) \{\s*\})", "say in the handler why nothing is done", {}},
      {R"(std::async\b)", "use runtime::BlockingPool", {}},
      {R"(std::regex\b)", "write a small parser: std::regex recurses on input", {}},
      {R"(system_clock::now)", "take a Clock", {"src/base/clock.hpp"}},
      {R"(this_thread::sleep)",
       "co_await runtime::sleep_for, or a condition variable",
       {"src/db/postgres/", "src/load/", "src/app/cli_watch.cpp"}},
      {R"(std::(recursive_|timed_|shared_)*mutex\b|std::condition_variable|std::(lock|scoped_lock)\b)",
       "use Mutex, Guard and Condition of base/thread_safety.hpp, which the compiler checks",
       {"src/base/thread_safety.hpp"}},
      {R"(std::(lock_guard|unique_lock|shared_lock)\b)",
       "use Guard, ReadGuard or WriteGuard of base/thread_safety.hpp",
       {"src/base/thread_safety.hpp"}},
      {R"(\bstd::rand\b|\bsrand\b)", "use base/random or a seeded generator", {}},
      {R"((^|[^_a-z])new [A-Z])", "use std::make_unique", {}},
      {R"(\bdelete [a-z])", "use std::unique_ptr", {}},
      {R"(using namespace std\b)", "name what you use", {}},
      {R"(asio::deferred|\buse_task\b)",
       "wait with runtime::sleep_for or await_promise, which keep the request's context, or set it "
       "aside (runtime/context.hpp)",
       {"src/runtime/task.hpp", "src/runtime/resumption.hpp", "src/runtime/sleep.hpp",
        "src/media/worker/child_process.cpp", "src/http/session/",
        // Outside of requests.
        "src/jobs/runner.cpp", "src/load/", "src/http/client/async_client.cpp"}},
      {R"(\b(TODO|FIXME|XXX|HACK)\b)", "do it, or open an issue", {}},
      {R"(std::thread\b)",
       "threads belong to runtime and the databases",
       {"src/runtime/", "src/db/", "src/app/", "src/load/", "src/http/client/curl_outbound.hpp",
        "src/http/client/curl_outbound.cpp"}},
  };
  for (const File& file : sources()) {
    if (is_test(file.path)) continue;
    for (const Ban& ban : bans) {
      const bool allowed = std::ranges::any_of(
          ban.allowed_in, [&](const std::string& home) { return file.path.starts_with(home); });
      if (allowed) continue;
      const std::regex pattern(ban.pattern);
      for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string code = file.lines[i].substr(0, file.lines[i].find("//"));
        EXPECT_FALSE(std::regex_search(code, pattern))
            << where(file, i) << ": " << file.lines[i] << "\n  instead: " << ban.instead;
      }
    }
  }
}

// A db::Sql registers itself for good: the next database of the process reads those of before.
TEST(Tidy, NoStatementEndsBeforeTheProgram) {
  const std::regex local(R"(^\s+(const |constexpr )?(db::)?Sql \w+[{(=])");
  for (const File& file : sources()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(std::regex_search(file.lines[i], local))
          << where(file, i) << ": " << file.lines[i] << "\n  make it static, or of the namespace";
    }
  }
}

// A mutex that guards nothing the compiler knows of is checked by nobody.
TEST(Tidy, EveryMutexGuardsSomething) {
  const std::regex declared(R"(^\s*(mutable )?(Shared)?Mutex (\w+);)");
  for (const File& file : sources()) {
    if (file.path == "src/telemetry/log.cpp") continue;  // guards the pipe, which is not a variable
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch match;
      if (is_test(file.path) || !std::regex_search(file.lines[i], match, declared)) continue;
      EXPECT_TRUE(file.text.contains("RUCK_GUARDED_BY(" + match[3].str() + ")"))
          << where(file, i) << ": say with RUCK_GUARDED_BY what it guards";
    }
  }
}

TEST(Tidy, AServiceFolderHasReadmeRoutesAndTests) {
  const fs::path services = fs::path(RUCK_SOURCE_DIR) / "src/services";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(services)) {
    if (!entry.is_directory()) continue;
    ++count;
    for (const char* needed : {"README.md", "routes.cpp", "service.hpp", "tests"}) {
      EXPECT_TRUE(fs::exists(entry.path() / needed)) << entry.path() << " lacks " << needed;
    }
  }
  EXPECT_GT(count, 3);
}

TEST(Tidy, EveryModuleHasAReadmeOfAtMostAPage) {
  for (const auto& [module, deps] : modules()) {
    const fs::path readme = fs::path(RUCK_SOURCE_DIR) / "src" / module / "README.md";
    ASSERT_TRUE(fs::exists(readme)) << readme;
    const std::string text = read(readme);
    EXPECT_LE(std::ranges::count(text, '\n'), 130) << readme << " is longer than a page or two";
  }
}

TEST(Tidy, NoServiceReachesIntoAnothersStore) {
  const std::regex include(
      "^#include \"services/([a-z_]+)/(?:[a-z_]+/)?(store|rows|settle|ingest)\\.hpp\"");
  for (const File& file : sources()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch match;
      if (is_test(file.path) || !std::regex_search(file.lines[i], match, include)) continue;
      EXPECT_TRUE(file.path.starts_with("src/services/" + match[1].str() + "/"))
          << where(file, i) << ": call the service's service.hpp";
    }
  }
}

// All headers that a file includes, and those that they include; ours as "http/values.hpp".
std::set<std::string> headers_of(const std::string& path) {
  const std::regex include("#include [\"<]([^\">]+)[\">]");
  std::set<std::string> found;
  std::vector<std::string> todo{path};
  while (!todo.empty()) {
    const std::string text = read(fs::path(RUCK_SOURCE_DIR) / "src" / todo.back());
    todo.pop_back();
    for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
      if (found.insert((*it)[1].str()).second) todo.push_back((*it)[1].str());
    }
  }
  return found;
}

// What every file of a feature reads is cheap to compile: no routing, no Asio.
TEST(Tidy, TypesOfAServiceDoNotReachRoutingOrAsio) {
  int count = 0;
  for (const File& file : files_in({"src/services"}, {"types.hpp"})) {
    ++count;
    for (const std::string& header : headers_of(file.path.substr(4))) {
      const bool is_costly = header.starts_with("runtime/") || header.starts_with("boost/asio") ||
                             header == "http/bind.hpp" || header == "http/router.hpp" ||
                             header == "http/endpoint.hpp" || header == "http/json/writer.hpp";
      EXPECT_FALSE(is_costly) << file.path << " reaches " << header
                              << ": include http/values.hpp, and the rest in the .cpp";
    }
  }
  EXPECT_GT(count, 5);
}

TEST(Tidy, OnlySourceFilesBindRoutes) {
  for (const File& file : files_in({"src"}, {".hpp"})) {
    EXPECT_FALSE(file.text.contains("#include \"http/endpoint.hpp\""))
        << file.path << ": include http/handler.hpp, and http/endpoint.hpp in routes.cpp";
  }
}

// The floors of the rucks' rooms, from the bottom up; what is in no folder stands on all of them,
// but for the rows.
TEST(Tidy, TheRoomsOfRucksStandOnEachOther) {
  const std::string folder = "src/services/rucks/";
  const auto floor_of = [](const std::string& inside) {
    static const std::set<std::string> bottom = {"rows", "store", "limits", "types"};
    const std::vector<std::string> rooms = {"track/", "summary/", "recording/"};
    for (std::size_t i = 0; i < rooms.size(); ++i) {
      if (inside.starts_with(rooms[i])) return i + 1;
    }
    return bottom.contains(inside.substr(0, inside.find('.'))) ? std::size_t{0} : rooms.size() + 1;
  };
  const std::regex include("^#include \"services/rucks/([a-z_/.]+)\"");
  std::size_t looked_at = 0;
  for (const File& file : sources()) {
    if (!file.path.starts_with(folder) || is_test(file.path)) continue;
    const std::size_t floor = floor_of(file.path.substr(folder.size()));
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(file.lines[i], match, include)) continue;
      ++looked_at;
      EXPECT_LE(floor_of(match[1].str()), floor)
          << where(file, i) << ": stands above it (see the folder's README)";
    }
  }
  EXPECT_GT(looked_at, 50U);
}

TEST(Tidy, LinesAndFilesAreShort) {
  constexpr std::size_t kColumns = 100;
  constexpr std::size_t kLines = 620;
  for (const File& file : all_cpp()) {
    EXPECT_LE(file.lines.size(), kLines) << file.path << ": split it by what changes together";
    if (is_test(file.path)) continue;  // a test may hold a long body
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto columns = std::ranges::count_if(
          file.lines[i], [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
      EXPECT_LE(static_cast<std::size_t>(columns), kColumns) << where(file, i);
    }
  }
}

// A function's body runs from a line that ends in "{" at the outermost level to a lone "}".
TEST(Tidy, FunctionsAreShort) {
  constexpr std::size_t kLines = 70;
  for (const File& file : sources()) {
    if (is_test(file.path)) continue;
    std::size_t start = 0;
    bool inside = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      const bool opens = !line.empty() && line.front() != ' ' && line.front() != '}' &&
                         line.ends_with("{") && line.contains('(') && !line.contains(" = ");
      if (opens) {
        start = i;
        inside = true;
      }
      if (inside && line == "}") {
        EXPECT_LE(i - start, kLines) << where(file, start) << ": split this function";
        inside = false;
      }
    }
  }
}

// Gaps are allowed: several people write migrations at a time.
TEST(Tidy, NoTwoMigrationsHaveOneNumber) {
  std::set<int> numbers;
  for (const File& file : files_in({"migrations"}, {".sql"})) {
    const std::string name = fs::path(file.path).filename().string();
    EXPECT_TRUE(numbers.insert(std::stoi(name.substr(0, 4))).second) << name;
  }
  EXPECT_FALSE(numbers.empty());
}

// What a migration takes away or narrows, servers of the version before may still use while they
// are replaced one by one. A later version does it, when none of those is left, and says so with a
// line that begins with `-- contract:`.
TEST(Tidy, MigrationsOnlyWidenTheSchema) {
  constexpr int kSince = 17;  // before, all servers were stopped first
  const std::regex narrows(
      R"(DROP TABLE|DROP COLUMN|RENAME|ALTER COLUMN \S+ (SET NOT NULL|TYPE|SET DATA))");
  const std::regex adds(R"(ADD COLUMN[^;]*NOT NULL[^;]*;)");
  int seen = 0;
  for (const File& file : files_in({"migrations"}, {".sql"})) {
    if (std::stoi(fs::path(file.path).filename().string().substr(0, 4)) < kSince) continue;
    ++seen;
    if (file.text.contains("\n-- contract: ")) continue;
    EXPECT_FALSE(std::regex_search(file.text, narrows)) << file.path;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), adds), end; it != end; ++it) {
      EXPECT_TRUE(it->str().contains("DEFAULT"))
          << file.path << ": servers of the version before add rows without " << it->str();
    }
  }
  EXPECT_GT(seen, 0);
}

TEST(Tidy, AMarkdownFileHasOneTitle) {
  std::vector<File> files = files_in({"docs", "src", "tests", "web", "deploy"}, {".md"});
  for (const char* name : {"README.md", "CONTRIBUTING.md"}) {
    File file{.path = name, .lines = {}, .text = read(fs::path(RUCK_SOURCE_DIR) / name)};
    std::istringstream in(file.text);
    for (std::string line; std::getline(in, line);) file.lines.push_back(line);
    files.push_back(std::move(file));
  }
  for (const File& file : files) {
    int titles = 0;
    bool in_code = false;
    for (const std::string& line : file.lines) {
      if (line.starts_with("```")) in_code = !in_code;
      titles += !in_code && line.starts_with("# ") ? 1 : 0;
    }
    EXPECT_EQ(titles, 1) << file.path;
  }
}

// Each block of the worked example is in the file that is named above it, line for line.
TEST(Tidy, TheWorkedExampleIsWhatTheCodeSays) {
  std::istringstream guide(read(fs::path(RUCK_SOURCE_DIR) / "docs/add-an-endpoint.md"));
  std::string path;
  std::string block;
  bool in_code = false;
  int compared = 0;
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("```")) {
      if (in_code) {
        EXPECT_TRUE(read(fs::path(RUCK_SOURCE_DIR) / path).contains(block)) << path << "\n"
                                                                            << block;
        compared += 1;
      }
      in_code = !in_code;
      block.clear();
    } else if (in_code) {
      block += line + "\n";
    } else if (line.starts_with("`") && line.ends_with("`")) {
      path = line.substr(1, line.size() - 2);
    }
  }
  EXPECT_GE(compared, 8);
}

TEST(Tidy, NoPathOfOneMachineIsInTheProject) {
  const std::regex machine(R"((^|[^a-z.])/(work|farm|home/[a-z]+)/)");
  for (const File& file :
       files_in({"src", "tests", "docs", "scripts", "migrations", "cmake", "web/src"},
                {".cpp", ".hpp", ".md", ".sql", ".cmake", ".txt", ".ts", ".lua"})) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (file.path == "tests/tidy/tidy_test.cpp") continue;
      EXPECT_FALSE(std::regex_search(file.lines[i], machine)) << where(file, i);
    }
  }
}

}  // namespace
}  // namespace ruck

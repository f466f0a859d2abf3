#include "app/cli.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "gpx/recording.hpp"
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"
#include "load/replay.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ruck::app {
namespace {
constexpr auto kClockAhead = std::chrono::hours(1);
constexpr std::string_view kReplayUsage =
    "usage: ruck replay FILE.gpx [--url http://127.0.0.1:8080] [--email E --password P] [--load-kg "
    "N]\n"
    "                            [--speedup N] [--now] [--quiet]\n"
    "The server may also be named by RUCK_URL.\n";

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The account that replays use unless one is named: made up once and kept, readable by the user
// only.
class KeptAccount {
 public:
  explicit KeptAccount(std::string folder)
      : path_(folder + "/replay-account.json"), token_path_(folder + "/replay-token") {
    std::error_code ignored;  // shows when the file cannot be written
    std::filesystem::create_directories(folder, ignored);
  }
  [[nodiscard]] load::Account get() const {
    const json::Tree tree = json::Tree::parse(read_file(path_).value_or(""));
    if (tree.has("email"))
      return {.email = tree["email"].text(), .password = tree["password"].text(), .token = {}};
    return {.email = "replay-" + to_hex(random_bytes(4)) + "@example.org",
            .password = to_hex(random_bytes(16)),
            .token = {}};
  }
  void put(const load::Account& account) const {
    write_private(path_,
                  fmt::format("{{\"email\":{},\"password\":{}}}\n", json::to_text(account.email),
                              json::to_text(account.password)));
    write_private(token_path_, account.token);
  }
  [[nodiscard]] const std::string& token_path() const { return token_path_; }

 private:
  static void write_private(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return;
    ::fchmod(file, 0600);  // one that was there already keeps its mode otherwise
    static_cast<void>(!::write(file, text.data(), text.size()));
    ::close(file);
  }
  std::string path_;
  std::string token_path_;
};

void show_progress(double share) {
  if (::isatty(STDERR_FILENO) == 0) return;
  constexpr int kWidth = 40;
  const int done = static_cast<int>(std::lround(share * kWidth));
  fmt::print(stderr, "\r  [{:<{}}] {:>3.0f} %", std::string(static_cast<std::size_t>(done), '='),
             kWidth, share * 100);
  if (share >= 1) fmt::print(stderr, "\n");
}

void show_cheer(const json::Tree& cheer) {
  fmt::print("{}♥ {}: {}\n", ::isatty(STDERR_FILENO) != 0 ? "\n" : "",
             cheer["sender_username"].text(), cheer["message"].text());
  std::fflush(stdout);
}

int print_error(std::string_view verb, std::string_view what) {
  fmt::print(stderr, "ruck {}: {}\n", verb, what);
  return 1;
}

double number_flag(const Arguments& arguments, std::string_view name, double fallback) {
  const auto text = arguments.flag(name);
  return text ? parse_double(*text).value_or(std::nan("")) : fallback;
}
}  // namespace

int replay(Arguments arguments) {
  const auto unknown = arguments.unknown_flag(
      {"url", "email", "password", "load_kg", "speedup", "now", "quiet", "data_dir"});
  if (unknown || arguments.words().size() != 1) {
    if (unknown) fmt::print(stderr, "ruck replay: there is no flag --{}\n", *unknown);
    fmt::print(stderr, "{}", kReplayUsage);
    return 2;
  }
  const std::string& path = arguments.words()[0];
  const char* given_url = std::getenv("RUCK_URL");
  const std::string usual_url = given_url != nullptr ? given_url : "http://127.0.0.1:8080";
  const auto url = http::parse_url(arguments.flag("url").value_or(usual_url));
  if (!url) return print_error("replay", url.error().client_text());
  const load::ReplayOptions options{.load_kg = number_flag(arguments, "load_kg", 0),
                                    .speedup = number_flag(arguments, "speedup", 0),
                                    .ends_now = arguments.has("now"),
                                    .on_cheer = show_cheer};
  if (!(options.load_kg >= 0) || !(options.speedup >= 0))
    return print_error("replay", "--load-kg and --speedup must be numbers");
  const auto xml = read_file(path);
  if (!xml) return print_error("replay", path + " cannot be read");
  const UtcMs latest = to_ms(SystemClock().now()) + kClockAhead;
  const auto document = gpx::read(*xml, latest);
  if (!document)
    return print_error("replay", path + ": " + std::string(document.error().client_text()));
  gpx::Recording recording = gpx::to_recording(*document, latest);
  for (const std::string& remark : recording.remarks)
    fmt::print(stderr, "ruck replay: {}\n", remark);

  const KeptAccount kept(arguments.flag("data_dir").value_or("var"));
  const load::Account known = kept.get();
  load::Phone phone(*url);
  const bool is_named = arguments.has("email");
  const auto account = phone.sign_in(arguments.flag("email").value_or(known.email),
                                     arguments.flag("password").value_or(known.password));
  if (!account) return print_error("replay", account.error().client_text());
  if (!is_named) kept.put(*account);
  const bool quiet = arguments.has("quiet");
  const auto ruck = load::replay(phone, std::move(recording), options, [quiet](double share) {
    if (!quiet) show_progress(share);
  });
  if (!ruck) return print_error("replay", ruck.error().client_text());
  const std::string name =
      document->name.empty() ? std::filesystem::path(path).filename().string() : document->name;
  fmt::print("{}", load::summary(*ruck, name));
  fmt::print("\n  ruck {}", phone.ruck_id());
  if (!is_named) {
    fmt::print(":  curl -H \"Authorization: Bearer $(cat {})\" {}://{}:{}/api/rucks/{}",
               kept.token_path(), "http", url->host, url->port, phone.ruck_id());
  }
  fmt::print("\n");
  return 0;
}

}  // namespace ruck::app

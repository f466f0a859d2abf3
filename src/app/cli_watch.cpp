// ruck watch: a small viewer of a ruck under way, over the WebSocket.
#include "app/cli.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "http/client/socket_client.hpp"
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"
#include "load/phone.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace ruck::app {
namespace {
using std::chrono::milliseconds;
constexpr std::string_view kUsage =
    "usage: ruck watch RUCK [--url http://127.0.0.1:8080] [--token-file FILE | --email E --password"
    " P]\n"
    "                       [--json] [--cheer TEXT] [--for SECONDS]\n"
    "       ruck watch --link TOKEN RUCK [--url ...] [--json]\n"
    "The server may also be named by RUCK_URL, a token by RUCK_TOKEN. Ends with the ruck.\n";
constexpr auto kListenFor = milliseconds(250);  // between looks at the clock
constexpr auto kPingEvery = std::chrono::seconds(25);
constexpr int kReconnectsMax = 10;
constexpr int kExitRefused = 1;

struct Settings {
  http::Url url;
  std::string ruck;
  std::string token;
  std::string link;
  std::optional<std::string> cheer;
  std::optional<double> for_seconds;
  bool is_json = false;
};

int print_error(std::string_view what) {
  fmt::print(stderr, "ruck watch: {}\n", what);
  return kExitRefused;
}

std::string clock_text(std::int64_t seconds) {
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// One line that is written over on a terminal, a line a message elsewhere, JSON lines for scripts.
class Screen {
 public:
  explicit Screen(bool is_json) : is_json_(is_json) {}

  void show(const std::string& text, const json::Tree& message) {
    if (is_json_) {
      fmt::print("{}\n", text);
      std::fflush(stdout);
      return;
    }
    const std::string type = message["type"].text();
    const json::Tree& data = message["data"];
    if (type == "snapshot" || type == "update") return line(state_of(data));
    if (type == "ended")
      return note("the ruck can be followed no longer: " + message["message"].text());
    if (type == "error") return note(message["message"].text());
    if (type == "notice") return note("the server restarts");
  }
  void note(const std::string& text) {
    fmt::print("{}{}\n", is_written_over_ && used_ ? "\n" : "", text);
    used_ = false;
    std::fflush(stdout);
  }

 private:
  static std::string state_of(const json::Tree& data) {
    const json::Tree& at = data["current_location"];
    const std::int64_t pace = std::llround(data["average_pace"].number());
    return fmt::format("{:<11} {:>6.2f} km  {}  {:>2}:{:02} /km  {}", data["ruck_status"].text(),
                       data["distance_km"].number(), clock_text(data["duration_seconds"].integer()),
                       pace / 60, pace % 60,
                       at.is_null() ? std::string("position hidden")
                                    : fmt::format("{:.5f} {:.5f}", at["latitude"].number(),
                                                  at["longitude"].number()));
  }
  void line(const std::string& text) {
    fmt::print("{}{}{}", is_written_over_ ? "\r\x1b[K" : "", text, is_written_over_ ? "" : "\n");
    std::fflush(stdout);
    used_ = true;
  }

  bool is_json_;
  bool is_written_over_ = ::isatty(STDOUT_FILENO) != 0;
  bool used_ = false;
};

class Viewer {
 public:
  explicit Viewer(Settings settings) : settings_(std::move(settings)), screen_(settings_.is_json) {}

  int run() {
    if (settings_.cheer) {
      if (const Result<> sent = send_cheer(); !sent) return print_error(sent.error().client_text());
    }
    for (int attempt = 0; attempt < kReconnectsMax; ++attempt) {
      const std::optional<int> over = follow();
      if (over) return *over;
      std::this_thread::sleep_for(reconnect_after_);
    }
    return print_error("the server cannot be reached any more");
  }

 private:
  Result<> send_cheer() const {
    http::Client client(settings_.url);
    client.set_token(settings_.token);
    const auto reply =
        client.send(http::Method::kPost, "/api/rucks/" + settings_.ruck + "/messages",
                    "{\"message\":" + json::to_text(*settings_.cheer) + "}");
    if (!reply) return fail(reply.error());
    if (reply->status == 201) return {};
    return fail(ErrorCode::kInvalidState, json::Tree::parse(reply->body)["message"].text());
  }

  // Until the ruck ends (an exit code) or the connection does (nothing).
  std::optional<int> follow() {
    auto socket = http::SocketClient::connect(settings_.url, "/api/live");
    if (!socket)
      return was_connected_ ? std::nullopt
                            : std::optional(print_error(socket.error().client_text()));
    was_connected_ = true;
    const std::string auth =
        settings_.link.empty()
            ? "{\"type\":\"auth\",\"token\":" + json::to_text(settings_.token) + "}"
            : "{\"type\":\"auth\",\"share\":" + json::to_text(settings_.link) + "}";
    std::string subscribe = "{\"type\":\"subscribe\",\"topic\":\"ruck:" + settings_.ruck + "\"";
    if (seq_ > 0) subscribe += fmt::format(",\"since\":{}", seq_);
    static_cast<void>(socket->send(auth));  // a dead connection shows at the first receive
    static_cast<void>(socket->send(subscribe + "}"));
    auto next_ping = Steady::now() + kPingEvery;
    for (;;) {
      const auto received = socket->receive(kListenFor);
      if (received.close_code) return on_close(received);
      if (received.text) {
        if (const auto over = take(*received.text)) return over;
      }
      if (settings_.for_seconds &&
          Steady::now() - started_ >= std::chrono::duration<double>(*settings_.for_seconds)) {
        socket->close();
        return 0;
      }
      if (Steady::now() < next_ping) continue;
      next_ping = Steady::now() + kPingEvery;
      static_cast<void>(socket->send("{\"type\":\"ping\"}"));
    }
  }

  std::optional<int> take(const std::string& text) {
    const json::Tree message = json::Tree::parse(text);
    const std::string type = message["type"].text();
    if (type == "snapshot" || type == "update") seq_ = message["seq"].integer();
    if (type == "notice") reconnect_after_ = milliseconds(message["reconnect_after_ms"].integer());
    screen_.show(text, message);
    if (type == "ended") return message["error"].text() == "invalid_state" ? 0 : kExitRefused;
    if (type == "error") return kExitRefused;
    return std::nullopt;
  }

  std::optional<int> on_close(const http::SocketClient::Received& received) {
    constexpr std::uint16_t kOurs = 4000;  // what a new connection would not mend
    if (*received.close_code < kOurs) return std::nullopt;
    return print_error(received.close_reason);
  }

  using Steady = std::chrono::steady_clock;
  Settings settings_;
  Screen screen_;
  Steady::time_point started_ = Steady::now();
  milliseconds reconnect_after_{1000};
  std::int64_t seq_ = 0;
  bool was_connected_ = false;
};

// The first word of a file: a token.
Result<std::string> read_token(const std::string& path) {
  std::ifstream in(path);
  std::string token;
  in >> token;
  if (token.empty()) return fail(ErrorCode::kInvalidInput, path + ": there is no token in it");
  return token;
}

Result<std::string> token_from(const Arguments& arguments, const http::Url& url) {
  if (const auto path = arguments.flag("token_file")) return read_token(*path);
  if (const auto email = arguments.flag("email")) {
    load::Phone phone(url);
    const auto account = phone.sign_in(*email, arguments.flag("password").value_or(""));
    if (!account) return fail(account.error());
    return account->token;
  }
  if (const char* given = std::getenv("RUCK_TOKEN")) return std::string(given);
  // The account that replays use.
  return read_token(arguments.flag("data_dir").value_or("var") + "/replay-token");
}
}  // namespace

int watch(Arguments arguments) {
  const auto unknown = arguments.unknown_flag(
      {"url", "token_file", "email", "password", "json", "cheer", "for", "link", "data_dir"});
  const bool is_ruck =
      arguments.words().size() == 1 && parse_number<std::int64_t>(arguments.words()[0]).has_value();
  if (unknown || !is_ruck) {
    if (unknown) fmt::print(stderr, "ruck watch: there is no flag --{}\n", *unknown);
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const char* given_url = std::getenv("RUCK_URL");
  const std::string usual_url = given_url != nullptr ? given_url : "http://127.0.0.1:8080";
  const auto url = http::parse_url(arguments.flag("url").value_or(usual_url));
  if (!url) return print_error(url.error().client_text());
  Settings settings{.url = *url,
                    .ruck = arguments.words()[0],
                    .token = {},
                    .link = arguments.flag("link").value_or(""),
                    .cheer = arguments.flag("cheer"),
                    .is_json = arguments.has("json")};
  if (const auto text = arguments.flag("for")) {
    settings.for_seconds = parse_double(*text);
    if (!settings.for_seconds) return print_error("--for must be a number of seconds");
  }
  if (settings.link.empty()) {
    Result<std::string> token = token_from(arguments, *url);
    if (!token) return print_error(token.error().client_text());
    settings.token = std::move(*token);
  }
  return Viewer(std::move(settings)).run();
}

}  // namespace ruck::app

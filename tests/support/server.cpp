#include "support/server.hpp"

#include "db/open.hpp"
#include "http/json/writer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace ruck::test {
std::string binary() {
  const char* path = std::getenv("RUCK_BINARY");
  return path != nullptr ? path : RUCK_BINARY_PATH;
}

namespace {
constexpr auto kStartWait = std::chrono::seconds(60);  // generous: sanitizers, a loaded machine
constexpr auto kStopWait = std::chrono::seconds(40);
constexpr const char* kSabotage = "RUCK_TEST_SABOTAGE";
constexpr std::string_view kStarted = R"("event":"server.started")";
constexpr std::string_view kPort = R"("port":)";
constexpr std::string_view kMetricsStarted = R"("event":"metrics.started")";
constexpr std::string_view kMetricsPort = R"("metrics_port":)";

// The port that the server says it has, in what it logged after `from`; 0 while it says nothing. A
// port chosen beforehand may be another server's by then, which would answer in its place.
int port_in(const std::string& log, std::size_t from, std::string_view event,
            std::string_view name) {
  const std::size_t started = log.find(event, from);
  if (started == std::string::npos) return 0;
  const std::size_t end = log.find('\n', started);
  const std::size_t port = log.find(name, started);
  return end == std::string::npos || port > end ? 0 : std::atoi(log.c_str() + port + name.size());
}
}  // namespace

RuckServer::RuckServer(ServerSettings settings) : settings_(std::move(settings)) { start(); }

RuckServer::~RuckServer() { kill(); }

void RuckServer::start() {
  std::vector<std::string> env = settings_.extra_env;
  // On a machine that does much else a core is late: what is asked of it is to be answered all the
  // same. A run that breaks another promise on purpose (make torture SABOTAGE=) does that.
  const char* of_run = std::getenv(kSabotage);
  const bool names_one = std::ranges::any_of(
      env, [](const std::string& each) { return each.starts_with(std::string(kSabotage) + "="); });
  if (!names_one) {
    const bool is_broken = of_run != nullptr && *of_run != '\0';
    env.push_back(std::string(kSabotage) + "=" + (is_broken ? of_run : "no-shedding"));
  }
  env.push_back("RUCK_LISTEN=127.0.0.1:" + std::to_string(port_));
  env.emplace_back("RUCK_METRICS_LISTEN=127.0.0.1:0");
  env.push_back("RUCK_DATA_DIR=" + folder_.path() + "/data");
  env.push_back(std::string("RUCK_RATE_LIMITS=") + (settings_.rate_limits ? "on" : "off"));
  if (!settings_.database_url.empty()) env.push_back("RUCK_DATABASE_URL=" + settings_.database_url);
  const std::size_t logged = log().size();
  process_ = std::make_unique<Process>(ProcessOptions{.argv = {binary(), "serve"},
                                                      .extra_env = env,
                                                      .output_path = folder_.path() + "/log",
                                                      .working_folder = folder_.path()});
  const auto deadline = std::chrono::steady_clock::now() + kStartWait;
  while (std::chrono::steady_clock::now() < deadline) {
    if (const int port = port_in(log(), logged, kStarted, kPort); port != 0) {
      metrics_port_ = port_in(log(), logged, kMetricsStarted, kMetricsPort);
      if (port_ != port) {
        port_ = port;
        url_ = "http://127.0.0.1:" + std::to_string(port_);
      }
      const auto ready = http::Client(*http::parse_url(url_)).send(http::Method::kGet, "/readyz");
      if (ready && ready->status == 200) return;
    }
    if (process_->wait(std::chrono::milliseconds(0))) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("ruck serve did not start:\n" + log());
}

std::string RuckServer::metrics_url() const {
  return "http://127.0.0.1:" + std::to_string(metrics_port_);
}

std::string RuckServer::metrics() const {
  const auto reply =
      http::Client(*http::parse_url(metrics_url())).send(http::Method::kGet, "/metrics");
  if (!reply || reply->status != 200) throw std::runtime_error("no metrics at " + metrics_url());
  return reply->body;
}

int RuckServer::stop() {
  process_->signal(SIGTERM);
  return process_->wait(kStopWait).value_or(-1);
}

void RuckServer::kill() {
  if (!process_) return;
  process_->signal(SIGKILL);
  process_->wait(std::chrono::seconds(10));
}

ApiClient::ApiClient(const std::string& url)
    : client_(*http::parse_url(url), std::chrono::seconds(60)) {}

Reply ApiClient::send(http::Method method, const std::string& target, const std::string& body,
                      std::string_view content_type) {
  auto response = client_.send(method, target, body, content_type);
  if (!response) throw std::runtime_error(std::string(response.error().client_text()));
  Reply reply{.status = response->status, .json = json::Tree::parse(response->body)};
  reply.body = response->body;
  reply.raw = std::move(*response);
  return reply;
}

Reply ApiClient::sign_up(const std::string& name) {
  Reply reply =
      post("/api/auth/signup", R"({"email":")" + name +
                                   R"(@example.org","password":"correct horse","username":")" +
                                   name + R"(","weight_kg":80,"prefer_metric":true})");
  if (reply.status != 201) throw std::runtime_error("sign-up failed: " + reply.body);
  token = reply.json["token"].text();
  refresh_token = reply.json["refresh_token"].text();
  user_id = reply.json["user"]["id"].text();
  client_.set_token(token);
  return reply;
}

std::string exchange_raw(int port, std::string_view bytes, std::chrono::milliseconds wait,
                         std::size_t piece) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    throw std::runtime_error("cannot connect");
  }
  const int at_once = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket, rest.data(), std::min(piece, rest.size()), MSG_NOSIGNAL);
    if (piece < rest.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (sent <= 0) break;  // the server has had enough; what it says is read below
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer;
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd descriptor{.fd = socket, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&descriptor, 1, static_cast<int>(left.count())) <= 0) break;
    char buffer[65536];
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(socket);
  return answer;
}

void ApiTest::start(ServerSettings settings) {
  server_.reset();
  database_ = std::make_unique<TemporaryDatabase>(GetParam());
  settings.database_url = database_->url();
  server_ = std::make_unique<RuckServer>(std::move(settings));
}

void ApiTest::with_stored(const std::function<void(db::Database&)>& work) {
  ASSERT_EQ(server_->stop(), 0) << server_->log();
  {
    telemetry::Metrics metrics;
    const auto database = db::open({.url = database_->url(), .postgres_connections = 3}, metrics);
    ASSERT_TRUE(database.has_value());
    work(**database);
    (*database)->close();
  }
  server_->start();
}

}  // namespace ruck::test

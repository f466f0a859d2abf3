// How many pushes a second leave one core, from the queue in the database to the services' answers
// and the end of the job.
//
//   push_bench COUNT phones|browsers [nginx|fake] [sqlite|postgres]
//
// The real server (RUCK_BINARY: a release build), all of whose threads are bound to the first core;
// the services are on the others: nginx, which answers each with a fixed text over TLS and HTTP/2,
// or the fake in Node.js, which checks and decrypts and is slower than that itself. Ruckers whom
// all follow start; the rate is taken from when everybody has been told until few are left.
#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "db/open.hpp"
#include "push/crowd.hpp"
#include "push/fake_push.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

namespace ruck::test {
namespace {
using Steady = std::chrono::steady_clock;
constexpr std::size_t kFollowers = 5000;
constexpr double kUntilShare = 0.95;  // the last ones wait for each other
constexpr auto kPatience = std::chrono::minutes(10);

// nginx in the place of both services; Google's tokens are still the fake's.
class FixedAnswers {
 public:
  explicit FixedAnswers(const FakePush& fake) : port_(free_port()) {
    std::ofstream(folder_.path() + "/nginx.conf") << fmt::format(
        R"({user}daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  keepalive_requests 1000000;
  server {{
    listen 127.0.0.1:{port} ssl http2; ssl_certificate {cert}; ssl_certificate_key {key};
    location /push/ {{ return 201; }}
    location / {{ default_type application/json; return 200 '{{"name":"projects/ruck-test/messages/1"}}'; }}
  }}
}}
)",
        fmt::arg("user", ::getuid() == 0 ? "user root; " : ""), fmt::arg("folder", folder_.path()),
        fmt::arg("port", port_), fmt::arg("cert", fake.certificate()), fmt::arg("key", fake.key()));
    process_ = std::make_unique<Process>(ProcessOptions{
        .argv = {"nginx", "-p", folder_.path(), "-c", folder_.path() + "/nginx.conf"}});
  }
  [[nodiscard]] std::string origin() const { return fmt::format("https://localhost:{}", port_); }

 private:
  TemporaryFolder folder_;
  int port_;
  std::unique_ptr<Process> process_;
};

struct Asked {
  std::int64_t count = 0;
  Crowd::Gadgets gadgets = Crowd::Gadgets::kPhones;
  bool is_fixed = true;
  DatabaseKind database = DatabaseKind::kSqlite;
};

std::int64_t sum_of(const std::string& metrics, std::string_view beginning) {
  std::istringstream lines(metrics);
  std::int64_t sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(beginning)) continue;
    sum += static_cast<std::int64_t>(std::stod(line.substr(line.rfind(' ') + 1)));
  }
  return sum;
}

double seconds(Steady::duration time) { return std::chrono::duration<double>(time).count(); }

// Of all its threads, in seconds.
double processor_time(pid_t pid) {
  const std::string text = read_file(fmt::format("/proc/{}/stat", pid));
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void measure(const RuckServer& server, std::int64_t all) {
  struct Sample {
    Steady::time_point at;
    std::int64_t sent = 0;
    double cpu_s = 0;
  };
  const auto sample = [&](const std::string& metrics) {
    return Sample{.at = Steady::now(),
                  .sent = sum_of(metrics, "ruck_push_messages_total{"),
                  .cpu_s = processor_time(server.pid())};
  };
  const Sample begin = sample(server.metrics());
  std::optional<Sample> told;
  Sample last = begin;
  const auto end = static_cast<std::int64_t>(kUntilShare * static_cast<double>(all));
  while (last.sent < end && Steady::now() - begin.at < kPatience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::string metrics = server.metrics();
    last = sample(metrics);
    const bool all_are_told =
        sum_of(metrics, "ruck_jobs_runs_total{kind=\"notify.ruck_started\",outcome=\"done\"") +
            sum_of(metrics, "ruck_jobs_runs_total{kind=\"rucks.started\",outcome=\"done\"") >=
        all / static_cast<std::int64_t>(kFollowers) * 3;
    if (!told && all_are_told) told = last;
  }
  const auto say = [&](const char* what, const Sample& from) {
    const double took = seconds(last.at - from.at);
    const auto sent = static_cast<double>(last.sent - from.sent);
    fmt::print("{}: {:.0f} in {:.1f} s, {:.0f}/s, {:.0f} us of the core each\n", what, sent, took,
               sent / took, (last.cpu_s - from.cpu_s) / sent * 1e6);
  };
  say("telling and sending", begin);
  if (told) say("sending alone", *told);
}

int run(const Asked& asked) {
  const TemporaryDatabase database(asked.database);
  const FakePush fake(FakePush::Wire::kTls, {}, FakePush::kLocal);
  std::optional<FixedAnswers> fixed;
  if (asked.is_fixed) fixed.emplace(fake);
  const std::string origin = fixed ? fixed->origin() : fake.origin();
  const std::string key = "bench:" + to_base64(random_bytes(32));
  RuckServer server(
      {.database_url = database.url(),
       .extra_env = {"RUCK_TOKEN_KEYS=" + key, "RUCK_PUSH_FCM_CREDENTIALS=" + fake.credentials(),
                     "RUCK_PUSH_FCM_ENDPOINT=" + origin, "RUCK_PUSH_SUBJECT=mailto:ops@example.org",
                     "RUCK_OUTBOUND_PRIVATE=on", "RUCK_OUTBOUND_CA=" + fake.certificate()}});
  const std::string server_key =
      ApiClient(server.url()).get("/api/app/web-config").json["vapid_public_key"].text();
  server.stop();
  auto browsers = fake.subscribe(kFollowers, server_key);
  for (push::WebSubscription& each : browsers) {
    each.endpoint.replace(0, fake.origin().size(), origin);
  }
  auth::Tokens tokens;
  const auto keys = auth::parse_keys(key);
  tokens.add_key(keys->front());
  tokens.sign_with(keys->front().id);
  telemetry::Metrics metrics;
  auto opened = db::open({.url = database.url(), .postgres_connections = 2}, metrics);
  const std::size_t starters =
      std::max<std::size_t>(1, static_cast<std::size_t>(asked.count) / kFollowers);
  Crowd crowd(**opened, tokens, {.followers = kFollowers, .starters = starters}, browsers,
              asked.gadgets);
  (*opened)->close();
  server.start();
  run_to_end({.argv = {"taskset", "-a", "-p", "1", std::to_string(server.pid())}},
             std::chrono::seconds(10));
  std::thread actors([&] { crowd.act(server); });
  measure(server, static_cast<std::int64_t>(starters * kFollowers));
  actors.join();
  return 0;
}
}  // namespace
}  // namespace ruck::test

int main(int argc, char** argv) {
  using namespace ruck::test;
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto has = [&](std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  const auto count = words.empty() ? std::nullopt : ruck::parse_number<std::int64_t>(words[0]);
  if (!count || (!has("phones") && !has("browsers"))) {
    std::fprintf(stderr,
                 "usage: push_bench COUNT phones|browsers [nginx|fake] [sqlite|postgres]\n");
    return 2;
  }
  return run({.count = *count,
              .gadgets = has("phones") ? Crowd::Gadgets::kPhones : Crowd::Gadgets::kBrowsers,
              .is_fixed = !has("fake"),
              .database = has("postgres") ? DatabaseKind::kPostgres : DatabaseKind::kSqlite});
}

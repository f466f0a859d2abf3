// SIGTERM in the middle of things. Whatever clients have left half done, the server ends by itself,
// in time and with exit code 0. Before, half a request head was enough for an abort: services were
// taken down while connections still ran.
#include "db/open.hpp"
#include "support/raw_connection.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <utility>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

constexpr const char* kShutdownSeconds = "RUCK_SHUTDOWN_SECONDS=5";  // of which two for requests
constexpr std::string_view kLive = "GET /livez HTTP/1.1\r\nHost: ruck\r\n\r\n";

std::string post_head(const ApiClient& user, const std::string& target, const std::string& type,
                      std::size_t body_bytes) {
  return "POST " + target + " HTTP/1.1\r\nHost: ruck\r\nAuthorization: Bearer " + user.token +
         "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body_bytes) +
         "\r\n\r\n";
}

std::string long_gpx(int points) {
  std::string xml = "<?xml version=\"1.0\"?><gpx creator=\"t\"><trk><trkseg>";
  for (int i = 0; i < points; ++i) {
    xml += "<trkpt lat=\"" + std::to_string(47 + i * 0.00001) +
           "\" lon=\"8\"><ele>400</ele><time>" +
           to_iso8601(utc_ms(1'700'000'000'000 + i * 1000LL)) + "</time></trkpt>";
  }
  return xml + "</trkseg></trk></gpx>";
}

// Keeps everybody else from a table of PostgreSQL.
class HeldLock {
 public:
  HeldLock(const std::string& url, const std::string& table) {
    auto opened = db::open({.url = url, .postgres_connections = 3}, metrics_);
    if (!opened) throw std::runtime_error("cannot open the database a second time");
    database_ = std::move(*opened);
    std::promise<void> held;
    holder_ = std::async(std::launch::async, [this, table, &held] {
      return database_->write_now([this, table, &held](db::Session& q) {
        q.run_script("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        held.set_value();
        released_.get_future().wait();
      });
    });
    held.get_future().wait();
  }
  ~HeldLock() {
    released_.set_value();
    holder_.wait();
    database_->close();
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

 private:
  telemetry::Metrics metrics_;
  std::unique_ptr<db::Database> database_;
  std::promise<void> released_;
  std::future<Result<>> holder_;
};

class LifetimeTest : public ApiTest {
 protected:
  void SetUp() override { start({.extra_env = {kShutdownSeconds}}); }
  RawConnection connect() { return RawConnection(server_->port()); }
  // Sent behind a request that is answered: then the server has read the rest as well. (The answer
  // itself once waited until the second request was whole.)
  RawConnection connect_and_begin(const std::string& rest) {
    RawConnection connection = connect();
    connection.send(std::string(kLive) + rest);
    EXPECT_THAT(connection.read_some(), HasSubstr("200 OK"));
    return connection;
  }
  // Asks for far more than the kernel holds, until the server gets no further.
  RawConnection connect_slow_reader() {
    RawConnection slow(server_->port(), 4096);
    constexpr int kRequests = 400;
    for (int i = 0; i < kRequests; ++i) {
      slow.send("GET /api/openapi.json HTTP/1.1\r\nHost: ruck\r\n\r\n");
    }
    std::string before;
    int unchanged = 0;
    EXPECT_TRUE(until([&] {
      const std::string text = server_->metrics();
      const std::string_view name = "ruck_http_request_seconds_count{route=\"system.openapi\"} ";
      const std::size_t at = text.find(name) + name.size();
      const std::string handled = text.substr(at, text.find('\n', at) - at);
      unchanged = std::exchange(before, handled) == handled && handled != "0" ? unchanged + 1 : 0;
      return unchanged == 10;
    }));
    EXPECT_LT(std::atoi(before.c_str()), kRequests);
    return slow;
  }
  void expect_end() {
    EXPECT_EQ(server_->stop(), 0) << server_->log();
    EXPECT_THAT(server_->log(), HasSubstr("server.stopped"));
  }
  void expect_clean_end() {
    expect_end();
    EXPECT_THAT(server_->log(), Not(HasSubstr("\"level\":\"error\"")));
  }
};

TEST_P(LifetimeTest, StopsWithAConnectionThatSaidNothing) {
  const RawConnection silent = connect();
  const RawConnection done = connect_and_begin("");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsInTheMiddleOfARequestHead) {
  const RawConnection half = connect_and_begin("GET /api/feed HTTP/1.1\r\nHost: ru");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsInTheMiddleOfARequestBody) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  const RawConnection half = connect_and_begin(
      post_head(anna, "/api/rucks/" + id + "/location", "application/json", 5000) +
      R"({"points":[{"lat":47,)");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsInTheMiddleOfAChunkedBody) {
  ApiClient anna = user("anna");
  const RawConnection half = connect_and_begin(
      "POST /api/rucks HTTP/1.1\r\nHost: ruck\r\nAuthorization: Bearer " + anna.token +
      "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"ru");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsWhileAFormIsHalfSent) {
  ApiClient anna = user("anna");
  const RawConnection half = connect_and_begin(
      post_head(anna, "/api/gpx/import", "multipart/form-data; boundary=B", 4'000'000) +
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.gpx\""
      "\r\n\r\n<gpx>");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsWhileAnUploadIsRead) {
  ApiClient anna = user("anna");
  const std::string file = long_gpx(150'000);
  RawConnection upload = connect();
  upload.send(post_head(anna, "/api/gpx/import", "application/gpx+xml", file.size()) + file,
              kUntilMax);
  expect_clean_end();
  // Either it was finished and answered as a whole, or the connection was cut.
  const std::string reply = upload.read_to_end();
  EXPECT_TRUE(reply.empty() || reply.starts_with("HTTP/1.1 ")) << reply;
}

TEST_P(LifetimeTest, StopsWithAWebSocketThatNeverAnswers) {
  RawConnection socket = connect();
  socket.send(
      "GET /api/live HTTP/1.1\r\nHost: ruck\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(socket.read_some(), HasSubstr("101 "));
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsInTheMiddleOfAWebSocketFrame) {
  RawConnection socket = connect();
  socket.send(
      "GET /api/live HTTP/1.1\r\nHost: ruck\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      "\x81\xfe\x01");
  EXPECT_THAT(socket.read_some(), HasSubstr("101 "));
  expect_clean_end();
}

// More than two threads can hash before the time is up: those who still wait are refused.
TEST_P(LifetimeTest, StopsWhileTheQueueOfThePasswordPoolIsFull) {
  const std::string body = R"({"email":"nobody@example.org","password":"a wrong one"})";
  std::vector<RawConnection> waiting;
  for (int i = 0; i < 300; ++i) {
    waiting.push_back(connect());
    waiting.back().send(
        "POST /api/auth/login HTTP/1.1\r\nHost: ruck\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  // The pool works: the first is answered.
  EXPECT_NE(waiting.front().read_some(), "");
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsWithAReaderThatTakesNoReply) {
  const RawConnection slow = connect_slow_reader();
  expect_clean_end();
}

TEST_P(LifetimeTest, StopsWithClientsOfEveryKindAtOnceUnderLoad) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  const RawConnection head = connect_and_begin("GET /api/fe");
  const RawConnection body =
      connect_and_begin(post_head(anna, "/api/rucks", "text/json", 50) + "{");
  const RawConnection slow = connect_slow_reader();
  std::atomic<int> stored{0};
  std::future<int> acknowledged = std::async(std::launch::async, [&] {
    ApiClient own = client();
    own.set_token(anna.token);
    const std::int64_t first = now_ms() - 3'600'000;
    try {
      for (int i = 0;; ++i) {
        const Walk walk{.start_ms = first, .count = 1};
        const Reply reply = own.post("/api/rucks/" + id + "/location", walk.part(i, 1).json());
        if (reply.status == 201) stored += 1;
      }
    } catch (const std::exception&) {
      return stored.load();  // the server is gone
    }
  });
  EXPECT_TRUE(until([&] { return stored >= 20; }));
  expect_clean_end();
  const int count = acknowledged.get();
  server_->start();
  EXPECT_GE(anna.get("/api/rucks/" + id).json["route"].size(), static_cast<std::size_t>(count));
}

TEST_P(LifetimeTest, ASecondSigtermChangesNothing) {
  const RawConnection half = connect_and_begin("GET /api/fe");
  ::kill(server_->pid(), SIGTERM);
  EXPECT_TRUE(until([&] { return server_->log().contains("server.stopping"); }));
  expect_clean_end();
}

// When the time for finishing is up, statements under way are cancelled and what waits for its turn
// is refused.
TEST_P(LifetimeTest, StopsWhileTheDatabaseKeepsRequestsWaiting) {
  if (GetParam() == DatabaseKind::kSqlite) GTEST_SKIP() << "another process cannot lock it";
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  const HeldLock lock(database_->url(), "users");
  const auto requests = [this] {
    const std::string text = server_->metrics();
    const std::string_view name = "\nruck_http_requests_total ";
    return std::atoi(text.c_str() + text.find(name) + name.size());
  };
  const int before = requests();
  constexpr int kWaiting = 40;
  std::vector<RawConnection> waiting;
  for (int i = 0; i < kWaiting; ++i) {
    waiting.push_back(connect());
    waiting.back().send("GET /api/users/profile HTTP/1.1\r\nHost: ruck\r\nAuthorization: Bearer " +
                        anna.token + "\r\n\r\n");
  }
  EXPECT_TRUE(until([&] { return requests() >= before + kWaiting; }));
  expect_clean_end();  // what the stop cut off itself is no error
}

RUCK_ON_BOTH_DATABASES(LifetimeTest);

// ---- start-up and TLS ---------------------------------------------------------------------------

class StartingServer {
 public:
  explicit StartingServer(std::vector<std::string> env = {}) {
    env.push_back("RUCK_LISTEN=127.0.0.1:0");
    env.push_back("RUCK_DATA_DIR=" + folder_.path() + "/data");
    env.emplace_back(kShutdownSeconds);
    env.emplace_back("RUCK_TEST_SABOTAGE=no-shedding");  // see support/server.cpp
    process_ = std::make_unique<Process>(ProcessOptions{.argv = {binary(), "serve"},
                                                        .extra_env = env,
                                                        .output_path = folder_.path() + "/log",
                                                        .working_folder = folder_.path()});
  }
  [[nodiscard]] std::string log() const { return read_file(folder_.path() + "/log"); }
  [[nodiscard]] bool has_data_folder() const {
    return std::filesystem::exists(folder_.path() + "/data");
  }
  [[nodiscard]] int port() {
    EXPECT_TRUE(until([&] { return log().contains("server.started"); })) << log();
    const std::string text = log();
    const std::string_view name = "\"port\":";
    return std::atoi(text.c_str() + text.find(name, text.find("server.started")) + name.size());
  }
  [[nodiscard]] int stop() {
    process_->signal(SIGTERM);
    return process_->wait(std::chrono::seconds(60)).value_or(-1);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
};

TEST(Lifetime, AStopDuringTheStartIsAStop) {
  StartingServer server;
  EXPECT_TRUE(until([&] { return server.has_data_folder(); }));
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Lifetime, StopsInTheMiddleOfATlsHandshake) {
  const TemporaryFolder folder;
  const std::string key = folder.path() + "/key.pem";
  const std::string certificate = folder.path() + "/certificate.pem";
  const Finished made = run_to_end(
      {.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "10", "-subj", "/CN=ruck", "-keyout", key, "-out", certificate}},
      std::chrono::minutes(1));
  ASSERT_EQ(made.exit_code, 0) << made.output;
  StartingServer server({"RUCK_TLS_CERT=" + certificate, "RUCK_TLS_KEY=" + key});
  const int port = server.port();
  const RawConnection silent(port);
  RawConnection half(port);
  half.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("server.stopped"));
}

}  // namespace
}  // namespace ruck::test

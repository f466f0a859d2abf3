#pragma once
// The real binary, started on a free port for a test, and a user of it.
#include "http/client/client.hpp"
#include "http/json/tree.hpp"
#include "support/databases.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ruck::db {
class Database;
}

namespace ruck::test {

// The program under test.
std::string binary();

struct ServerSettings {
  std::string database_url;  // empty: SQLite in the server's own folder
  bool rate_limits = false;
  std::vector<std::string> extra_env;
};

class RuckServer {
 public:
  explicit RuckServer(ServerSettings settings);
  ~RuckServer();

  // Stays the same, so it may be read while it is started again.
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int port() const { return port_; }
  // Where it serves /metrics.
  [[nodiscard]] std::string metrics_url() const;
  // What it measures now, as Prometheus text.
  [[nodiscard]] std::string metrics() const;
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::string log() const { return read_file(folder_.path() + "/log"); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  // SIGTERM and wait; the exit code.
  int stop();
  void kill();
  // Starts it again with the same data, on the same port.
  void start();
  // Other environment from the next start on.
  ServerSettings& settings() { return settings_; }

 private:
  ServerSettings settings_;
  TemporaryFolder folder_;
  int port_ = 0;  // any that is free, at the first start
  int metrics_port_ = 0;
  std::string url_;
  std::unique_ptr<Process> process_;
};

struct Reply {
  int status = 0;
  json::Tree json;
  std::string body;
  http::ClientResponse raw;
};

// A client with or without an account.
class ApiClient {
 public:
  explicit ApiClient(const std::string& url);
  Reply get(const std::string& target) { return send(http::Method::kGet, target); }
  Reply post(const std::string& target, const std::string& body = {}) {
    return send(http::Method::kPost, target, body);
  }
  Reply put(const std::string& target, const std::string& body) {
    return send(http::Method::kPut, target, body);
  }
  Reply patch(const std::string& target, const std::string& body) {
    return send(http::Method::kPatch, target, body);
  }
  Reply del(const std::string& target) { return send(http::Method::kDelete, target); }
  Reply send(http::Method method, const std::string& target, const std::string& body = {},
             std::string_view content_type = http::kJson);

  // Makes an account of that name and signs in with it.
  Reply sign_up(const std::string& name);
  void set_token(const std::string& other) {
    token = other;
    client_.set_token(other);
  }
  http::Client& raw() { return client_; }

  std::string user_id;
  std::string token;
  std::string refresh_token;

 private:
  http::Client client_;
};

// Sends bytes as they are, at once or in pieces that arrive one by one, and reads until the server
// closes or `wait` has passed.
std::string exchange_raw(int port, std::string_view bytes,
                         std::chrono::milliseconds wait = std::chrono::seconds(60),
                         std::size_t piece = std::string_view::npos);

// A test against the real binary on both databases.
class ApiTest : public testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override { start({}); }
  void start(ServerSettings settings);
  ApiClient client() { return ApiClient(server_->url()); }
  ApiClient user(const std::string& name) {
    ApiClient made = client();
    made.sign_up(name);
    return made;
  }
  // Stops the server, does the work on what it has stored, and starts it again.
  void with_stored(const std::function<void(db::Database&)>& work);

  std::unique_ptr<TemporaryDatabase> database_;
  std::unique_ptr<RuckServer> server_;
};

}  // namespace ruck::test

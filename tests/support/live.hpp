#pragma once
// A client of GET /api/live for tests.
#include "http/client/socket_client.hpp"
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ruck::test {

class LiveClient {
 public:
  using Ms = std::chrono::milliseconds;
  explicit LiveClient(const std::string& url, int receive_bytes = 0)
      : socket_(http::SocketClient::connect(*http::parse_url(url), "/api/live", receive_bytes)) {
    EXPECT_TRUE(socket_.has_value()) << socket_.error().client_text();
  }
  explicit LiveClient(const RuckServer& server, int receive_bytes = 0)
      : LiveClient(server.url(), receive_bytes) {}
  LiveClient(const RuckServer& server, const ApiClient& user, int receive_bytes = 0)
      : LiveClient(server.url(), user, receive_bytes) {}
  LiveClient(const std::string& url, const ApiClient& user, int receive_bytes = 0)
      : LiveClient(url, receive_bytes) {
    say(R"({"type":"auth","token":)" + json::to_text(user.token) + "}");
    EXPECT_EQ(next()["type"].text(), "ready");
  }

  void say(const std::string& text) { EXPECT_TRUE(socket_->send(text).has_value()); }
  void subscribe(const std::string& topic) {
    say(R"({"type":"subscribe","topic":")" + topic + "\"}");
  }
  // The next message, of a type if one is given; null if none comes in time.
  json::Tree next(const std::string& type = "", Ms at_most = kUntilMax) {
    if (close_code != 0) return {};  // a read after the close would give 1006 for the code
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto got = socket_->receive(Ms(50));
      if (got.close_code) {
        close_code = *got.close_code;
        close_reason = got.close_reason;
        return {};
      }
      if (!got.text) continue;
      heard.push_back(*got.text);
      json::Tree message = json::Tree::parse(*got.text);
      if (type.empty() || message["type"].text() == type) return message;
    }
    return {};
  }
  // Waits for the server to close; the code.
  int closed(Ms at_most = kUntilMax) {
    next("nothing has this type", at_most);
    return close_code;
  }
  http::SocketClient& socket() { return *socket_; }

  std::vector<std::string> heard;  // every frame
  int close_code = 0;
  std::string close_reason;

 private:
  Result<http::SocketClient> socket_;
};

}  // namespace ruck::test

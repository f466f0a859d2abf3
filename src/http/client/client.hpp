#pragma once
// A blocking HTTP/1.1 client over one kept-alive connection: for the command line and for tests.
#include "base/error.hpp"
#include "http/client/url.hpp"
#include "http/message.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ruck::http {

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;  // any case; empty if absent
};

class Client {
 public:
  // Connects with the first request, and again when the server has closed.
  explicit Client(Url url, std::chrono::milliseconds timeout = std::chrono::seconds(30));
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void set_token(std::string token) { token_ = std::move(token); }
  void set_header(std::string name, std::string value);

  // kUnavailable when the server cannot be reached or breaks off. A connection that was idle and
  // turns out to be closed is opened anew, once.
  [[nodiscard]] Result<ClientResponse> send(Method method, std::string_view target,
                                            std::string_view body = {},
                                            std::string_view content_type = kJson);

 private:
  [[nodiscard]] Result<> connect();
  [[nodiscard]] Result<ClientResponse> exchange(std::string_view bytes, bool is_head);
  void disconnect();

  Url url_;
  std::chrono::milliseconds timeout_;
  std::string token_;
  std::vector<std::pair<std::string, std::string>> headers_;
  int socket_ = -1;
};

}  // namespace ruck::http

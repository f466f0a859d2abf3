#pragma once
// One kept-alive HTTP/1.1 connection for callers that have thousands of them: coroutines on one
// core. Between requests it holds a socket and nothing else.
#include "base/error.hpp"
#include "runtime/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::http {

struct Url;

// Where to connect to: what a name resolved to.
using ServerAddress = boost::asio::ip::tcp::endpoint;
// Blocking. kUnavailable where there is no such host.
[[nodiscard]] Result<ServerAddress> resolve(const Url& url);

struct Answer {
  int status = 0;
  std::optional<int> retry_after_s;
  std::string body;          // as it came: compressed where the request allowed that
  std::size_t bytes_in = 0;  // head and body
};

class AsyncConnection {
 public:
  // `scratch` is for reading, and may be shared by all connections of a core.
  AsyncConnection(boost::asio::io_context& io, const ServerAddress& server,
                  std::span<char> scratch);

  // Sends a whole request and reads the answer to it. kUnavailable when the server cannot be
  // reached, breaks off, or cancel() came. A connection that was kept and turns out to be closed
  // is opened anew, once. One request at a time.
  task<Result<Answer>> exchange(std::string request);

  // Ends the exchange that is under way, as if the server had broken off.
  void cancel();
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;
  struct Attempt {
    Answer answer;
    bool is_complete = false;
    bool heard_nothing = true;
    std::string problem;
  };
  task<boost::system::error_code> connect();
  task<boost::system::error_code> write_all(std::string_view bytes);
  task<Attempt> attempt(std::string_view request);

  Socket socket_;
  ServerAddress server_;
  std::span<char> scratch_;
  bool cancelled_ = false;
};

}  // namespace ruck::http

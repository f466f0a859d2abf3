#pragma once
// A blocking WebSocket client over Beast: for the command line and for tests. Its framing is not
// ours, so that a test of the server is not a test of itself.
#include "base/error.hpp"
#include "http/client/client.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ruck::http {

class SocketClient {
 public:
  // Connects and upgrades; kUnavailable, or what the server answered instead.
  // `receive_bytes` bounds what the kernel keeps of what is not read yet; 0: as usual.
  [[nodiscard]] static Result<SocketClient> connect(const Url& url, std::string_view path,
                                                    int receive_bytes = 0);
  ~SocketClient();
  SocketClient(SocketClient&&) noexcept;
  SocketClient& operator=(SocketClient&&) noexcept;

  [[nodiscard]] Result<> send(std::string_view text);
  [[nodiscard]] Result<> send_binary(std::string_view bytes);
  // Bytes below the framing, as they are: for tests of broken clients.
  [[nodiscard]] Result<> send_raw(std::string_view bytes);

  struct Received {
    std::optional<std::string> text;  // nothing: nothing came in time, or it was closed
    std::optional<std::uint16_t> close_code;
    std::string close_reason;
  };
  // The next message; pings are answered on the way.
  [[nodiscard]] Received receive(std::chrono::milliseconds at_most);
  void close();

 private:
  struct State;
  explicit SocketClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ruck::http

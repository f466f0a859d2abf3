#pragma once
// One WebSocket viewer among thousands: it connects, says who it is and what it follows, and hands
// on how far north each frame leaves the rucker. Callbacks on one core; between frames it holds a
// socket and nothing else.
#include "http/client/async_client.hpp"
#include "http/websocket.hpp"
#include "runtime/core.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ruck::load {

class Viewer : public std::enable_shared_from_this<Viewer> {
 public:
  // `scratch` is shared by all viewers of a core. `on_frame` hears the type of each and the
  // latitude of its position, if it has one.
  using OnFrame = std::function<void(std::string_view type, std::optional<double> lat_deg)>;
  Viewer(runtime::Core& core, std::span<char> scratch, OnFrame on_frame,
         std::function<void()> on_closed);

  // `hello` is sent behind the upgrade: text messages.
  void connect(const http::ServerAddress& server, const std::string& host,
               const std::vector<std::string>& hello);
  void close();

 private:
  void wait();
  void read();
  void take(std::span<char> bytes);
  void lose();

  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;
  Socket socket_;
  std::span<char> scratch_;
  OnFrame on_frame_;
  std::function<void()> on_closed_;
  http::FrameReader reader_;
  std::string head_;  // of the answer to the upgrade, until it is whole
  bool is_upgraded_ = false;
  bool is_closed_ = false;
};

}  // namespace ruck::load

#pragma once
// One connection to Redis by hiredis' asynchronous interface, on one event loop. connection.cpp is
// the only file that sees hiredis.
#include "redis/address.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::redis {

// As far as anybody here needs it.
struct Reply {
  bool is_error = false;
  bool is_nothing = false;             // the key is not there
  std::string_view text;               // of a string, a status or an error
  std::int64_t number = 0;             // of a number
  std::vector<std::string_view> list;  // texts of a list; what is none is empty
  std::vector<std::int64_t> numbers;   // numbers of a list; what is none is 0
};

// What a command was for; its reply tells it. kSubscribe is also told each message.
enum class Command : std::uint8_t {
  kAuth,
  kSelect,
  kRole,
  kWho,
  kAsk,
  kPublish,
  kBeat,
  kFence,
  kSubscribe,
  kUnsubscribe
};

class Connection {
 public:
  // Called on the loop; a connection may be asked to send meanwhile, and is not closed in them.
  struct Events {
    std::function<void()> on_open;
    std::function<void(Command command, const Reply& reply)> on_reply;
    // It could not be opened, or is over. Once, and nothing comes afterwards.
    std::function<void(std::string_view reason)> on_gone;
  };

  // Calls nothing before it returns. A name is looked up here, which may take its time.
  Connection(boost::asio::io_context& io, const Host& host, Events events);
  // No event comes afterwards.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(Command command, std::span<const std::string_view> words);
  [[nodiscard]] std::size_t unsent_bytes() const;

 private:
  struct Link;
  std::shared_ptr<Link> link_;  // shared with the waits for its socket that are under way
};

}  // namespace ruck::redis

#pragma once
// One WebSocket of GET /api/live: what it says and what it may (docs/api/live.md).
#include "http/authenticator.hpp"
#include "http/json/element.hpp"
#include "http/socket.hpp"
#include "services/live/hub.hpp"
#include "services/live/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ruck::live {

// Close codes of ours (RFC 6455 §7.4.2: 4000–4999).
namespace close_code {
inline constexpr std::uint16_t kNotAuthenticated = 4401;  // in time, or with a token that is good
inline constexpr std::uint16_t kTooMany = 4429;           // sockets of one user, or messages
}  // namespace close_code

class Client final : public http::SocketHandler,
                     public Member,
                     public std::enable_shared_from_this<Client> {
 public:
  struct Shared {
    Hub& hub;
    db::Database& database;
    const http::Authenticator& authenticator;
    const Clock& clock;
  };
  Client(http::Socket& socket, const Shared& shared);

  void on_text(std::string_view text) override;
  void on_wake() override;
  void on_drain() override;
  void on_gone() override;

  void deliver(const http::Frame& frame) override;
  void deliver_latest(std::uint64_t key, const http::Frame& frame) override;
  void ended(RuckId ruck, const Error& why) override;
  void signed_out() override;

 private:
  [[nodiscard]] bool is_flooding();
  void take_auth(const json::Element& message);
  void take_token(const std::string& token);
  // Each holds the client from the moment it is made: it begins to run later, and the socket may
  // be closed by then.
  task<> take_share(std::shared_ptr<Client> self, std::string token);
  void take_subscribe(const std::string& topic, std::optional<std::uint32_t> since);
  void take_subscribe_me(const json::Element& message);
  void take_unsubscribe(const std::string& topic);
  task<> subscribe(std::shared_ptr<Client> self, RuckId ruck, std::optional<std::uint32_t> since);
  task<> subscribe_me(std::shared_ptr<Client> self);
  void ready();
  void wake_later();
  // Closes the socket and says so, if its token, link or sign-in is over.
  [[nodiscard]] bool is_over();
  void say(const std::string& text);
  void send_too_many(std::string_view topic);
  void send_error(ErrorCode code, std::string_view text, std::string_view topic);
  void send_error(std::string_view id, std::string_view text, std::string_view topic = {});

  http::Socket* socket_;  // null once it is gone
  const Shared& shared_;
  std::uint64_t id_;
  Watcher who_;
  UtcUs expires_at_{};
  Uuid session_{};             // the sign-in of the token
  std::vector<RuckId> rucks_;  // subscribed
  std::vector<RuckId> asked_;  // being subscribed
  http::Socket::Time window_start_;
  std::int32_t window_messages_ = 0;
  bool is_known_ = false;
  bool is_admitted_ = false;  // counted among its user's sockets
  bool hears_me_ = false;
  std::unique_ptr<bus::Bus::Subscription> cheers_;  // while it hears `me`, and shows them
  bool was_warned_ = false;                         // of the token's end
};

}  // namespace ruck::live

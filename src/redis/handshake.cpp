#include "redis/handshake.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <array>

namespace ruck::redis {

void sign_in(Connection& connection, const Address& address) {
  if (address.password.empty()) return;
  std::vector<std::string_view> words{"AUTH"};
  if (!address.user.empty()) words.push_back(address.user);
  words.push_back(address.password);
  connection.send(Command::kAuth, words);
}

void greet(Connection& connection, const Address& address) {
  sign_in(connection, address);
  if (address.database != 0) {
    const std::string number = std::to_string(address.database);
    connection.send(Command::kSelect, std::array<std::string_view, 2>{"SELECT", number});
  }
  connection.send(Command::kRole, std::array<std::string_view, 1>{"ROLE"});
}

std::optional<std::string> refusal_of(Command command, const Reply& reply) {
  // What Redis says to a password may quote it.
  if (command == Command::kAuth && reply.is_error) return "the user or the password is refused";
  if (command == Command::kSelect && reply.is_error) return "it has no database of that number";
  if (command != Command::kRole) return std::nullopt;
  // Who may not ask takes it for a primary.
  if (reply.is_error && reply.text.starts_with("NOPERM")) return std::nullopt;
  if (reply.is_error) return printable(reply.text);
  if (!reply.list.empty() && reply.list.front() == "master") return std::nullopt;
  return "it is a replica: name its primary, or all of its hosts";
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kReasonBytesMax));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

void Attempts::succeeded() {
  failures_ = 0;
  pause_ = kReconnectMin;
}

std::chrono::milliseconds Attempts::failed() {
  at_ = (at_ + 1) % hosts_.size();
  if (++failures_ % hosts_.size() != 0) return milliseconds(0);
  const auto half = pause_ / 2;
  pause_ = std::min<milliseconds>(pause_ * 2, kReconnectMax);
  return half + milliseconds(random_u64() % static_cast<std::uint64_t>(half.count()));
}

}  // namespace ruck::redis

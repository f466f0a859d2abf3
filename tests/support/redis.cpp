#include "support/redis.hpp"

#include "support/server.hpp"
#include "support/until.hpp"

#include <csignal>
#include <stdexcept>

namespace ruck::test {

RedisServer::RedisServer(const std::string& password) : password_(password) {
  constexpr int kAttempts = 5;  // another program may take the port meanwhile
  for (int i = 0; i < kAttempts; ++i) {
    port_ = free_port();
    start();
    if (process_) return;
  }
  throw std::runtime_error("redis-server did not start: " + read_file(folder_.path() + "/log"));
}

RedisServer::~RedisServer() { kill(); }

std::string RedisServer::url() const {
  const std::string login = password_.empty() ? "" : ":" + password_ + "@";
  return "redis://" + login + "127.0.0.1:" + std::to_string(port_);
}

void RedisServer::kill() {
  if (!process_) return;
  process_->signal(SIGKILL);
  process_->wait(std::chrono::seconds(10));
  process_.reset();
}

void RedisServer::start() {
  std::vector<std::string> argv = {
      "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
      "--save",       "",       "--appendonly",        "no",     "--dir",
      folder_.path()};
  if (!password_.empty()) argv.insert(argv.end(), {"--requirepass", password_});
  process_ = std::make_unique<Process>(
      ProcessOptions{.argv = argv, .output_path = folder_.path() + "/log"});
  const bool is_there = until([&] {
    if (process_->wait(std::chrono::milliseconds(0))) return true;  // it has ended
    try {
      return say("PING\r\n").contains(password_.empty() ? "+PONG" : "NOAUTH");
    } catch (const std::runtime_error&) {
      return false;  // it does not listen yet
    }
  });
  if (!is_there || process_->wait(std::chrono::milliseconds(0))) process_.reset();
}

void RedisServer::hang() { process_->signal(SIGSTOP); }
void RedisServer::go_on() { process_->signal(SIGCONT); }

std::string RedisServer::say(const std::string& commands) const {
  return exchange_raw(port_, commands + "QUIT\r\n", std::chrono::seconds(10));
}

}  // namespace ruck::test

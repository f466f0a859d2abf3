#pragma once
// A Redis of a test's own on a free loopback port; it keeps nothing on disk.
#include "support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

class RedisServer {
 public:
  explicit RedisServer(const std::string& password = "");
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // With the password, if it has one.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] int port() const { return port_; }
  void kill();
  // Again on the same port.
  void start();
  // It keeps its connections and answers nothing, until it goes on.
  void hang();
  void go_on();
  // What it answers to commands, one a line (`PING\r\n`), as bytes.
  [[nodiscard]] std::string say(const std::string& commands) const;

 private:
  std::string password_;
  TemporaryFolder folder_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace ruck::test

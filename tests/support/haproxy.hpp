#pragma once
// The HAProxy of deploy/haproxy/haproxy.cfg, with ports of a test's own.
#include "support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

class HaProxy {
 public:
  // Before servers at these loopback ports.
  explicit HaProxy(const std::vector<int>& ports);
  HaProxy(const HaProxy&) = delete;
  HaProxy& operator=(const HaProxy&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  TemporaryFolder folder_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace ruck::test

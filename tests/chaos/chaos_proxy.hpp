#pragma once
// A bad network between clients and a server, on the loopback: connections that break off in the
// middle of requests and replies, replies that are lost after the server has done its work, slices
// of one byte, long delays.
#include "rucking/seeded_random.hpp"

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace ruck::test {

class ChaosProxy {
 public:
  ChaosProxy(int server_port, std::uint64_t seed);
  ~ChaosProxy();
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

  struct Counts {
    std::uint64_t connections = 0;
    std::uint64_t cut_requests = 0;
    std::uint64_t cut_replies = 0;   // some of it had arrived
    std::uint64_t lost_replies = 0;  // none of it had
    std::uint64_t sliced = 0;
    std::uint64_t delayed = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> done{false};
  };
  void accept_until_stopped();
  void carry(int client, std::uint64_t seed);
  void sweep();

  int server_port_;
  int listener_ = -1;
  std::string url_;
  rucking::SeededRandom random_;
  std::atomic<bool> stopped_{false};
  std::list<Connection> connections_;  // touched by the accepting thread, and at the end
  mutable std::mutex mutex_;
  Counts counts_;
  std::thread thread_;
};

}  // namespace ruck::test

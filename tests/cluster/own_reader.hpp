#pragma once
// Somebody who changes their name all the time and reads it back at once, wherever the proxy sends
// them: each change that was acknowledged must be seen.
#include "support/server.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace ruck::test {

class OwnReader {
 public:
  explicit OwnReader(const std::string& url);
  ~OwnReader();
  OwnReader(const OwnReader&) = delete;
  OwnReader& operator=(const OwnReader&) = delete;

  [[nodiscard]] std::uint64_t read() const { return read_; }
  // Reads that showed less than was acknowledged.
  [[nodiscard]] std::uint64_t stale() const { return stale_; }

 private:
  void run();
  bool rename(std::uint64_t number);
  void read_back(std::uint64_t number);

  ApiClient writer_;
  ApiClient reader_;
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> stale_{0};
  std::atomic<bool> is_over_{false};
  std::jthread thread_;
};

}  // namespace ruck::test

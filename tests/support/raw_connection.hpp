#pragma once
// A TCP connection in a test's own hands: bytes as they are, as slowly as the test likes, half
// requests, silence.
#include "support/until.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ruck::test {

class RawConnection {
 public:
  // `from`: the loopback address to come from, as another client would.
  explicit RawConnection(int port, const std::string& from = "127.0.0.1");
  // `receive_bytes` is the kernel's buffer for what is not read.
  RawConnection(int port, int receive_bytes);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // Sends until all is out, the server takes no more for `patience`, or it has closed; how much.
  std::size_t send(std::string_view bytes,
                   std::chrono::milliseconds patience = std::chrono::seconds(2));
  // What comes until `mark` is in it, the server closes, or `wait` has passed.
  std::string read_until(std::string_view mark, std::chrono::milliseconds wait = kUntilMax);
  // One whole answer with the body its Content-Length says.
  std::string read_answer(std::chrono::milliseconds wait = kUntilMax);
  // What comes next; empty at the end or when nothing comes.
  [[nodiscard]] std::string read_some();
  [[nodiscard]] std::string read_to_end();
  // Whether the server closes within the time; what it still says is dropped.
  [[nodiscard]] bool is_closed_within(std::chrono::milliseconds wait);
  // Whether something has come, or comes within the time.
  [[nodiscard]] bool has_answer_within(std::chrono::milliseconds wait);
  // The same, or the end.
  [[nodiscard]] bool can_read(std::chrono::milliseconds wait);

 private:
  void connect_to(int port, const std::string& from);
  [[nodiscard]] bool receive(std::chrono::milliseconds wait);

  int socket_ = -1;
  std::string heard_;  // received and not yet given out
  bool is_closed_ = false;
};

// Memory of a process that is in RAM, in bytes.
std::size_t resident_bytes(int pid);

}  // namespace ruck::test

#pragma once
// A client that sends what it likes, as slowly as it likes, and stays as long as it likes.
#include <chrono>
#include <string>
#include <string_view>

namespace ruck::test {

class RawConnection {
 public:
  // To 127.0.0.1. `receive_bytes` is the kernel's buffer for what is not read; 0: its default.
  explicit RawConnection(int port, int receive_bytes = 0);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // All of it; what the other side does not take any more is dropped.
  void send(std::string_view bytes) const;
  // Whether there is something to read, or the end, in that time.
  [[nodiscard]] bool can_read(std::chrono::milliseconds at_most) const;
  // What comes next; empty at the end or when nothing comes.
  [[nodiscard]] std::string read_some() const;
  [[nodiscard]] std::string read_to_end() const;

 private:
  int socket_;
};

}  // namespace ruck::test

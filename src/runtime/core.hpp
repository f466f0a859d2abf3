#pragma once
// A core is one thread with one event loop. Sockets, timers and coroutines stay on the core where
// they began, so what they touch needs no lock; other threads reach a core only by posting to it.
#include "runtime/task.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ruck::runtime {

class Core {
 public:
  explicit Core(std::size_t index);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] IoExecutor executor() { return io_.get_executor(); }

  // Runs the loop on the calling thread until stop().
  void run();
  void stop();

  // The core whose loop the calling thread runs, or null.
  [[nodiscard]] static Core* current();

 private:
  std::size_t index_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<IoExecutor> work_{io_.get_executor()};
};

// The threads of the server's cores.
class Cores {
 public:
  explicit Cores(std::size_t count);
  ~Cores();
  Cores(const Cores&) = delete;
  Cores& operator=(const Cores&) = delete;

  void start();
  // Stops every loop and waits for the threads. Coroutines still suspended are not resumed, so join
  // their task groups first.
  void stop_and_join();

  [[nodiscard]] std::size_t size() const { return cores_.size(); }
  [[nodiscard]] Core& at(std::size_t index) { return *cores_.at(index); }

 private:
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::thread> threads_;
};

// Names the calling thread in /proc and in crash reports (15 characters are kept).
void name_thread(const std::string& name);

}  // namespace ruck::runtime

#include "runtime/core.hpp"

#include <boost/asio/post.hpp>
#include <pthread.h>

#include <cstdio>
#include <new>

namespace ruck::runtime {
namespace {
thread_local Core* current_core = nullptr;
constexpr std::size_t kThreadNameMax = 15;  // what Linux keeps

// True when the loop has ended. What ran out of memory is given up, and the others of the core go
// on: one large request must not end everybody's.
bool run_until_out_of_memory(boost::asio::io_context& io) {
  try {
    io.run();
    return true;
  } catch (const std::bad_alloc&) {
    std::fputs("out of memory: something that a core was to do is not done\n", stderr);
    return false;
  }
}
}  // namespace

Core::Core(std::size_t index) : index_(index) {}

void Core::run() {
  current_core = this;
  while (!run_until_out_of_memory(io_)) {
  }
  current_core = nullptr;
}

void Core::stop() {
  work_.reset();
  io_.stop();
}

Core* Core::current() { return current_core; }

Cores::Cores(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) cores_.push_back(std::make_unique<Core>(i));
}

Cores::~Cores() { stop_and_join(); }

void Cores::start() {
  for (const auto& core : cores_) {
    threads_.emplace_back([core = core.get()] {
      name_thread("ruck-core-" + std::to_string(core->index()));
      core->run();
    });
  }
}

void Cores::stop_and_join() {
  for (const auto& core : cores_) core->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void name_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, kThreadNameMax).c_str());
}

}  // namespace ruck::runtime

#pragma once
// Deadlines of connections. One list a core, looked through once a second: far cheaper than a timer
// for each read and write, and nobody notices a second.
#include "base/assert.hpp"

#include <chrono>
#include <cstddef>

namespace ruck::http::session {

using SteadyTime = std::chrono::steady_clock::time_point;

// A member of a core's list; everything about it happens on that core.
class Watched {
 public:
  Watched() = default;
  virtual ~Watched() { RUCK_ASSERT(next_ == nullptr); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // The deadline has passed; it is lifted until it is set again.
  virtual void on_deadline() = 0;
  // The server shuts down: close if idle, otherwise after the present request.
  virtual void on_drain() = 0;
  // The time for that is up: close the socket at once.
  virtual void on_cut() = 0;

  void expire_at(SteadyTime deadline) { deadline_ = deadline; }
  void expire_never() { deadline_ = SteadyTime::max(); }

 private:
  friend class Watch;
  Watched* previous_ = nullptr;
  Watched* next_ = nullptr;
  SteadyTime deadline_ = SteadyTime::max();
};

class Watch {
 public:
  Watch() {
    head_.next_ = &head_;
    head_.previous_ = &head_;
  }
  ~Watch() {
    head_.next_ = nullptr;
    head_.previous_ = nullptr;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void add(Watched& item) {
    item.next_ = head_.next_;
    item.previous_ = &head_;
    head_.next_->previous_ = &item;
    head_.next_ = &item;
  }
  void remove(Watched& item) {
    item.previous_->next_ = item.next_;
    item.next_->previous_ = item.previous_;
    item.next_ = nullptr;
    item.previous_ = nullptr;
  }
  void tick(SteadyTime now) {
    for (Watched* item = head_.next_; item != &head_; item = item->next_) {
      if (now < item->deadline_) continue;
      item->expire_never();
      item->on_deadline();
    }
  }
  void drain() {
    for (Watched* item = head_.next_; item != &head_; item = item->next_) item->on_drain();
  }
  void cut() {
    for (Watched* item = head_.next_; item != &head_; item = item->next_) item->on_cut();
  }

 private:
  struct Head final : Watched {
    void on_deadline() override {}
    void on_drain() override {}
    void on_cut() override {}
  };
  Head head_;
};

}  // namespace ruck::http::session

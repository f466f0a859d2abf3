#pragma once
// LISTEN and NOTIFY on a connection and a thread of its own.
//
// A transaction that runs NOTIFY holds a lock of the whole database until its commit is on disk, so
// units of work do not: what they announce is gathered, and sent once it is committed, at most
// every kAnnounceEvery. A notice may be lost when the process or the connection ends; who listens
// also looks by time.
#include "base/thread_safety.hpp"
#include "db/postgres/connection.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ruck::db::postgres {

class Notices {
 public:
  using Connect = std::function<std::unique_ptr<Connection>()>;  // may throw Failure
  // Told of channels; of none when any may have been missed.
  using OnNotice = std::function<void(const std::vector<std::string>& channels)>;

  Notices(Connect connect, OnNotice on_notice);
  // Sends what was announced, if the server can be reached.
  ~Notices();
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  // From any thread; they do not wait.
  void listen(const std::string& channel);
  void announce(const std::vector<std::string>& channels);

 private:
  void run();
  bool use(Connection& connection);
  bool exchange(Connection& connection);
  void wait(int socket, std::chrono::milliseconds at_most);
  void wake();

  Connect connect_;
  OnNotice on_notice_;
  int wakeup_;  // an eventfd
  Mutex mutex_;
  std::set<std::string> wanted_ RUCK_GUARDED_BY(mutex_);
  std::set<std::string> announced_ RUCK_GUARDED_BY(mutex_);
  bool is_over_ RUCK_GUARDED_BY(mutex_) = false;
  std::set<std::string> listening_;  // of the connection; the thread's own
  std::thread thread_;
};

}  // namespace ruck::db::postgres

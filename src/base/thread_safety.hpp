#pragma once
// Locks whose use the compiler checks (Clang's thread-safety analysis, -Wthread-safety): a member
// says which mutex guards it, a function says which mutex its caller holds or must not hold, and
// everything else is an error. The standard library's mutexes are used here only.
//
//   Mutex mutex_;
//   std::deque<Job> queue_ RUCK_GUARDED_BY(mutex_);
//   void take_all() RUCK_REQUIRES(mutex_);    // the caller holds it
//   void finish() RUCK_EXCLUDES(mutex_);      // locks it itself
//
// A wait is a loop, `while (queue_.empty()) ready_.wait(lock);`: the analysis does not see into a
// predicate.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#define RUCK_CAPABILITY(name) __attribute__((capability(name)))
#define RUCK_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define RUCK_GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#define RUCK_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define RUCK_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define RUCK_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define RUCK_ACQUIRE_SHARED(...) __attribute__((acquire_shared_capability(__VA_ARGS__)))
#define RUCK_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define RUCK_RELEASE_ANY(...) __attribute__((release_generic_capability(__VA_ARGS__)))

namespace ruck {

class RUCK_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class Guard;
  std::mutex mutex_;
};

// Holds a mutex; may let go of it for a while.
class RUCK_SCOPED_CAPABILITY Guard {
 public:
  explicit Guard(Mutex& mutex) RUCK_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~Guard() RUCK_RELEASE() = default;
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  void lock() RUCK_ACQUIRE() { lock_.lock(); }
  void unlock() RUCK_RELEASE() { lock_.unlock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// Wakes who waits for a change of what the guard's mutex guards. May wake them for nothing.
class Condition {
 public:
  void wait(Guard& guard) { changed_.wait(guard.lock_); }
  // False when the time was up.
  template <class Clock, class Duration>
  bool wait_until(Guard& guard, std::chrono::time_point<Clock, Duration> deadline) {
    return changed_.wait_until(guard.lock_, deadline) == std::cv_status::no_timeout;
  }
  void notify_one() { changed_.notify_one(); }
  void notify_all() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

// For what is read far more often than it is changed.
class RUCK_CAPABILITY("shared mutex") SharedMutex {
 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

 private:
  friend class ReadGuard;
  friend class WriteGuard;
  std::shared_mutex mutex_;
};

class RUCK_SCOPED_CAPABILITY ReadGuard {
 public:
  explicit ReadGuard(SharedMutex& mutex) RUCK_ACQUIRE_SHARED(mutex) : lock_(mutex.mutex_) {}
  ~ReadGuard() RUCK_RELEASE_ANY() = default;
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;

 private:
  std::shared_lock<std::shared_mutex> lock_;
};

class RUCK_SCOPED_CAPABILITY WriteGuard {
 public:
  explicit WriteGuard(SharedMutex& mutex) RUCK_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~WriteGuard() RUCK_RELEASE() = default;
  WriteGuard(const WriteGuard&) = delete;
  WriteGuard& operator=(const WriteGuard&) = delete;

 private:
  std::unique_lock<std::shared_mutex> lock_;
};

}  // namespace ruck

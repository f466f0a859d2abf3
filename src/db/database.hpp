#pragma once
// The database as services see it: units of work.
//
//   Result<Row> row = co_await db.read([=](db::Session& q) { return store::find(q, id); });
//   Result<>    ok  = co_await db.write([=](db::Session& q) -> Result<> { ... });
//
// A unit is one transaction. It is a plain function that runs on a database thread: it may run more
// than once (after a serialization failure), so it changes nothing but the database, and it owns
// what it uses. If it returns an error, its changes are rolled back. A write is acknowledged only
// after COMMIT has reached the disk. Queues are bounded: when one is full, kOverloaded comes back
// at once.
//
// A unit that a request causes (runtime/context.hpp) ends with the request's time: one that still
// waits then is not run, and a statement that still runs is broken off, but never COMMIT. The
// outcome is kOverloaded.
#include "base/error.hpp"
#include "base/thread_safety.hpp"
#include "db/failure.hpp"
#include "db/session.hpp"
#include "runtime/context.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace ruck::db {

// What two units of work at a time may see of each other.
enum class Isolation : std::uint8_t {
  kSerializable,   // as if one came after the other
  kReadCommitted,  // for units whose statements check for themselves what they change
};

// One unit of work on its way through a queue.
class Job {
 public:
  virtual ~Job() = default;
  // Runs the unit; true: commit, false: roll back. May throw Failure, and may be called again.
  virtual bool run(Session& session) = 0;
  // The outcome is this error instead.
  virtual void fail(Error error) = 0;
  // Whether two of these at a time must behave as if one came after the other. A unit whose writes
  // check for themselves that nothing has changed may say no.
  [[nodiscard]] virtual bool needs_isolation() const { return true; }
  // Hands the outcome to who waits: a resumption for deliver(), or null for a blocked thread.
  // Called on a thread of the database and never inside the call that submitted the job, because
  // whoever submits may hold a lock that this takes. (Inside it only when the database is closed
  // and has no threads.)
  virtual std::unique_ptr<runtime::Resumption> finish() = 0;

  std::chrono::steady_clock::time_point queued_at = std::chrono::steady_clock::now();
  // Of the request that wants it; null for work of the program's own.
  runtime::ContextPtr context;
  // Whatever the request may read: this must be of the newest.
  bool needs_newest = false;
};

namespace detail {
template <class R>
struct UnwrapResult {
  using type = R;
};
template <class T>
struct UnwrapResult<Result<T>> {
  using type = T;
};
// What a unit gives: T whether it returns T or Result<T>.
template <class Fn>
using ValueOf = typename UnwrapResult<std::invoke_result_t<Fn&, Session&>>::type;

template <class Fn, class Waiter>
class TypedJob final : public Job {
 public:
  using T = ValueOf<Fn>;
  TypedJob(Fn fn, Waiter waiter, Isolation isolation)
      : fn_(std::move(fn)), waiter_(std::move(waiter)), isolation_(isolation) {}

  bool run(Session& session) override {
    if constexpr (std::is_void_v<std::invoke_result_t<Fn&, Session&>>) {
      fn_(session);
      outcome_ = Result<T>{};
    } else {
      outcome_ = fn_(session);
    }
    return outcome_.has_value();
  }
  void fail(Error error) override { outcome_ = ruck::fail(std::move(error)); }
  [[nodiscard]] bool needs_isolation() const override {
    return isolation_ == Isolation::kSerializable;
  }
  std::unique_ptr<runtime::Resumption> finish() override { return waiter_(std::move(outcome_)); }

 private:
  Fn fn_;
  Waiter waiter_;
  Isolation isolation_;
  Result<T> outcome_ = ruck::fail(ErrorCode::kInternal);
};

template <class Fn, class Waiter>
std::unique_ptr<Job> make_job(Fn fn, Waiter waiter, Isolation isolation) {
  auto job = std::make_unique<TypedJob<Fn, Waiter>>(std::move(fn), std::move(waiter), isolation);
  job->context = runtime::current_context();
  return job;
}
}  // namespace detail

class Database {
 public:
  explicit Database(telemetry::Metrics& metrics);
  virtual ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  template <class Fn>
  auto read(Fn fn) -> task<Result<detail::ValueOf<Fn>>> {
    return async(Access::kRead, std::move(fn));
  }
  // The same where what was committed last must be seen: of what a replica answers, a request says
  // in its context how old it may be (runtime::ReadFloor).
  template <class Fn>
  auto read_newest(Fn fn) -> task<Result<detail::ValueOf<Fn>>> {
    return async(Access::kReadNewest, std::move(fn));
  }
  template <class Fn>
  auto write(Fn fn, Isolation isolation = Isolation::kSerializable)
      -> task<Result<detail::ValueOf<Fn>>> {
    return async(Access::kWrite, std::move(fn), isolation);
  }
  // The same for a thread that may block: start-up, offline commands, tests. Never on a core.
  template <class Fn>
  auto read_now(Fn fn) -> Result<detail::ValueOf<Fn>> {
    return blocking(Access::kRead, std::move(fn));
  }
  template <class Fn>
  auto write_now(Fn fn, Isolation isolation = Isolation::kSerializable)
      -> Result<detail::ValueOf<Fn>> {
    return blocking(Access::kWrite, std::move(fn), isolation);
  }

  // For a writer that gathers the work of many callers into one unit and answers each of them
  // itself. The unit is no single request's.
  void write_job(std::unique_ptr<Job> job) { submit(Access::kWrite, std::move(job)); }

  // Ends what listen() began: when the destructor is back, the function is not running and is not
  // called any more.
  class Listening {
   public:
    Listening(Database& database, std::string channel, std::function<void()> fn);  // by listen()
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    friend class Database;
    Database& database_;
    std::string channel_;
    std::function<void()> fn_;
  };
  // Calls `fn` after each commit that notified the channel (Session::notify), of this process or of
  // another, and now and then without one: whoever is called looks for themselves. On any thread,
  // and it must not block. A notice can be lost with its process or its connection, so also look by
  // time. Must end before the database does.
  [[nodiscard]] std::unique_ptr<Listening> listen(std::string channel, std::function<void()> fn);

  struct Status {
    bool can_read = true;
    bool can_write = true;
    std::string problem;  // for operators; empty when all is well
  };
  [[nodiscard]] virtual Status status() const = 0;
  [[nodiscard]] virtual std::string_view kind() const = 0;  // "sqlite" or "postgresql"
  // True where no other process can write, so that memory may be trusted as the newest truth.
  [[nodiscard]] virtual bool is_exclusive() const = 0;

  // For a stop that is out of time: what waits for its turn, or comes from now on, is refused, and
  // what waits for a database server is broken off, as if the connection were lost.
  void abandon();
  // Finishes what is queued, then lets go of the database: no thread of it is left. What comes
  // afterwards is refused.
  void close();

 protected:
  enum class Access : std::uint8_t { kRead, kReadNewest, kWrite };
  // Takes the job, or returns it when the queue is full or closed. kRead or kWrite.
  virtual std::unique_ptr<Job> enqueue(Access access, std::unique_ptr<Job> job) = 0;
  // Ends a job that is not run: later, on a thread of its own, so that a database that is stuck
  // does not keep those waiting whom it refuses. Any lock may be held.
  void refuse(std::unique_ptr<Job> job);
  // The same for one that has its outcome.
  void finish_later(std::unique_ptr<Job> job);
  // For drivers: what abandon() says.
  virtual void break_off() = 0;
  // For drivers: finishes what is queued and joins the threads; may be called again.
  virtual void finish_queued() = 0;

  // For drivers: these were committed; all who listen in this process are told.
  void tell(const std::vector<std::string>& channels);
  void tell_all();
  // For drivers: from now on notices of other processes on this channel are wanted.
  virtual void start_listening(const std::string& channel) = 0;

  // For drivers: the latency of each named statement, and how long jobs waited.
  [[nodiscard]] telemetry::Histogram& statement_seconds(const Sql& sql);
  void record_wait(Access access, const Job& job);
  // When the request that wants it must have its answer, if one does.
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;
  [[nodiscard]] static Deadline deadline_of(const Job& job);
  // True where that has passed: the job has its outcome, and is not to be run.
  [[nodiscard]] bool refuse_if_late(Job& job);
  // Runs the unit in the transaction that `session` has open, and says whether to commit. What the
  // unit throws becomes its error and is counted; kConflict is thrown on, so that the driver can
  // run it again.
  [[nodiscard]] bool run_unit(Job& job, Session& session);

 private:
  template <class Fn>
  auto async(Access access, Fn fn, Isolation isolation = Isolation::kSerializable)
      -> task<Result<detail::ValueOf<Fn>>> {
    using T = detail::ValueOf<Fn>;
    return runtime::await_promise<Result<T>>(
        [this, access, isolation, fn = std::move(fn)](runtime::Promise<Result<T>> promise) mutable {
          submit(access, detail::make_job(
                             std::move(fn),
                             [promise = std::move(promise)](Result<T> outcome) mutable {
                               return promise.fulfil(std::move(outcome));
                             },
                             isolation));
        });
  }
  template <class Fn>
  auto blocking(Access access, Fn fn, Isolation isolation = Isolation::kSerializable)
      -> Result<detail::ValueOf<Fn>> {
    using T = detail::ValueOf<Fn>;
    std::promise<Result<T>> promise;
    std::future<Result<T>> future = promise.get_future();
    submit(access, detail::make_job(
                       std::move(fn),
                       [promise = std::move(promise)](Result<T> outcome) mutable {
                         promise.set_value(std::move(outcome));
                         return std::unique_ptr<runtime::Resumption>();
                       },
                       isolation));
    return future.get();
  }
  void submit(Access access, std::unique_ptr<Job> job);

  void fail_unit(Job& job, const Failure& failure);
  void refuse_loop();
  void end_refusals();

  telemetry::Histogram& read_wait_;
  telemetry::Histogram& write_wait_;
  telemetry::Counter& read_shed_;
  telemetry::Counter& write_shed_;
  telemetry::Counter& late_waiting_;
  telemetry::Counter& late_running_;
  std::vector<telemetry::Counter*> failures_;      // by FailureKind
  std::vector<telemetry::Histogram*> statements_;  // by Sql::index(), made at start
  std::atomic<bool> is_abandoned_ = false;
  Mutex listening_mutex_;
  std::vector<Listening*> listening_ RUCK_GUARDED_BY(listening_mutex_);
  Mutex refused_mutex_;
  Condition refused_any_;
  std::vector<std::unique_ptr<Job>> refused_ RUCK_GUARDED_BY(refused_mutex_);
  bool is_over_ RUCK_GUARDED_BY(refused_mutex_) = false;
  std::thread refuser_;
};

}  // namespace ruck::db

#include "db/postgres/notices.hpp"

#include "base/assert.hpp"
#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace ruck::db::postgres {
namespace {
// Two instances that enqueue all the time tell each other this often, and no commit waits for it.
constexpr auto kAnnounceEvery = std::chrono::milliseconds(20);
constexpr auto kReconnectAfter = std::chrono::seconds(2);
constexpr auto kIdleMax = std::chrono::seconds(60);  // between looks at a silent connection

const Sql kNotify{"db.notify", "SELECT pg_notify($1, '')", Dialect::kPostgres};
}  // namespace

Notices::Notices(Connect connect, OnNotice on_notice)
    : connect_(std::move(connect)),
      on_notice_(std::move(on_notice)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  RUCK_ASSERT(wakeup_ >= 0);
  thread_ = std::thread([this] {
    runtime::name_thread("ruck-db-notice");
    run();
  });
}

Notices::~Notices() {
  {
    const Guard lock(mutex_);
    is_over_ = true;
  }
  wake();
  thread_.join();
  ::close(wakeup_);
}

void Notices::listen(const std::string& channel) {
  {
    const Guard lock(mutex_);
    if (!wanted_.insert(channel).second) return;
  }
  wake();
}

void Notices::announce(const std::vector<std::string>& channels) {
  {
    const Guard lock(mutex_);
    const bool was_empty = announced_.empty();
    announced_.insert(channels.begin(), channels.end());
    if (!was_empty) return;
  }
  wake();
}

void Notices::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wakeup_, &one, sizeof one));
}

// Until there is something to do, or for so long.
void Notices::wait(int socket, std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> watched = {pollfd{.fd = wakeup_, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = socket, .events = POLLIN, .revents = 0}};
  ::poll(watched.data(), socket >= 0 ? 2 : 1, static_cast<int>(at_most.count()));
  std::uint64_t woken = 0;
  static_cast<void>(::read(wakeup_, &woken, sizeof woken));
}

void Notices::run() {
  bool was_lost = false;
  for (;;) {
    try {
      const std::unique_ptr<Connection> connection = connect_();
      listening_.clear();
      if (std::exchange(was_lost, true)) {
        telemetry::log_info("db.notices_resumed");
        on_notice_({});
      }
      if (!use(*connection)) return;
    } catch (const Failure& failure) {
      if (!was_lost) telemetry::log_warning("db.notices_lost", {{"what", failure.what()}});
      was_lost = true;
    }
    {
      const Guard lock(mutex_);
      if (is_over_) return;
    }
    wait(-1, kReconnectAfter);
  }
}

// False when it is over, true when the connection is lost.
bool Notices::use(Connection& connection) {
  while (connection.is_alive()) {
    if (!exchange(connection)) return false;
    wait(connection.socket(), kIdleMax);
  }
  telemetry::log_warning("db.notices_lost", {{"what", "connection lost"}});
  return true;
}

// Sends and takes what there is; false when it is over.
bool Notices::exchange(Connection& connection) {
  std::set<std::string> wanted;
  std::set<std::string> announced;
  bool is_over = false;
  {
    const Guard lock(mutex_);
    wanted = wanted_;
    announced.swap(announced_);
    is_over = is_over_;
  }
  for (const std::string& channel : wanted) {
    if (listening_.insert(channel).second) connection.run_script("LISTEN " + channel);
  }
  for (const std::string& channel : announced) connection.execute(kNotify, channel);
  if (is_over) return false;
  if (const auto channels = connection.take_notices(); !channels.empty()) on_notice_(channels);
  if (!announced.empty()) std::this_thread::sleep_for(kAnnounceEvery);
  return true;
}

}  // namespace ruck::db::postgres

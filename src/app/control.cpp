#include "app/control.hpp"

#include "base/assert.hpp"
#include "db/open.hpp"
#include "http/json/writer.hpp"
#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

namespace ruck::app {
namespace {
constexpr std::string_view kFile = "control.sock";
constexpr int kWaiting = 8;              // connections that wait for their turn
constexpr timeval kSilenceMax = {5, 0};  // of the other side, before it is let go
constexpr timeval kAnswerMax = {60, 0};  // a command over a large table

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// A socket's address is at most 107 bytes; a path through an open folder is always shorter.
struct Place {
  explicit Place(const std::string& data_dir)
      : folder(::open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address.sun_family = AF_UNIX;
    const std::string path = fmt::format("/proc/self/fd/{}/{}", folder.get(), kFile);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  }
  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&address);  // as the call wants it
  }
  Descriptor folder;
  sockaddr_un address{};
};

void limit_silence(int socket, timeval read_max) {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &read_max, sizeof read_max);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kSilenceMax, sizeof kSilenceMax);
}

bool send_line(int socket, std::string line) {
  line.push_back('\n');
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t sent = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Without its end; nothing where the other side was silent, left, or sent too much.
std::optional<std::string> receive_line(int socket) {
  std::string line;
  std::array<char, 4096> part{};
  while (line.size() <= kControlBytesMax) {
    const ssize_t got = ::recv(socket, part.data(), part.size(), 0);
    if (got <= 0) return std::nullopt;
    line.append(part.data(), static_cast<std::size_t>(got));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
  }
  return std::nullopt;
}

std::string refusal(std::string_view message) {
  return "{\"message\":" + json::to_text(message) + "}";
}
}  // namespace

void Control::add(std::string name, Command command) {
  const bool is_new = commands_.emplace(std::move(name), std::move(command)).second;
  RUCK_ASSERT(is_new);
}

std::string Control::answer(std::string_view request) const {
  const json::Tree tree = json::Tree::parse(request);
  const auto command = commands_.find(tree["command"].text());
  if (command == commands_.end()) return refusal("there is no such command");
  try {
    const Result<std::string> data = command->second(tree);
    if (!data) return refusal(data.error().client_text());
    return "{\"data\":" + *data + "}";
  } catch (...) {  // a bug in a command must not end the server
    telemetry::log_exception("control.command_failed", command->first, std::current_exception());
  }
  return refusal("the command failed; the log says why");
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::string& data_dir,
                                                           const Control& control) {
  const Place place(data_dir);
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string path = data_dir + "/" + std::string(kFile);
  if (const Descriptor other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      ::connect(other.get(), place.get(), sizeof place.address) == 0) {
    return fail(ErrorCode::kUnavailable, path + ": another server listens there");
  }
  ::unlink(path.c_str());
  // The mode comes from the process's mask; narrowed as well where that was wider.
  if (listener.get() < 0 || ::bind(listener.get(), place.get(), sizeof place.address) != 0 ||
      ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener.get(), kWaiting) != 0) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return std::make_unique<ControlSocket>(control, path, listener.release());
}

ControlSocket::ControlSocket(const Control& control, std::string path, int listener)
    : control_(control),
      path_(std::move(path)),
      listener_(listener),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  RUCK_ASSERT(stop_ >= 0);
  thread_ = std::thread([this] {
    runtime::name_thread("ruck-control");
    run();
  });
}

ControlSocket::~ControlSocket() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_, &one, sizeof one));
  thread_.join();
  ::unlink(path_.c_str());
  ::close(listener_);
  ::close(stop_);
}

void ControlSocket::run() {
  for (;;) {
    std::array<pollfd, 2> watched = {pollfd{.fd = stop_, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = listener_, .events = POLLIN, .revents = 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if ((watched[0].revents & POLLIN) != 0) return;
    const Descriptor connection(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() >= 0) serve(connection.get());
  }
}

void ControlSocket::serve(int connection) const {
  limit_silence(connection, kSilenceMax);
  const std::optional<std::string> request = receive_line(connection);
  if (!request) return;
  send_line(connection, control_.answer(*request));
}

namespace {
Result<json::Tree> data_of(std::string_view answer) {
  const json::Tree tree = json::Tree::parse(answer);
  if (tree.has("data")) return tree["data"];
  return fail(ErrorCode::kInvalidInput, tree["message"].text());
}

}  // namespace

Result<json::Tree> ask_server(const std::string& data_dir, std::string_view request) {
  const Place place(data_dir);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (place.folder.get() < 0 || socket.get() < 0 ||
      ::connect(socket.get(), place.get(), sizeof place.address) != 0) {
    return fail(ErrorCode::kUnavailable, "no server runs in this data folder");
  }
  limit_silence(socket.get(), kAnswerMax);
  std::optional<std::string> answer;
  if (send_line(socket.get(), std::string(request))) answer = receive_line(socket.get());
  if (!answer) return fail(ErrorCode::kInternal, "the server did not answer");
  return data_of(*answer);
}

Result<json::Tree> ask_control(
    const runtime::Config& config, std::string_view request,
    const std::function<void(Control& control, db::Database& database)>& add) {
  auto answered = ask_server(config.data_dir, request);
  if (answered || answered.error().code != ErrorCode::kUnavailable) return answered;
  telemetry::Metrics metrics;
  auto database = db::open({.url = config.database_url,
                            .postgres_connections = 1,
                            .postgres_prepares = config.database_prepare},
                           metrics);
  if (!database) return fail(database.error());
  Control control;
  add(control, **database);
  Result<json::Tree> data = data_of(control.answer(request));
  (*database)->close();
  return data;
}

}  // namespace ruck::app

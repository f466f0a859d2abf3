#pragma once
// Commands for the operator that need the data of a running server: they reach it over a socket in
// its data folder, readable by its user only, since the embedded database belongs to one process.
// Where no server runs, the same commands run on the database itself.
//
// One connection carries one request and its answer, each a line of JSON:
//   {"command":"jobs.list","kind":"mail.send"}
//   {"data":…} or {"message":"what was wrong"}
#include "base/error.hpp"
#include "db/database.hpp"
#include "http/json/tree.hpp"
#include "runtime/config.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace ruck::app {

inline constexpr std::size_t kControlBytesMax = 4 * 1024 * 1024;  // of a line, either way

class Control {
 public:
  // Gives JSON. Runs on the control thread and may block.
  using Command = std::function<Result<std::string>(const json::Tree& request)>;

  void add(std::string name, Command command);
  // The answer to a request, as a line without its end.
  [[nodiscard]] std::string answer(std::string_view request) const;

 private:
  std::map<std::string, Command, std::less<>> commands_;
};

// Listens in the data folder until it is destroyed; a command under way is finished.
class ControlSocket {
 public:
  // The file of a server that is gone is replaced.
  static Result<std::unique_ptr<ControlSocket>> open(const std::string& data_dir,
                                                     const Control& control);
  // Of a socket that listens: open() makes one.
  ControlSocket(const Control& control, std::string path, int listener);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  void run();
  void serve(int connection) const;

  const Control& control_;
  std::string path_;
  int listener_;
  int stop_;  // an eventfd
  std::thread thread_;
};

// The data of the answer of the data folder's server; kUnavailable where none listens.
[[nodiscard]] Result<json::Tree> ask_server(const std::string& data_dir, std::string_view request);
// The data of the answer: of the server of the data folder or, where none listens, of the commands
// that `add` makes for the database itself. kInvalidInput with what the answer says where it says
// no.
[[nodiscard]] Result<json::Tree> ask_control(
    const runtime::Config& config, std::string_view request,
    const std::function<void(Control& control, db::Database& database)>& add);

}  // namespace ruck::app

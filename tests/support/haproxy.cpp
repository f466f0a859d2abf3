#include "support/haproxy.hpp"

#include "http/client/client.hpp"
#include "support/until.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace ruck::test {
namespace {

// The file as it is delivered, but for its addresses.
std::string with_ports(std::string config, int own, const std::vector<int>& servers) {
  const auto place = [&config](std::string_view line) {
    const std::size_t at = config.find(line);
    if (at == std::string::npos)
      throw std::runtime_error(fmt::format("no {} in haproxy.cfg", line));
    return at;
  };
  const std::size_t bind = place("bind ");
  config.replace(bind, config.find('\n', bind) - bind, fmt::format("bind 127.0.0.1:{}", own));
  config.erase(place("  server "));  // they are the last lines
  for (const int port : servers) config += fmt::format("  server s{0} 127.0.0.1:{0}\n", port);
  return config;
}

bool is_ready(const std::string& url) {
  const auto reply = http::Client(*http::parse_url(url)).send(http::Method::kGet, "/readyz");
  return reply && reply->status == 200;
}
}  // namespace

HaProxy::HaProxy(const std::vector<int>& ports) {
  const std::string delivered =
      read_file(std::string(RUCK_SOURCE_FOLDER) + "/deploy/haproxy/haproxy.cfg");
  constexpr int kAttempts = 5;  // another program may take the port meanwhile
  for (int i = 0; i < kAttempts; ++i) {
    port_ = free_port();
    std::ofstream(folder_.path() + "/haproxy.cfg") << with_ports(delivered, port_, ports);
    process_ = std::make_unique<Process>(
        ProcessOptions{.argv = {"haproxy", "-db", "-f", folder_.path() + "/haproxy.cfg"},
                       .extra_env = {},
                       .output_path = folder_.path() + "/log",
                       .working_folder = folder_.path()});
    const bool is_done = until([&] {
      return process_->wait(std::chrono::milliseconds(0)).has_value() || is_ready(url());
    });
    if (is_done && !process_->wait(std::chrono::milliseconds(0))) return;
  }
  throw std::runtime_error("haproxy did not start: " + read_file(folder_.path() + "/log"));
}

}  // namespace ruck::test

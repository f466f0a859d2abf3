// ruck push: whether pushes arrive, and what is missing where they do not.
#include "app/cli.hpp"
#include "app/control.hpp"
#include "http/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace ruck::app {
namespace {
constexpr std::string_view kUsage =
    "usage: ruck push test --user EMAIL\n"
    "Has the running server send a push to each device of this account, and says what became of\n"
    "it.\n";

struct TestRequest {
  std::string command = "push.test";
  std::string email;
};
BOOST_DESCRIBE_STRUCT(TestRequest, (), (command, email))

std::string_view meaning_of(std::string_view fate) {
  if (fate == "accepted") return "the push service has it";
  if (fate == "gone") return "the device is not there any more";
  if (fate == "refused") return "the push service does not take it";
  if (fate == "retry") return "not now; a job would try again";
  return "this server has no credentials for it";
}

int print(const json::Tree& devices) {
  if (devices.items().empty()) {
    fmt::print(
        "this account has no device: sign in with the mobile app, or allow notifications in the"
        " web app\n");
    return 1;
  }
  bool all_accepted = true;
  for (const json::Tree& device : devices.items()) {
    const std::string& fate = device["fate"].text();
    all_accepted = all_accepted && fate == "accepted";
    fmt::print("{:<4} {:<15} {}{}{}\n", device["service"].text(), fate, meaning_of(fate),
               device["reason"].text().empty() ? "" : ": ", device["reason"].text());
  }
  return all_accepted ? 0 : 1;
}
}  // namespace

int push(Arguments arguments) {
  const std::optional<std::string> email = arguments.take("user");
  const std::vector<std::string>& words = arguments.words();
  if (words.size() != 1 || words[0] != "test" || !email) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const auto config = config_from(arguments);
  if (!config) return 2;
  const auto devices = ask_server(config->data_dir, json::to_text(TestRequest{.email = *email}));
  if (!devices) {
    fmt::print(stderr, "ruck push: {}\n", devices.error().client_text());
    return 1;
  }
  return print(*devices);
}

}  // namespace ruck::app

// ruck admin: what an operator does with accounts.
#include "app/admin_commands.hpp"
#include "app/cli.hpp"
#include "http/json/writer.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ruck::app {
namespace {
constexpr std::string_view kUsage =
    "usage: ruck admin reset-link EMAIL\n"
    "Prints a link that sets a new password for this account, good for an hour. Whoever has it "
    "has\n"
    "the account: give it to its owner only. Works beside a running server and without one.\n";

struct ResetLinkRequest {
  std::string command = "admin.reset_link";
  std::string email;
};
BOOST_DESCRIBE_STRUCT(ResetLinkRequest, (), (command, email))
}  // namespace

int admin(Arguments arguments) {
  const std::vector<std::string>& words = arguments.words();
  if (words.size() != 2 || words[0] != "reset-link") {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const auto config = config_from(arguments);
  if (!config) return 2;
  const SystemClock clock;
  const auto link = ask_control(*config, json::to_text(ResetLinkRequest{.email = words[1]}),
                                [&](Control& control, db::Database& database) {
                                  add_admin_commands(control, database, clock, public_url(*config));
                                });
  if (!link) {
    fmt::print(stderr, "ruck admin: {}\n", link.error().client_text());
    return 1;
  }
  fmt::print("{}\n", link->text());
  return 0;
}

}  // namespace ruck::app

#include "app/push_commands.hpp"

#include "http/json/writer.hpp"
#include "services/notify/push_test.hpp"

#include <future>

namespace ruck::app {
namespace {
using Tested = Result<std::vector<notify::TestedDevice>>;

// Shared: the core may still be inside set_value() when the control thread goes on.
task<> test(PushCommands parts, std::string email, std::shared_ptr<std::promise<Tested>> answer) {
  Tested tested =
      co_await notify::test_push(parts.database, parts.sender, std::move(email), parts.clock.now());
  answer->set_value(std::move(tested));
}
}  // namespace

void add_push_commands(Control& control, const PushCommands& parts) {
  control.add("push.test", [parts](const json::Tree& request) -> Result<std::string> {
    const auto answer = std::make_shared<std::promise<Tested>>();
    std::future<Tested> tested = answer->get_future();
    parts.group.spawn(parts.core, test(parts, request["email"].text(), answer));
    Tested result = tested.get();
    if (!result) return fail(std::move(result).error());
    return json::to_text(*result);
  });
}

}  // namespace ruck::app

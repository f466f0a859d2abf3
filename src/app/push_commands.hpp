#pragma once
// The command push.test of the control socket. It needs a running server: credentials, connections
// and cores are the server's.
#include "app/control.hpp"
#include "base/clock.hpp"
#include "push/sender.hpp"
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"

namespace ruck::app {

struct PushCommands {
  db::Database& database;
  push::Sender& sender;
  const Clock& clock;
  runtime::Core& core;        // that runs
  runtime::TaskGroup& group;  // of what a command started and waits for
};
void add_push_commands(Control& control, const PushCommands& parts);

}  // namespace ruck::app

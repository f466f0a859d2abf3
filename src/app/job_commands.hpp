#pragma once
// The commands jobs.list, jobs.show, jobs.retry and jobs.drop of the control socket.
#include "app/control.hpp"
#include "base/clock.hpp"

namespace ruck::app {

void add_job_commands(Control& control, db::Database& database, const Clock& clock);

}  // namespace ruck::app

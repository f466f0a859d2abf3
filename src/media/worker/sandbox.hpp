#pragma once
// What the process that decodes a picture takes from itself before it looks at the picture.
#include "base/error.hpp"

namespace ruck::media {

// Ends with its parent; the lowest priority; bounds on processor time, address space, files, core
// dumps. Before anything is loaded.
[[nodiscard]] Result<> bound_this_process();

// From here on only the system calls that computing needs are left: memory, threads, the clock,
// reading what is open, and writing to the standard output and error. No file is opened, nothing
// is executed, no process or socket is made, no other process is touched: such calls give EPERM.
// Once a process, after all libraries are loaded.
[[nodiscard]] Result<> enter_sandbox();

}  // namespace ruck::media

#pragma once
// Which build of this program runs.
#include <string>

namespace ruck::app {

// The linker's digest of what it has linked (ELF, .note.gnu.build-id) in hexadecimal: the same for
// the same program on all machines. Empty where there is none.
[[nodiscard]] std::string build_id();

}  // namespace ruck::app

#pragma once
// What the program writes is for the user it runs as: the database holds password hashes and the
// keys that sign tokens, and the outbox links that set a password.
#include "runtime/config.hpp"

#include <string>
#include <vector>

namespace ruck::app {

// Files and folders that this process makes from here on are for their owner only.
void write_privately();

// What others could read or write of our own files, by path. A file is ours by its name and its
// owner; the data folder itself is where it holds nothing but our files. Links are not followed.
struct Narrowed {
  std::vector<std::string> narrowed;
  std::vector<std::string> failed;
};
// Takes from others what an older version or a careless copy gave them.
[[nodiscard]] Narrowed make_private(const runtime::Config& config);

// The files with secrets that every local user can read. They are the operator's: only told of.
[[nodiscard]] std::vector<std::string> readable_secrets(const runtime::Config& config);

// Both of the above, with what they found in the log.
void look_after_files(const runtime::Config& config);

}  // namespace ruck::app

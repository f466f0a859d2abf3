#pragma once
// Files that travel inside the binary: migrations and the web app.
#include <span>
#include <string_view>

namespace ruck::embedded {

struct File {
  std::string_view name;  // path below the folder that was embedded
  std::string_view bytes;
};

std::span<const File> migrations();

}  // namespace ruck::embedded

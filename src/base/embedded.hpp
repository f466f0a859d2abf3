#pragma once
// Files that travel inside the binary: migrations and the web app.
#include <span>
#include <string_view>

namespace ruck::embedded {

struct File {
  std::string_view name;  // path below the folder that was embedded
  std::string_view bytes;
};

// A file of the web app, packed when it was built.
struct WebFile {
  std::string_view name;
  std::string_view bytes;
  std::string_view gzip;    // empty: not worth it
  std::string_view brotli;  // likewise
  std::string_view digest;  // of the bytes: the start of their SHA-256 in hex
};

std::span<const File> migrations();
// Empty in a program that was built without the web app.
std::span<const WebFile> web();

}  // namespace ruck::embedded

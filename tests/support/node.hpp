#pragma once
// Other people's servers as node plays them: a script that listens on a free port of loopback and
// says which in a line "port N".
#include "support/process.hpp"

#include <string>
#include <vector>

namespace ruck::test {

class NodeServer {
 public:
  // `script` is a path; the arguments follow it.
  NodeServer(const std::string& script, const std::vector<std::string>& arguments);

  [[nodiscard]] int port() const { return port_; }
  // What it has written.
  [[nodiscard]] std::string output() const { return read_file(output_); }

 private:
  TemporaryFolder folder_;
  std::string output_;
  Process process_;
  int port_ = 0;
};

// A certificate for `name` that its owner signed, and the key of it.
struct Certificate {
  std::string certificate_file;
  std::string key_file;
};
Certificate make_certificate(const std::string& folder, const std::string& name);

}  // namespace ruck::test

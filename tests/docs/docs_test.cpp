// The code blocks of the documentation are run as a reader would run them: those marked `sh`, from
// top to bottom in one shell, in a folder where the binary is built and a server runs. A block
// marked `sh norun` is shown only.
#include "support/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ruck::test {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> documents() {
  std::vector<std::string> found = {"README.md", "CONTRIBUTING.md"};
  const fs::path root = RUCK_SOURCE_FOLDER;
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(fs::relative(entry.path(), root));
  }
  return found;
}

std::string blocks_of(const std::string& document) {
  std::ifstream in(fs::path(RUCK_SOURCE_FOLDER) / document);
  std::string script;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside && line == "```sh";
      continue;
    }
    if (inside) script += line + "\n";
  }
  return script;
}

std::string with_port(std::string script, const std::string& url) {
  const std::string usual = "http://127.0.0.1:8080";
  for (std::size_t at = 0; (at = script.find(usual, at)) != std::string::npos; at += url.size()) {
    script.replace(at, usual.size(), url);
  }
  return script;
}

class Documentation : public testing::TestWithParam<std::string> {};

TEST_P(Documentation, BlocksRunAsTheyStand) {
  const std::string script = blocks_of(GetParam());
  if (script.empty()) return;  // prose
  RuckServer server({});
  const TemporaryFolder folder;
  fs::create_directories(folder.path() + "/build/release");
  fs::create_directories(folder.path() + "/var");
  fs::create_symlink(binary(), folder.path() + "/build/release/ruck");
  // curl fails on an answer of 400 and above only when it is told to.
  std::ofstream(folder.path() + "/script.sh")
      << "set -euo pipefail\ncurl() { command curl --fail-with-body \"$@\"; }\n"
      << with_port(script, server.url());
  const Finished done = run_to_end(
      {.argv = {"bash", "script.sh"},
       .extra_env = {"RUCK_URL=" + server.url(), "RUCK_DATA_DIR=" + server.folder() + "/data"},
       .working_folder = folder.path()},
      std::chrono::minutes(3));
  EXPECT_EQ(done.exit_code, 0) << script << "\n" << done.output;
}

INSTANTIATE_TEST_SUITE_P(Files, Documentation, testing::ValuesIn(documents()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace ruck::test

#include "cluster/own_reader.hpp"

#include <chrono>
#include <stdexcept>

namespace ruck::test {
namespace {
constexpr const char* kProfile = "/api/users/profile";
constexpr auto kBeforeAgain = std::chrono::milliseconds(20);
constexpr std::string_view kName = "name-";
}  // namespace

OwnReader::OwnReader(const std::string& url) : writer_(url), reader_(url) {
  writer_.sign_up("reader");
  reader_.set_token(writer_.token);
  thread_ = std::jthread([this] { run(); });
}

OwnReader::~OwnReader() { is_over_ = true; }

void OwnReader::run() {
  for (std::uint64_t number = 1; !is_over_; ++number) {
    if (rename(number)) read_back(number);
    std::this_thread::sleep_for(kBeforeAgain);
  }
}

bool OwnReader::rename(std::uint64_t number) {
  try {
    const std::string name = std::string(kName) + std::to_string(number);
    return writer_.put(kProfile, R"({"username":")" + name + "\"}").status == 200;
  } catch (const std::runtime_error&) {
    return false;  // no answer: what became of it is not known
  }
}

// Read several times: a later one may be answered by another server, or from memory.
void OwnReader::read_back(std::uint64_t number) {
  constexpr int kTimes = 3;
  for (int time = 0; time < kTimes && !is_over_;) {
    try {
      const Reply seen = reader_.get(kProfile);
      if (seen.status == 200) {
        const std::string& name = seen.json["username"].text();
        const bool is_ours = name.starts_with(kName);
        if (!is_ours || std::stoull(name.substr(kName.size())) < number) ++stale_;
        ++read_;
        ++time;
        continue;
      }
    } catch (const std::runtime_error&) {
      // no answer: again
    }
    std::this_thread::sleep_for(kBeforeAgain);
  }
}

}  // namespace ruck::test

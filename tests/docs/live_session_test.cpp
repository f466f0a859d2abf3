// The example session of docs/api/live.md, played against the real server.
#include "support/live.hpp"
#include "support/rucking.hpp"

#include <fstream>

namespace ruck::test {
namespace {

std::vector<std::string> session() {
  std::ifstream in(std::string(RUCK_SOURCE_FOLDER) + "/docs/api/live.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```live-session";
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::string with(std::string text, const std::string& mark, const std::string& value) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

// Whether `text` is `pattern`, in which … stands for anything.
bool is_like(std::string_view text, std::string_view pattern) {
  constexpr std::string_view kAnything = "…";
  for (bool is_first = true;; is_first = false) {
    const std::size_t end = pattern.find(kAnything);
    const std::string_view part = pattern.substr(0, end);
    if (end == std::string_view::npos) {
      return is_first ? text == part : text.ends_with(part);
    }
    const std::size_t at = text.find(part);
    if (at == std::string_view::npos || (is_first && at != 0)) return false;
    text.remove_prefix(at + part.size());
    pattern.remove_prefix(end + kAnything.size());
  }
}

TEST(LiveDocument, TheExampleSessionIsWhatHappens) {
  RuckServer server({});
  ApiClient anna(server.url());
  ApiClient berta(server.url());
  anna.sign_up("anna");
  berta.sign_up("berta");
  berta.post("/api/users/" + anna.user_id + "/follow", "{}");
  anna.post("/api/users/" + berta.user_id + "/follow", "{}");
  const std::string ruck = start_ruck(anna);
  const Walk walk{.start_ms = now_ms() - 1'200'000, .count = 210, .step_s = 5};
  anna.post("/api/rucks/" + ruck + "/location", walk.part(0, 200).json());
  LiveClient client(server);
  const std::vector<std::string> lines = session();
  ASSERT_GT(lines.size(), 8U);
  for (const std::string& line : lines) {
    SCOPED_TRACE(line);
    const std::string text = with(with(line.substr(2), "$TOKEN", berta.token), "$RUCK", ruck);
    if (line.starts_with(">")) {
      client.say(text);
    } else if (line.starts_with("<")) {
      ASSERT_FALSE(client.next().is_null());
      EXPECT_TRUE(is_like(client.heard.back(), text)) << client.heard.back();
    } else if (line == "! the rucker sends ten points") {
      anna.post("/api/rucks/" + ruck + "/location", walk.part(200, 10).json());
    } else if (line == "! the rucker completes the ruck") {
      anna.post("/api/rucks/" + ruck + "/complete", "{}");
    } else {
      ADD_FAILURE() << "what is this?";
    }
  }
}

}  // namespace
}  // namespace ruck::test

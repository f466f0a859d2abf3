#include "cluster/follower.hpp"

#include "http/client/socket_client.hpp"
#include "http/json/writer.hpp"
#include "support/until.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ruck::test {
namespace {
using std::chrono::milliseconds;

constexpr milliseconds kBetweenPoints(200);
constexpr milliseconds kBeforeAgain(200);
}  // namespace

Follower::Follower(std::string url, int number)
    : url_(std::move(url)), rucker_(url_), follower_(url_) {
  rucker_.sign_up("rucker" + std::to_string(number));
  follower_.sign_up("follower" + std::to_string(number));
  rucker_.post("/api/users/" + follower_.user_id + "/follow", "{}");
  follower_.post("/api/users/" + rucker_.user_id + "/follow", "{}");
  ruck_ = start_ruck(rucker_);
  recording_ = std::jthread([this] { record(); });
  watching_ = std::jthread([this] { watch(); });
  if (!until([this] { return shown_ > 0; })) throw std::runtime_error("a follower sees nothing");
}

Follower::~Follower() { is_over_ = true; }

// Beyond the circle around where the ruck began, in which nothing is shown to anybody.
void Follower::record() {
  constexpr int kHidden = 200;
  ApiClient phone(url_);
  phone.set_token(rucker_.token);
  const Walk walk{.start_ms = now_ms() - 3'000'000, .count = 600};
  const auto send = [&](int from, int count) {
    while (!is_over_) {
      try {
        const std::string body = walk.part(from, count).json();
        if (phone.post("/api/rucks/" + ruck_ + "/location", body).status < 500) return;
      } catch (const std::runtime_error&) {
        // no answer: again
      }
      std::this_thread::sleep_for(kBeforeAgain);
    }
  };
  send(0, kHidden);
  for (int i = kHidden; i < walk.count && !is_over_; ++i) {
    send(i, 1);
    std::this_thread::sleep_for(kBetweenPoints);
  }
}

// Connects again as often as it takes, as the web app does.
void Follower::watch() {
  while (!is_over_) {
    auto socket = http::SocketClient::connect(*http::parse_url(url_), "/api/live", 0);
    bool is_open =
        socket &&
        socket->send(R"({"type":"auth","token":)" + json::to_text(follower_.token) + "}") &&
        socket->send(R"({"type":"subscribe","topic":"ruck:)" + ruck_ + "\"}");
    while (is_open && !is_over_) {
      const auto got = socket->receive(milliseconds(100));
      is_open = !got.close_code;
      if (!got.text || !got.text->contains("\"current_location\":{")) continue;
      ++shown_;
      const std::scoped_lock lock(mutex_);
      seen_.push_back(Steady::now());
    }
    std::this_thread::sleep_for(kBeforeAgain);
  }
}

void Follower::lose_the_right() {
  const bool is_blocked = until([this] {
    try {
      return rucker_.post("/api/users/" + follower_.user_id + "/block", "{}").status < 300;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  if (!is_blocked) throw std::runtime_error("nobody can be blocked");
  lost_ = Steady::now();
}

int Follower::shown_since(milliseconds grace) {
  std::this_thread::sleep_until(lost_ + grace + kLook);
  const std::scoped_lock lock(mutex_);
  return static_cast<int>(
      std::ranges::count_if(seen_, [&](Steady::time_point at) { return at > lost_ + grace; }));
}

}  // namespace ruck::test

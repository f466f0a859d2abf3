#pragma once
// An Outbound that answers what a test says, and keeps what was asked.
#include "base/thread_safety.hpp"
#include "http/client/outbound.hpp"
#include "runtime/sleep.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::push::test {

class ScriptedOutbound final : public http::Outbound {
 public:
  using Answer = std::function<Result<http::OutboundReply>(const http::OutboundRequest&)>;

  // From now on; called on the core of who asks, with no lock held.
  void answer(Answer answer) {
    const Guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void answer(int status, std::string body = {},
              std::optional<std::chrono::seconds> retry_after = {}) {
    answer([=](const http::OutboundRequest&) {
      return http::OutboundReply{
          .status = status, .headers = {}, .body = body, .retry_after = retry_after};
    });
  }
  // Nothing is answered until they are let go.
  void hold(bool is_held) { is_held_ = is_held; }

  [[nodiscard]] std::vector<http::OutboundRequest> seen() const {
    const Guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] http::OutboundRequest last() const { return seen().back(); }

  task<Result<http::OutboundReply>> send(http::OutboundRequest request) override {
    Answer answer;
    {
      const Guard lock(mutex_);
      seen_.push_back(request);
      answer = answer_;
    }
    while (is_held_) co_await runtime::sleep_for(std::chrono::milliseconds(1));
    co_return answer(request);
  }

 private:
  mutable Mutex mutex_;
  Answer answer_ RUCK_GUARDED_BY(mutex_);
  std::vector<http::OutboundRequest> seen_ RUCK_GUARDED_BY(mutex_);
  std::atomic<bool> is_held_{false};
};

[[nodiscard]] inline std::string header_of(const http::OutboundRequest& request,
                                           std::string_view name) {
  const auto found =
      std::ranges::find(request.headers, name, &std::pair<std::string, std::string>::first);
  return found == request.headers.end() ? "(none)" : found->second;
}

}  // namespace ruck::push::test

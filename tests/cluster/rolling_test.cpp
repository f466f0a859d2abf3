// Servers behind HAProxy are restarted one after the other, or killed, while phones send and read.
#include "support/haproxy.hpp"
#include "support/live.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kServers = 3;
constexpr int kPhones = 6;

// Phones that record by way of the proxy: a batch, then the ruck as it is now, again and again.
// What is not acknowledged is sent again until it is.
class Phones {
 public:
  explicit Phones(const std::string& url) : url_(url) {
    for (int i = 0; i < kPhones; ++i) {
      ApiClient phone(url);
      phone.sign_up("phone" + std::to_string(i));
      Ruck ruck{.token = phone.token, .id = start_ruck(phone), .acknowledged = 0};
      rucks_.push_back(std::move(ruck));
    }
    for (Ruck& ruck : rucks_) threads_.emplace_back([this, &ruck] { walk(ruck); });
  }
  void stop() {
    is_over_ = true;
    threads_.clear();
  }
  [[nodiscard]] int calls() const { return calls_; }
  // How many calls had another answer than they should, by status; 0 is no answer.
  std::map<int, int> failures() {
    const std::scoped_lock lock(mutex_);
    return failures_;
  }
  // From the first to the last of them.
  milliseconds failing_time() {
    const std::scoped_lock lock(mutex_);
    return std::chrono::duration_cast<milliseconds>(last_failure_ - first_failure_);
  }
  // All that was acknowledged is there once, and nothing else.
  void expect_all_there(const std::string& url) {
    for (const Ruck& ruck : rucks_) {
      ApiClient reader(url);
      reader.set_token(ruck.token);
      EXPECT_GT(ruck.acknowledged, 0);
      EXPECT_EQ(reader.post("/api/rucks/" + ruck.id + "/complete", "{}").status, 200);
      EXPECT_EQ(reader.get("/api/rucks/" + ruck.id).json["route"].size(),
                static_cast<std::size_t>(ruck.acknowledged));
    }
  }

 private:
  struct Ruck {
    std::string token;
    std::string id;
    int acknowledged = 0;
  };
  static constexpr int kBatch = 2;
  static constexpr int kBatchesMax = 3000;

  void walk(Ruck& ruck) {
    ApiClient phone(url_);
    phone.set_token(ruck.token);
    const Walk walk{.start_ms = now_ms() - 80'000'000, .count = kBatch * kBatchesMax};
    const std::string address = "/api/rucks/" + ruck.id;
    while (!is_over_ && ruck.acknowledged < walk.count) {
      const std::string batch = walk.part(ruck.acknowledged, kBatch).json();
      if (ask([&] { return phone.post(address + "/location", batch); }, 201)) {
        ruck.acknowledged += kBatch;
      }
      ask([&] { return phone.get(address); }, 200);
    }
  }
  template <class Call>
  bool ask(const Call& call, int wanted) {
    ++calls_;
    int status = 0;
    try {
      status = call().status;
    } catch (const std::runtime_error&) {
      // no answer
    }
    if (status == wanted) return true;
    const std::scoped_lock lock(mutex_);
    last_failure_ = steady_clock::now();
    if (failures_.empty()) first_failure_ = last_failure_;
    ++failures_[status];
    return false;
  }

  std::string url_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> calls_{0};
  std::mutex mutex_;
  std::map<int, int> failures_;
  steady_clock::time_point first_failure_;
  steady_clock::time_point last_failure_;
  std::vector<Ruck> rucks_;
  std::vector<std::jthread> threads_;
};

class RollingTest : public testing::Test {
 protected:
  // Long enough for a proxy on a machine that does much else to have noticed.
  static constexpr const char* kDelay = "RUCK_SHUTDOWN_DELAY_SECONDS=5";

  RollingTest() {
    for (auto& server : servers_) {
      server = std::make_unique<RuckServer>(
          ServerSettings{.database_url = database_.url(), .extra_env = {kDelay}});
      ports_.push_back(server->port());
    }
    proxy_ = std::make_unique<HaProxy>(ports_);
  }

  TemporaryDatabase database_{DatabaseKind::kPostgres};
  std::array<std::unique_ptr<RuckServer>, kServers> servers_;
  std::vector<int> ports_;
  std::unique_ptr<HaProxy> proxy_;
};

TEST_F(RollingTest, ARestartOfOneAfterTheOtherLosesNoRequest) {
  Phones phones(proxy_->url());
  ApiClient watcher(proxy_->url());
  watcher.sign_up("watcher");
  for (auto& server : servers_) {
    LiveClient socket(proxy_->url(), watcher);
    const int before = phones.calls();
    ASSERT_TRUE(until([&] { return phones.calls() > before + 10; }));
    EXPECT_EQ(server->stop(), 0) << server->log();
    server->start();
    const bool was_here =
        socket.close_code != 0 || !socket.next("restart", milliseconds(500)).is_null();
    if (was_here) EXPECT_EQ(socket.closed(), 1012) << "told to come back, elsewhere";
  }
  phones.stop();
  std::printf("[ measured ] %d calls during three restarts\n", phones.calls());
  EXPECT_THAT(phones.failures(), testing::IsEmpty());
  phones.expect_all_there(proxy_->url());
}

TEST_F(RollingTest, WhatAKilledServerAcknowledgedIsThereAndTheOthersGoOn) {
  Phones phones(proxy_->url());
  ASSERT_TRUE(until([&] { return phones.calls() > 50; }));
  servers_[1]->kill();
  const int before = phones.calls();
  ASSERT_TRUE(until([&] { return phones.calls() > before + 100; }));
  servers_[1]->start();
  phones.stop();
  int failed = 0;
  for (const auto& [status, count] : phones.failures()) {
    EXPECT_THAT(status, testing::AnyOf(502, 503, 504)) << "from the proxy, to be sent again";
    failed += count;
  }
  std::printf("[ measured ] %d calls, %d failed within %lld ms\n", phones.calls(), failed,
              static_cast<long long>(phones.failing_time().count()));
  phones.expect_all_there(proxy_->url());
}

}  // namespace
}  // namespace ruck::test

// The real senders over the real client, against services that others wrote the cryptography of
// (npm http_ece, node:crypto): what they take is right, and what misbehaves costs nobody a message.
#include "http/client/curl_outbound.hpp"
#include "push/fake_push.hpp"
#include "push/push_sender.hpp"
#include "push/vapid.hpp"
#include "runtime/core.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <set>

namespace ruck::test {
namespace {
using push::Fate;
using push::Report;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Outcome {
  std::string device;
  std::string message;
  Fate fate = Fate::kRetry;
  std::string reason;
  int tries = 0;
};

class PushTest : public testing::Test {
 protected:
  static constexpr std::size_t kCores = 3;
  static constexpr int kTriesMax = 40;

  ~PushTest() override {
    group_.join();
    sender_.reset();
    outbound_.reset();
    cores_.stop_and_join();
  }

  void start(std::vector<std::string> options = {}, FakePush::Wire wire = FakePush::Wire::kTls) {
    cores_.start();
    fake_.emplace(wire, std::move(options));
    outbound_ = std::make_unique<http::CurlOutbound>(
        http::CurlOutbound::Options{.allow_private = allow_private_,
                                    .ca_file = fake_->certificate(),
                                    .resolve = {fake_->resolve()},
                                    .circuit_open_for = milliseconds(100)},
        http::CurlOutbound::Dependencies{.clock = clock_, .metrics = metrics_});
    auto made =
        push::PushSender::make({.fcm_credentials_file = fake_->credentials(),
                                .fcm_endpoint = fake_->origin(),
                                .subject = "mailto:ops@example.org",
                                .vapid_key = push::make_vapid_key()},
                               {.outbound = *outbound_, .clock = clock_, .metrics = metrics_});
    ASSERT_TRUE(made) << made.error().message;
    sender_ = std::move(*made);
  }

  static push::Message message(const std::string& id) {
    return {.title = "Ann started a ruck",
            .body = "12 kg, near the lake: " + std::string(200, 'x'),
            .data = {{"type", "ruck_started"}, {"message_id", id}},
            .collapse_key = id,
            .ttl = std::chrono::hours(1),
            .urgency = push::Urgency::kHigh};
  }

  template <class Device>
  task<Report> send_once(Device device, std::string id) {
    co_return co_await sender_->send(std::move(device), message(id));
  }
  // As a job would: again after a while, as long as the report says so.
  template <class Device>
  task<> deliver(Device device, Outcome& outcome) {
    for (outcome.tries = 1;; ++outcome.tries) {
      const Report report = co_await send_once(device, outcome.message);
      outcome.fate = report.fate;
      outcome.reason = report.reason;
      if (report.fate != Fate::kRetry || outcome.tries == kTriesMax) co_return;
      co_await runtime::sleep_for(milliseconds(20 * outcome.tries));
    }
  }

  void spawn_phones(const std::vector<std::string>& tokens, int messages) {
    for (const std::string& token : tokens) {
      for (int i = 0; i < messages; ++i) {
        Outcome& outcome = phones_.emplace_back(
            Outcome{.device = token, .message = "m" + std::to_string(i), .reason = {}});
        group_.spawn(next_core(), deliver(push::FcmToken{token}, outcome));
      }
    }
  }
  void spawn_browsers(std::size_t count, int messages) {
    for (const auto& browser : fake_->subscribe(count, sender_->vapid_public_key())) {
      for (int i = 0; i < messages; ++i) {
        Outcome& outcome = browsers_.emplace_back(
            Outcome{.device = browser.endpoint.substr(browser.endpoint.rfind('/') + 1),
                    .message = "m" + std::to_string(i),
                    .reason = {}});
        group_.spawn(next_core(), deliver(browser, outcome));
      }
    }
  }
  runtime::Core& next_core() { return cores_.at(spawned_++ % kCores); }

  static std::vector<std::string> phones(int count) {
    std::vector<std::string> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back("phone-" + std::to_string(i));
    return tokens;
  }

  // Each message came to its device once, or more often only where its answer was lost; gone are
  // those that are dead, and nobody else.
  static void expect_delivered(const std::list<Outcome>& outcomes, const json::Tree& report) {
    std::set<std::string> dead;
    for (const json::Tree& device : report["dead"].items()) dead.insert(device.text());
    std::int64_t twice = 0;
    for (const Outcome& outcome : outcomes) {
      const std::int64_t times = report["devices"][outcome.device][outcome.message].integer();
      const bool is_dead = dead.contains(outcome.device);
      const bool is_gone = outcome.fate == Fate::kGone;
      EXPECT_TRUE(is_gone || outcome.fate == Fate::kAccepted) << outcome.reason;
      EXPECT_TRUE(!is_gone || is_dead) << outcome.device << ": " << outcome.reason;
      EXPECT_TRUE(is_gone || times > 0) << outcome.device << " " << outcome.message;
      EXPECT_TRUE(is_dead || times > 0) << outcome.device << " " << outcome.message;
      twice += std::max<std::int64_t>(0, times - 1);
    }
    EXPECT_EQ(twice, report["duplicates"].integer());
    EXPECT_EQ(report["unexplained"].integer(), 0);
    EXPECT_EQ(report["problems"].size(), 0U);
    for (const json::Tree& problem : report["problems"].items()) ADD_FAILURE() << problem.text();
  }

  bool allow_private_ = true;  // persons may name addresses of this machine
  SystemClock system_clock_;
  ManualClock clock_{system_clock_.now()};
  telemetry::Metrics metrics_;
  std::optional<FakePush> fake_;
  std::unique_ptr<http::CurlOutbound> outbound_;
  std::unique_ptr<push::PushSender> sender_;
  std::list<Outcome> phones_;
  std::list<Outcome> browsers_;
  std::size_t spawned_ = 0;
  runtime::Cores cores_{kCores};
  runtime::TaskGroup group_{"push", [](std::string_view, const std::exception_ptr& failure) {
                              std::rethrow_exception(failure);
                            }};
};

TEST_F(PushTest, WhatIsSentIsWhatTheServicesOfOthersTake) {
  start();
  spawn_phones(phones(200), 1);
  spawn_browsers(200, 1);
  group_.join();
  const json::Tree report = fake_->report();
  expect_delivered(phones_, report["fcm"]);
  expect_delivered(browsers_, report["web"]);
  EXPECT_EQ(report["fcm"]["accepted"].integer(), 200);
  EXPECT_EQ(report["web"]["accepted"].integer(), 200);
  EXPECT_GE(report["versions"]["2.0"].integer(), 400);
}

// As behind a proxy that knows no other.
TEST_F(PushTest, FirebaseIsSpokenToByHttp11Too) {
  start({"--errors", "0.05", "--resets", "0.02", "--goaway-every", "10"}, FakePush::Wire::kClear);
  spawn_phones(phones(100), 2);
  group_.join();
  const json::Tree report = fake_->report();
  expect_delivered(phones_, report["fcm"]);
  EXPECT_GE(report["versions"]["1.1"].integer(), 200);
  EXPECT_FALSE(report["versions"].has("2.0"));
}

TEST_F(PushTest, FirebasesErrorsAreToldApart) {
  start();
  spawn_phones({"dead-1", "other-1", "bad-1"}, 1);
  group_.join();
  for (const Outcome& outcome : phones_) {
    EXPECT_EQ(outcome.fate, Fate::kGone) << outcome.device << ": " << outcome.reason;
    EXPECT_EQ(outcome.tries, 1);
  }
}

TEST_F(PushTest, OneAccessTokenIsAskedForAndAnotherOneWhenItIsNotTaken) {
  start({"--oauth-delay-ms", "200"});
  spawn_phones(phones(50), 1);
  group_.join();
  json::Tree oauth = fake_->report()["fcm"]["oauth"];
  EXPECT_EQ(oauth["granted"].integer(), 1);
  EXPECT_EQ(oauth["problems"].size(), 0U);
  fake_->revoke_tokens();
  clock_.advance(seconds(61));
  spawn_phones(phones(50), 1);
  group_.join();
  const json::Tree report = fake_->report();
  EXPECT_EQ(report["fcm"]["oauth"]["granted"].integer(), 2);
  EXPECT_EQ(report["fcm"]["oauth"]["atOnceMax"].integer(), 1);
  EXPECT_EQ(report["fcm"]["accepted"].integer(), 100);
  for (const Outcome& outcome : phones_) EXPECT_EQ(outcome.fate, Fate::kAccepted) << outcome.reason;
}

// Who subscribes names the address: it must not reach what only this machine reaches.
TEST_F(PushTest, ABrowsersAddressOnThisMachineIsNotAsked) {
  allow_private_ = false;
  start();
  spawn_phones({"phone-1"}, 1);
  spawn_browsers(1, 1);
  group_.join();
  EXPECT_EQ(phones_.front().fate, Fate::kAccepted) << phones_.front().reason;
  EXPECT_EQ(browsers_.front().fate, Fate::kRefused);
  EXPECT_EQ(browsers_.front().tries, 1);
  EXPECT_EQ(fake_->report()["web"]["accepted"].integer(), 0);
}

// What was refused for now comes again, and what was taken does not.
TEST_F(PushTest, NothingComesTwiceWhereEveryAnswerArrives) {
  start({"--seed", "5", "--errors", "0.1", "--quota", "0.1", "--delays", "0.01", "--delay-ms",
         "500", "--dying", "0.02"});
  spawn_phones(phones(100), 3);
  spawn_browsers(100, 3);
  group_.join();
  const json::Tree report = fake_->report();
  for (const auto& [outcomes, name] : {std::pair(&phones_, "fcm"), std::pair(&browsers_, "web")}) {
    expect_delivered(*outcomes, report[name]);
    EXPECT_EQ(report[name]["duplicates"].integer(), 0) << name;
  }
}

// 5 % failures, quota, cut connections, slow answers, devices that go, connections that end.
TEST_F(PushTest, NoMessageIsLostToServicesThatMisbehave) {
  start({"--seed", "11", "--errors", "0.05", "--quota", "0.02", "--resets", "0.02", "--delays",
         "0.005", "--delay-ms", "2000", "--dying", "0.02", "--goaway-every", "40"});
  spawn_phones(phones(150), 4);
  spawn_browsers(150, 4);
  group_.join();
  const json::Tree report = fake_->report();
  expect_delivered(phones_, report["fcm"]);
  expect_delivered(browsers_, report["web"]);
  for (const char* mood : {"errors", "quota", "resets", "delays", "goaways"}) {
    EXPECT_GT(report["moods"][mood].integer(), 0) << mood;
  }
  EXPECT_GT(report["fcm"]["dead"].size() + report["web"]["dead"].size(), 0U);
}

}  // namespace
}  // namespace ruck::test

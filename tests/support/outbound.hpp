#pragma once
// Requests to others from a plain test.
#include "base/clock.hpp"
#include "http/client/curl_outbound.hpp"
#include "runtime/task_group.hpp"
#include "support/scripted_server.hpp"
#include "telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace ruck::test {

// Answers every request of every connection.
inline ScriptedServer::Script always(std::string answer) {
  return [answer = std::move(answer)](ScriptedServer::Peer& peer) {
    while (!peer.read_request().empty()) peer.send(answer);
  };
}

class OutboundTest : public testing::Test {
 protected:
  using Reply = Result<http::OutboundReply>;

  void SetUp() override { cores_.start(); }
  void TearDown() override {
    outbound_.reset();
    group_.join();
    cores_.stop_and_join();
  }

  // Tests on loopback let everybody name any address, unless they say otherwise.
  void make(http::CurlOutbound::Options options = {.allow_private = true}) {
    outbound_ = std::make_unique<http::CurlOutbound>(
        std::move(options), http::CurlOutbound::Dependencies{.clock = clock_, .metrics = metrics_});
  }
  std::future<Reply> begin(http::OutboundRequest request) {
    if (!outbound_) make();
    // Shared: the core may still be inside set_value() when the test goes on.
    const auto promise = std::make_shared<std::promise<Reply>>();
    std::future<Reply> reply = promise->get_future();
    group_.spawn(cores_.at(next_core_++ % 2), carry(*outbound_, std::move(request), promise));
    return reply;
  }
  Reply send(http::OutboundRequest request) { return begin(std::move(request)).get(); }
  static http::OutboundRequest get(std::string url) {
    return {.method = "GET", .url = std::move(url)};
  }
  static http::OutboundRequest post(std::string url, std::string body = "text") {
    return {.url = std::move(url), .body = std::move(body)};
  }
  static void expect_error(const Reply& reply, ErrorCode code, const std::string& reason) {
    ASSERT_FALSE(reply.has_value()) << reply->status;
    EXPECT_EQ(reply.error().code, code) << reply.error().message;
    EXPECT_THAT(reply.error().message, testing::HasSubstr(reason));
  }
  static http::OutboundRequest idempotent(http::OutboundRequest request) {
    request.is_idempotent = true;
    return request;
  }
  static http::OutboundRequest of_user(http::OutboundRequest request) {
    request.address_from = http::AddressFrom::kUser;
    return request;
  }
  // The value of a metric with these labels, as it stands in /metrics; -1 where there is none.
  double metric(const std::string& name_and_labels) const {
    const std::string text = "\n" + metrics_.render();
    const std::size_t at = text.find("\n" + name_and_labels + " ");
    if (at == std::string::npos) return -1;
    return std::stod(text.substr(at + name_and_labels.size() + 2));
  }

  SystemClock clock_;
  telemetry::Metrics metrics_;
  runtime::Cores cores_{2};
  std::unique_ptr<http::CurlOutbound> outbound_;

 private:
  static task<> carry(http::Outbound& outbound, http::OutboundRequest request,
                      std::shared_ptr<std::promise<Reply>> promise) {
    promise->set_value(co_await outbound.send(std::move(request)));
  }

  std::size_t next_core_ = 0;
  runtime::TaskGroup group_{"test", [](std::string_view, const std::exception_ptr& failure) {
                              std::rethrow_exception(failure);
                            }};
};

}  // namespace ruck::test

// The primary dies in the middle of a ruck, and the standby takes its place.
#include "support/rucking.hpp"
#include "support/standby.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

namespace ruck::test {
namespace {

// What a phone does: a batch that is not acknowledged is sent again.
class Sender {
 public:
  Sender(ApiClient& phone, std::string ruck, Walk walk)
      : phone_(phone), address_("/api/rucks/" + std::move(ruck) + "/location"), walk_(walk) {}
  // True when the next batch was acknowledged.
  bool send_one() {
    const Reply reply = phone_.post(address_, walk_.part(sent_, kBatch).json());
    EXPECT_TRUE(reply.status == 201 || reply.status == 503) << reply.body;
    if (reply.status != 201) {
      ++refused_;
      return false;
    }
    sent_ += kBatch;
    return true;
  }
  [[nodiscard]] std::size_t acknowledged() const { return static_cast<std::size_t>(sent_); }
  [[nodiscard]] int refused() const { return refused_; }

 private:
  static constexpr int kBatch = 10;
  ApiClient& phone_;
  std::string address_;
  Walk walk_;
  int sent_ = 0;
  int refused_ = 0;
};

TEST(Failover, ARuckGoesOnAtTheNewPrimaryAndHasAllThatWasAcknowledged) {
  const TemporaryFolder folder;
  PostgresCluster primary(folder.path() + "/primary", true);
  PostgresStandby standby(primary, folder.path() + "/standby");
  const RuckServer server(
      {.database_url = url_of_all({primary.port(), standby.port()}, "postgres")});
  ApiClient phone(server.url());
  phone.sign_up("anna");
  const std::string ruck = start_ruck(phone);
  Sender sender(phone, ruck, {.start_ms = now_ms() - 7'200'000, .count = 400});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(sender.send_one());

  primary.stop();
  EXPECT_FALSE(sender.send_one()) << "nobody takes writes";
  standby.promote();
  const auto promoted = std::chrono::steady_clock::now();
  ASSERT_TRUE(until([&] { return sender.send_one(); }));
  std::cout << "back after "
            << std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                         promoted)
                   .count()
            << " ms, refused " << sender.refused() << "\n";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(sender.send_one()) << "after one was taken";
  ASSERT_EQ(phone.post("/api/rucks/" + ruck + "/complete", "{}").status, 200);
  EXPECT_EQ(phone.get("/api/rucks/" + ruck).json["route"].size(), sender.acknowledged());
}

}  // namespace
}  // namespace ruck::test

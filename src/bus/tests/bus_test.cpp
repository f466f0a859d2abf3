#include "bus/in_process.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace ruck::bus {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Bus, APayloadGoesToAllWhoListenToItsTopic) {
  InProcessBus bus;
  std::vector<std::string> first;
  std::vector<std::string> second;
  const auto one = bus.subscribe("ruck:1", [&](const Payload& p) { first.push_back(*p); });
  const auto two = bus.subscribe("ruck:1", [&](const Payload& p) { second.push_back(*p); });
  bus.publish("ruck:1", std::string("a\0b", 3));
  bus.publish("ruck:2", "other");
  EXPECT_THAT(first, ElementsAre(std::string("a\0b", 3)));
  EXPECT_THAT(second, ElementsAre(std::string("a\0b", 3)));
}

TEST(Bus, NothingIsWantedOnceTheLastHasGone) {
  InProcessBus bus;
  std::vector<std::string> heard;
  EXPECT_FALSE(bus.is_wanted("ruck:1"));
  auto one = bus.subscribe("ruck:1", [&](const Payload& p) { heard.push_back(*p); });
  EXPECT_TRUE(bus.is_wanted("ruck:1"));
  EXPECT_FALSE(bus.is_wanted("ruck:2"));
  one.reset();
  EXPECT_FALSE(bus.is_wanted("ruck:1"));
  bus.publish("ruck:1", "a");
  EXPECT_THAT(heard, IsEmpty());
}

TEST(Bus, IsProvenWhereNoOtherProcessCanPublish) {
  EXPECT_TRUE(InProcessBus().is_proven());
  EXPECT_FALSE(InProcessBus(InProcessBus::Others::kUnknown).is_proven());
}

TEST(Bus, AReceiverMaySubscribeAndPublish) {
  InProcessBus bus;
  std::vector<std::string> heard;
  std::unique_ptr<Bus::Subscription> inner;
  const auto outer = bus.subscribe("a", [&](const Payload& p) {
    inner = bus.subscribe("b", [&](const Payload& q) { heard.push_back(*q); });
    bus.publish("b", *p + "!");
  });
  bus.publish("a", "x");
  EXPECT_THAT(heard, ElementsAre("x!"));
}

TEST(Bus, SubscriptionsComeAndGoWhileOthersPublish) {
  InProcessBus bus;
  std::atomic<int> heard{0};
  std::atomic<bool> stop{false};
  const auto kept = bus.subscribe("t", [&](const Payload&) { heard.fetch_add(1); });
  std::thread publisher([&] {
    for (int i = 0; i < 2000; ++i) bus.publish("t", "x");
    stop = true;
  });
  while (!stop) {
    const auto passing = bus.subscribe("t", [](const Payload&) {});
  }
  publisher.join();
  EXPECT_EQ(heard.load(), 2000);
}

}  // namespace
}  // namespace ruck::bus

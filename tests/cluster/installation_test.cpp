// What `make cluster` starts, and what a promotion does to it.
#include "cluster/installation.hpp"

#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::test {
namespace {

TEST(Installation, ServesTheWebAppAndGoesOnWhenItsPrimaryIsGone) {
  Installation all(0);
  EXPECT_THAT(all.addresses(), testing::HasSubstr(all.url()));
  ApiClient anna(all.url());
  const Reply page = anna.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, testing::HasSubstr("<html"));
  anna.sign_up("anna");
  const std::string ruck = start_ruck(anna);
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 100};
  const std::string address = "/api/rucks/" + ruck + "/location";
  ASSERT_EQ(anna.post(address, walk.part(0, 50).json()).status, 201);
  all.primary().stop();
  all.promote();
  EXPECT_TRUE(until([&] { return anna.post(address, walk.part(50, 50).json()).status == 201; }));
  EXPECT_EQ(anna.post("/api/rucks/" + ruck + "/complete", "{}").status, 200);
  EXPECT_EQ(anna.get("/api/rucks/" + ruck).json["route"].size(), 100U);
}

}  // namespace
}  // namespace ruck::test

#include "services/auth/devices.hpp"

#include "services/auth/ended_sessions.hpp"
#include "services/auth/limits.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ruck::auth {
namespace {

TEST(Devices, AreNamedByProgramAndSystem) {
  const auto name = [](std::string_view agent) { return device_of(agent).name; };
  EXPECT_EQ(name("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/126.0.0.0 Mobile Safari/537.36"),
            "Chrome on Android");
  EXPECT_EQ(name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                 "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
            "Safari on iPhone");
  EXPECT_EQ(name("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 "
                 "Firefox/127.0"),
            "Firefox on Mac");
  EXPECT_EQ(name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
            "Edge on Windows");
  EXPECT_EQ(name("Dart/3.4 (dart:io)"), "Ruck app");
  EXPECT_EQ(name(""), "");
  EXPECT_EQ(device_of("Mozilla/5.0 (Linux; Android 14)").platform, "android");
  EXPECT_EQ(device_of("something").platform, "other");
}

TEST(EndedSessions, AreForgottenWhenNoTokenOfTheirsCanRun) {
  const std::array<Uuid, 1> first{Uuid::make_v7(utc_ms(1))};
  const std::array<Uuid, 1> second{Uuid::make_v7(utc_ms(2))};
  const UtcUs now = utc_us(1'000'000'000'000);
  EndedSessions ended;
  EXPECT_FALSE(ended.has(first[0]));
  ended.add(first, now);
  EXPECT_TRUE(ended.has(first[0]));
  EXPECT_FALSE(ended.has(second[0]));
  ended.add(second, now + kAccessLifetime + std::chrono::seconds(1));
  EXPECT_FALSE(ended.has(first[0]));
  EXPECT_TRUE(ended.has(second[0]));
}

}  // namespace
}  // namespace ruck::auth

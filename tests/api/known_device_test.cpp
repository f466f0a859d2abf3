// A stranger who guesses passwords does not lock out the owner of the account.
#include "support/server.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class KnownDeviceTest : public ApiTest {
 protected:
  void SetUp() override {
    // Everybody comes from where X-Forwarded-For says.
    start({.rate_limits = true, .extra_env = {"RUCK_TRUSTED_PROXIES=127.0.0.1"}});
  }
  struct Device {
    std::string address;
    std::string program = "Dart/3.5 (dart:io)";
    std::string cookie = {};
  };
  Reply sign_in(const Device& device, const std::string& password) {
    ApiClient made = client();
    use(made, device);
    return made.post("/api/auth/login",
                     R"({"email":"anna@example.org","password":")" + password + "\"}");
  }
  static void use(ApiClient& client, const Device& device) {
    client.raw().set_header("X-Forwarded-For", device.address);
    client.raw().set_header("User-Agent", device.program);
    if (!device.cookie.empty()) client.raw().set_header("Cookie", device.cookie);
  }
  static std::string device_cookie_in(const Reply& reply) {
    for (const auto& [name, value] : reply.raw.headers) {
      if (value.starts_with("ruck_device=")) return value.substr(0, value.find(';'));
    }
    return {};
  }
  // Guesses from ever new addresses until the account takes no more.
  void guess_until_refused() {
    int status = 0;
    for (int i = 0; i < 40 && status != 429; ++i) {
      status = sign_in({.address = "203.0.113." + std::to_string(i)}, "wrong guess").status;
    }
    ASSERT_EQ(status, 429);
  }
  Reply register_anna(const Device& device) {
    ApiClient made = client();
    use(made, device);
    return made.sign_up("anna");
  }
  const std::string right_ = "correct horse";
};

TEST_P(KnownDeviceTest, ThePhoneOfTheOwnerGetsInFromItsNetwork) {
  const Device phone{.address = "198.51.100.7"};
  register_anna(phone);
  guess_until_refused();
  EXPECT_EQ(sign_in(phone, right_).status, 200);
  EXPECT_EQ(sign_in({.address = "198.51.100.8"}, right_).status, 429) << "another network";
  EXPECT_EQ(sign_in({.address = "198.51.100.7", .program = "curl/8"}, right_).status, 429)
      << "another program there";
}

TEST_P(KnownDeviceTest, AnIpv6PhoneIsKnownByItsPrefix) {
  register_anna({.address = "2001:db8:1:2::1"});
  guess_until_refused();
  EXPECT_EQ(sign_in({.address = "2001:db8:1:2::77"}, right_).status, 200);
  EXPECT_EQ(sign_in({.address = "2001:db8:1:3::1"}, right_).status, 429);
}

TEST_P(KnownDeviceTest, ABrowserIsKnownEverywhereByItsCookie) {
  const Reply made = register_anna({.address = "198.51.100.7", .program = "Firefox"});
  const std::string cookie = device_cookie_in(made);
  EXPECT_EQ(cookie.size(), std::string("ruck_device=").size() + 43);
  const Device travelling{.address = "192.0.2.9", .program = "Firefox", .cookie = cookie};
  const Reply before = sign_in(travelling, right_);
  EXPECT_EQ(device_cookie_in(before), cookie) << "it keeps its name";
  guess_until_refused();
  const Device elsewhere{.address = "192.0.2.200", .program = "Firefox", .cookie = cookie};
  EXPECT_EQ(sign_in(elsewhere, right_).status, 200);
  const Device invented{.address = "192.0.2.201", .cookie = "ruck_device=" + std::string(43, 'A')};
  EXPECT_EQ(sign_in(invented, right_).status, 429);
}

TEST_P(KnownDeviceTest, TheCookieOfOneAccountIsNoneForAnother) {
  register_anna({.address = "198.51.100.7"});
  ApiClient berta = client();
  use(berta, {.address = "198.51.100.9"});
  const std::string cookie = device_cookie_in(berta.sign_up("berta"));
  guess_until_refused();
  EXPECT_EQ(sign_in({.address = "198.51.100.9", .cookie = cookie}, right_).status, 429);
}

TEST_P(KnownDeviceTest, AKnownDeviceGuessesNoMoreThanOthers) {
  const Device phone{.address = "198.51.100.7"};
  register_anna(phone);
  guess_until_refused();
  int tried = 0;
  int status = 401;
  for (; tried < 40 && status == 401; ++tried) {
    // A cookie that is made up anew each time does not begin a new count.
    const std::string name = std::to_string(1000 + tried);
    status = sign_in({.address = phone.address,
                      .cookie = "ruck_device=" + name + std::string(43 - name.size(), 'A')},
                     "wrong guess")
                 .status;
  }
  EXPECT_EQ(status, 429);
  EXPECT_LE(tried, 12);
}

TEST_P(KnownDeviceTest, WhoIsSignedInMayChangeThePasswordWhileStrangersGuess) {
  ApiClient anna = client();
  use(anna, {.address = "198.51.100.7"});
  anna.sign_up("anna");
  guess_until_refused();
  const auto change = [&](const std::string& password) {
    return anna
        .post("/api/account/password",
              R"({"password":")" + password + R"(","new_password":"another long one"})")
        .status;
  };
  EXPECT_EQ(change("wrong guess"), 403);
  EXPECT_EQ(change(right_), 200);
  int tried = 0;
  while (tried < 40 && change("wrong guess") == 403) ++tried;
  EXPECT_LE(tried, 20) << "a stolen token does not guess for ever";
}

RUCK_ON_BOTH_DATABASES(KnownDeviceTest);

}  // namespace
}  // namespace ruck::test

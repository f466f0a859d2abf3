#include "push/jws.hpp"

#include "base/bytes.hpp"
#include "push/tests/receiver.hpp"
#include "push/tests/rsa_key.hpp"

#include <gtest/gtest.h>

namespace ruck::push {
namespace {
using test::take_apart;

// Appendix A.2. PKCS#1 v1.5 has no randomness, so there is one right signature.
TEST(Rs256, SignsAsRfc7515Does) {
  const auto key = RsaKey::from_pem(test::kRsaPem);
  ASSERT_TRUE(key);
  EXPECT_EQ(
      to_base64url(key->sign(
          "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
          "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")),
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
      "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIAR"
      "NPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvh"
      "J1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

TEST(Rs256, ATokenNamesItsKey) {
  const auto key = RsaKey::from_pem(test::kRsaPem);
  ASSERT_TRUE(key);
  const auto jws = take_apart(sign_jws(*key, "key \"1\"", R"({"iss":"joe"})"));
  EXPECT_EQ(jws.header["alg"].text(), "RS256");
  EXPECT_EQ(jws.header["typ"].text(), "JWT");
  EXPECT_EQ(jws.header["kid"].text(), "key \"1\"");
  EXPECT_EQ(jws.claims["iss"].text(), "joe");
  EXPECT_TRUE(test::verify_rs256(jws.signed_part, jws.signature));
  EXPECT_FALSE(test::verify_rs256(jws.signed_part + "x", jws.signature));
}

TEST(Es256, ASignatureIsTwoNumbersOf32BytesAndVerifies) {
  const P256Key key = P256Key::make();
  for (int i = 0; i < 300; ++i) {  // one number in 256 begins with a zero
    const auto jws = take_apart(sign_jws(key, R"({"n":)" + std::to_string(i) + "}"));
    EXPECT_EQ(jws.header["alg"].text(), "ES256");
    EXPECT_FALSE(jws.header.has("kid"));
    ASSERT_EQ(jws.signature.size(), 64U);
    EXPECT_TRUE(test::verify_es256(key.public_point(), jws.signed_part, jws.signature));
  }
}

TEST(P256Key, IsTheSameAfterItWasStored) {
  const P256Key key = P256Key::make();
  const auto again = P256Key::from_private(key.private_scalar());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_point(), key.public_point());
  EXPECT_EQ(key.public_point().size(), kPointBytes);
  EXPECT_TRUE(test::verify_es256(key.public_point(), "hello", again->sign("hello")));
}

TEST(P256Key, WhatIsNoKeyIsRefused) {
  EXPECT_FALSE(P256Key::from_private(""));
  EXPECT_FALSE(P256Key::from_private(std::string(31, 'x')));
  EXPECT_FALSE(P256Key::from_private(std::string(32, '\0')));
  EXPECT_FALSE(P256Key::from_private(std::string(32, '\xff')));  // more than the order
}

TEST(P256Key, BothSidesAgree) {
  const P256Key mine = P256Key::make();
  const P256Key theirs = P256Key::make();
  EXPECT_EQ(mine.agree(theirs.public_point()).value(), theirs.agree(mine.public_point()).value());
}

TEST(P256Key, OnlyPointsOfTheCurveAreAgreedWith) {
  const P256Key key = P256Key::make();
  std::string point = P256Key::make().public_point();
  EXPECT_TRUE(is_on_p256(point));
  point.back() = static_cast<char>(point.back() ^ 1);
  EXPECT_FALSE(is_on_p256(point));
  EXPECT_FALSE(key.agree(point));
  EXPECT_FALSE(is_on_p256(std::string(65, '\0')));
  EXPECT_FALSE(is_on_p256("\x04" + std::string(64, '\0')));
  EXPECT_FALSE(is_on_p256("\x04" + std::string(64, '\xff')));
  EXPECT_FALSE(is_on_p256(std::string(1, '\0')));  // the point at infinity
}

TEST(RsaKey, SaysWhyAKeyCannotBeUsed) {
  EXPECT_EQ(RsaKey::from_pem("").error().message, "it is no private key in PEM");
  EXPECT_EQ(RsaKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
                .error()
                .message,
            "it is no private key in PEM");
}

}  // namespace
}  // namespace ruck::push

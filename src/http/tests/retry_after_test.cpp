#include "http/client/retry_after.hpp"

#include "http/client/outbound_limits.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {
using std::chrono::seconds;

// RFC 9110 section 5.6.7: the same moment in its examples.
const UtcMs kExample = parse_iso8601("1994-11-06T08:49:37Z")->time;

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(parse_retry_after("120", kExample), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", kExample), seconds(0));
}

TEST(RetryAfter, ReadsADate) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kExample);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kExample), seconds(60));
  EXPECT_EQ(
      parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kExample - std::chrono::milliseconds(1)),
      seconds(1))
      << "not earlier than asked";
}

TEST(RetryAfter, IsNeitherInThePastNorForEver) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", kExample), seconds(0));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:36 GMT", kExample), kRetryAfterMax);
  EXPECT_EQ(parse_retry_after("99999999999", kExample), kRetryAfterMax);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kExample), kRetryAfterMax);
}

TEST(RetryAfter, IsNothingElse) {
  for (const char* text :
       {"", "soon", "-1", "+1", "1.5", "0x10", "1 2", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT and more",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_FALSE(parse_retry_after(text, kExample)) << text;
  }
}

}  // namespace
}  // namespace ruck::http

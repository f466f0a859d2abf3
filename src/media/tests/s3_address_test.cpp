#include "media/store/s3_address.hpp"

#include <gtest/gtest.h>

namespace ruck::media {
namespace {

TEST(S3Address, NamesABucketOfARegion) {
  const auto address = parse_s3_address("s3://ruck-photos?region=eu-central-1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->bucket, "ruck-photos");
  EXPECT_EQ(address->region, "eu-central-1");
  EXPECT_EQ(address->endpoint, "https://s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(address->prefix, "");
}

TEST(S3Address, MayHaveAPrefixAndAnEndpoint) {
  const auto address =
      parse_s3_address("s3://photos/ruck/prod/?endpoint=http://[::1]:9000/&region=garage");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->prefix, "ruck/prod/");
  EXPECT_EQ(address->endpoint, "http://[::1]:9000");
}

TEST(S3Address, IsRefusedWithAReason) {
  for (const char* wrong :
       {"s3://", "s3://ab?region=x", "s3://Photos?region=x", "s3://photos", "s3://photos?region=",
        "s3://photos?region=x&zone=y", "s3://photos/../x?region=x", "s3://photos/a b?region=x",
        "s3://photos?region=x/y", "s3://photos?region=x&endpoint=ftp://host",
        "s3://photos?region=x&endpoint=http://user:pass@host", "https://photos?region=x",
        "s3://photos?region=x&endpoint=http://host/path",
        "s3://photos?region=x&endpoint=http://"}) {
    const auto address = parse_s3_address(wrong);
    ASSERT_FALSE(address) << wrong;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidInput);
    EXPECT_TRUE(address.error().message.starts_with("media_url: ")) << address.error().message;
  }
}

}  // namespace
}  // namespace ruck::media

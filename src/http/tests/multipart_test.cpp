#include "http/multipart.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"XyZ\"";

TEST(Multipart, GivesNamesFilesAndBytes) {
  const auto parts = parse_multipart(
      kType,
      "--XyZ\r\nContent-Disposition: form-data; name=\"load_kg\"\r\n\r\n15\r\n"
      "--XyZ\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.gpx\"\r\nContent-Type: "
      "application/gpx+xml\r\n\r\n<gpx>\r\n</gpx>\r\n--XyZ--\r\n");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "load_kg");
  EXPECT_EQ((*parts)[0].bytes, "15");
  EXPECT_EQ((*parts)[1].filename, "a.gpx");
  EXPECT_EQ((*parts)[1].content_type, "application/gpx+xml");
  EXPECT_EQ((*parts)[1].bytes, "<gpx>\r\n</gpx>");
}

TEST(Multipart, AnEmptyPartIsAPart) {
  const auto parts = parse_multipart(
      kType, "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--XyZ--");
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].bytes, "");
}

TEST(Multipart, DamageIsAnError) {
  EXPECT_FALSE(parse_multipart("multipart/form-data", "--X--"));
  EXPECT_FALSE(parse_multipart(kType, "nothing"));
  EXPECT_FALSE(
      parse_multipart(kType, "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n15"));
  EXPECT_FALSE(parse_multipart(kType, "--XyZ"));
}

}  // namespace
}  // namespace ruck::http

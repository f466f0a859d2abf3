#include "media/worker/exchange.hpp"

#include "media/limits.hpp"

#include <gtest/gtest.h>

namespace ruck::media {
namespace {

const std::vector<WantedSize> kWanted = {{.name = "large", .pixels = 2048, .fit = Fit::kInside},
                                         {.name = "small", .pixels = 320, .fit = Fit::kSquare}};

Image picture() {
  Image image{.files = {}, .width = 4000, .height = 3000, .thumb_hash = std::string("\0\xff#", 3)};
  image.taken = {.lat_deg = 52.5, .lng_deg = -13.25, .time_s = 1793520000};
  for (const WantedSize& size : kWanted) {
    for (const char* format : {"jpg", "webp", "avif"}) {
      image.files.push_back({.size = size.name,
                             .format = format,
                             .bytes = size.name + format + std::string("\n\0{", 3),
                             .width = size.pixels,
                             .height = 100});
    }
  }
  return image;
}

std::string why(std::string_view reply) {
  const Result<Image> read = read_reply(reply, kWanted);
  if (read) return "(read)";
  EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
  return read.error().detail;
}

TEST(ImageExchange, ARequestComesAcross) {
  const auto read = read_request(write_request({.path = "/a \"b\"\n", .sizes = kWanted}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->path, "/a \"b\"\n");
  ASSERT_EQ(read->sizes.size(), 2U);
  EXPECT_EQ(read->sizes[1].name, "small");
  EXPECT_EQ(read->sizes[1].pixels, 320);
  EXPECT_EQ(read->sizes[1].fit, Fit::kSquare);
}

TEST(ImageExchange, ARequestHasItsBounds) {
  const auto is_read = [](const std::vector<WantedSize>& sizes) {
    return read_request(write_request({.path = "/a", .sizes = sizes})).has_value();
  };
  EXPECT_FALSE(is_read({}));
  EXPECT_FALSE(is_read({{.name = "", .pixels = 1}}));
  EXPECT_FALSE(is_read({{.name = "../a", .pixels = 1}}));
  EXPECT_FALSE(is_read({{.name = "a", .pixels = 0}}));
  EXPECT_FALSE(is_read({{.name = "a", .pixels = kWantedPixelsMax + 1}}));
  EXPECT_FALSE(is_read(std::vector<WantedSize>(kWantedSizesMax + 1, kWanted[0])));
  EXPECT_TRUE(is_read({{.name = "a", .pixels = kWantedPixelsMax}}));
  for (const char* wrong : {"", "[]", "{}", "{\"path\":1,\"sizes\":[]}", "{\"path\":\"a\"}"}) {
    EXPECT_FALSE(read_request(wrong)) << wrong;
  }
}

TEST(ImageExchange, AnImageComesAcross) {
  const Image sent = picture();
  const Result<Image> read = read_reply(write_reply(sent), kWanted);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->width, 4000);
  EXPECT_EQ(read->height, 3000);
  EXPECT_EQ(read->thumb_hash, sent.thumb_hash);
  EXPECT_EQ(read->taken.lat_deg, 52.5);
  EXPECT_EQ(read->taken.lng_deg, -13.25);
  EXPECT_EQ(read->taken.time_s, 1793520000);
  ASSERT_EQ(read->files.size(), sent.files.size());
  for (std::size_t i = 0; i < sent.files.size(); ++i) {
    EXPECT_EQ(read->files[i].bytes, sent.files[i].bytes);
    EXPECT_EQ(read->files[i].width, sent.files[i].width);
  }
}

TEST(ImageExchange, ARefusalIsForThePersonAndAFailureForTheOperator) {
  const auto refused =
      read_reply(write_reply(fail(ErrorCode::kInvalidInput, "Too\nlarge")), kWanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(refused.error().message, "Too large") << "no control characters";
  EXPECT_EQ(why(write_reply(
                fail({.code = ErrorCode::kUnavailable, .message = {}, .detail = "no libvips"}))),
            "the image worker: no libvips");
}

// It has read a stranger's file, and may be theirs by now.
TEST(ImageExchange, NothingInAReplyIsBelieved) {
  const std::string whole = write_reply(picture());
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string reply = whole;
    const std::size_t at = reply.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return reply.replace(at, from.size(), to);
  };
  EXPECT_EQ(why(whole), "(read)");
  EXPECT_NE(why(""), "(read)");
  EXPECT_NE(why("{}"), "(read)");
  EXPECT_NE(why("{}\n"), "(read)");
  EXPECT_NE(why(whole.substr(0, whole.size() - 1)), "(read)");
  EXPECT_NE(why(whole + "x"), "(read)");
  EXPECT_NE(why(replaced("\"large\"", "\"other\"")), "(read)");
  EXPECT_NE(why(replaced("\"jpg\"", "\"svg\"")), "(read)");
  EXPECT_NE(why(replaced("\"webp\"", "\"jpg\"")), "(read)");
  EXPECT_NE(why(replaced("\"bytes\":11", "\"bytes\":-1")), "(read)");
  EXPECT_NE(why(replaced("\"bytes\":11", "\"bytes\":99999999999")), "(read)");
  EXPECT_NE(why(replaced("\"width\":4000", "\"width\":0")), "(read)");
  EXPECT_NE(why(replaced("\"width\":4000", "\"width\":1e9")), "(read)");
  EXPECT_NE(why(replaced("\"thumb_hash\":\"", "\"thumb_hash\":\"" + std::string(400, 'A'))),
            "(read)");
  const auto elsewhere = read_reply(replaced("\"lat\":52.5", "\"lat\":952.5"), kWanted);
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(elsewhere->taken.lat_deg || elsewhere->taken.lng_deg);
  EXPECT_NE(why("{\"files\":[" + std::string(kImageReplyHeadBytesMax, ' ') + "]}\n"), "(read)");
}

}  // namespace
}  // namespace ruck::media

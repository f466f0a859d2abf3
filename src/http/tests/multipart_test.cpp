#include "http/multipart.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace ruck::http {
namespace {
using testing::ElementsAre;

constexpr std::string_view kType = "multipart/form-data; boundary=\"XyZ\"";

class Parts final : public PartSink {
 public:
  Result<> begin(const PartHead& head) override {
    seen.push_back(head.name + "|" + head.filename + "|" + head.content_type + "|");
    return {};
  }
  Result<> bytes(std::string_view bytes) override {
    if (seen.back().size() + bytes.size() > most) return fail(ErrorCode::kPayloadTooLarge);
    seen.back() += bytes;
    return {};
  }
  std::vector<std::string> seen;
  std::size_t most = 1 << 20;
};

Result<std::vector<std::string>> read(std::string_view body, std::size_t piece = 1 << 20,
                                      std::string_view type = kType) {
  Result<MultipartReader> reader = MultipartReader::of(type);
  if (!reader) return fail(reader.error());
  Parts parts;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    if (const Result<> fed = reader->feed(body.substr(0, piece), parts); !fed) {
      return fail(fed.error());
    }
  }
  if (const Result<> ended = reader->finish(); !ended) return fail(ended.error());
  return parts.seen;
}

TEST(Multipart, GivesNamesFilesAndBytesHoweverTheyAreCut) {
  const std::string body =
      "--XyZ\r\nContent-Disposition: form-data; name=\"load_kg\"\r\n\r\n15\r\n"
      "--XyZ\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.gpx\"\r\nContent-Type: "
      "application/gpx+xml\r\n\r\n<gpx>\r\n--Xy\r\n\r\n</gpx>\r\n--XyZ--\r\nand more";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    const auto parts = read(body, piece);
    ASSERT_TRUE(parts) << piece;
    EXPECT_THAT(*parts, ElementsAre("load_kg|||15",
                                    "file|a.gpx|application/gpx+xml|"
                                    "<gpx>\r\n--Xy\r\n\r\n</gpx>"));
  }
}

TEST(Multipart, APartMayBeEmptyOrWithoutFields) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
    EXPECT_THAT(
        *read("--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--XyZ--", piece),
        ElementsAre("a|||"));
    EXPECT_THAT(*read("before\r\n--XyZ \t\r\n\r\nplain\r\n--XyZ--", piece),
                ElementsAre("|||plain"));
  }
}

TEST(Multipart, DamageIsAnError) {
  EXPECT_FALSE(read("--X--", 9, "multipart/form-data"));
  EXPECT_FALSE(read("--X--", 9, "multipart/form-data; boundary=" + std::string(71, 'x')));
  EXPECT_FALSE(read("nothing"));
  EXPECT_FALSE(read("--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n15"));
  EXPECT_FALSE(read("--XyZ"));
  EXPECT_FALSE(read("--XyZabc\r\n\r\n\r\n--XyZ--"));
}

TEST(Multipart, NothingInItIsWithoutABound) {
  Parts parts;
  Result<MultipartReader> fields = MultipartReader::of(kType);
  EXPECT_TRUE(fields->feed("--XyZ\r\n", parts));
  Result<> fed;
  std::size_t taken = 0;
  for (; fed && taken < 100'000; taken += 100) fed = fields->feed(std::string(100, 'a'), parts);
  EXPECT_LT(taken, 10'000U);
  Result<MultipartReader> blanks = MultipartReader::of(kType);
  EXPECT_TRUE(blanks->feed("--XyZ", parts));
  fed = {};
  for (taken = 0; fed && taken < 100'000; taken += 100) {
    fed = blanks->feed(std::string(100, ' '), parts);
  }
  EXPECT_LT(taken, 10'000U);
  std::string many;
  for (int i = 0; i < 65; ++i) many += "--XyZ\r\n\r\n\r\n";
  EXPECT_FALSE(read(many + "--XyZ--"));
}

TEST(Multipart, TheSinkMayEndIt) {
  Parts small;
  small.most = 10;
  Result<MultipartReader> reader = MultipartReader::of(kType);
  const Result<> fed = reader->feed("--XyZ\r\n\r\n" + std::string(100, 'a'), small);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::kPayloadTooLarge);
}

}  // namespace
}  // namespace ruck::http

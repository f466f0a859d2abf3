// Pictures through the real program's image worker, looked at with programs of others.
#include "base/bytes.hpp"
#include "http/json/tree.hpp"
#include "media/files.hpp"
#include "media/limits.hpp"
#include "media/worker/process_worker.hpp"
#include "media/worker/thumb_hash.hpp"
#include "support/process.hpp"
#include "support/run.hpp"
#include "support/server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

namespace ruck::test {
namespace {
using media::Encoded;
using media::Fit;
using media::Image;
using testing::HasSubstr;
constexpr auto kToolTime = std::chrono::minutes(2);

class ImageTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
    return path(name);
  }
  static std::string run_tool(std::vector<std::string> words) {
    const Finished done =
        run_to_end({.argv = std::move(words), .extra_env = {"VIPS_WARNING=0"}}, kToolTime);
    EXPECT_EQ(done.exit_code, 0) << done.output;
    return done.output;
  }
  // Of make_picture; `what` may have options of libvips behind the name.
  std::string make(const std::string& kind, const std::string& what, int width, int height,
                   const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {RUCK_MAKE_PICTURE, kind, path(what), std::to_string(width),
                                      std::to_string(height)};
    words.insert(words.end(), more.begin(), more.end());
    run_tool(std::move(words));
    return path(what.substr(0, what.find('[')));
  }
  // What a phone writes into a picture, and more.
  static void tag(const std::string& file, int orientation) {
    run_tool({"exiftool",
              "-q",
              "-overwrite_original",
              "-n",
              "-GPSLatitude=52.52",
              "-GPSLatitudeRef=N",
              "-GPSLongitude=13.405",
              "-GPSLongitudeRef=W",
              "-GPSAltitude=34",
              "-DateTimeOriginal=2026:11:01 10:00:00",
              "-OffsetTimeOriginal=+02:00",
              "-Make=SecretMaker",
              "-Artist=SecretArtist",
              "-UserComment=SecretComment",
              "-XMP:Title=SecretTitle",
              "-XMP:City=SecretCity",
              "-XMP-exif:GPSLatitude=52.52",
              "-XMP-exif:GPSLongitude=13.405",
              fmt::format("-Orientation#={}", orientation),
              file});
  }

  Result<Image> process(const std::string& file, std::vector<media::WantedSize> sizes = {}) {
    if (sizes.empty()) sizes = {{.name = "large", .pixels = 200}};
    return cores_.run(
        worker_->process({.path = file, .sizes = std::move(sizes), .temporary = folder_.path()}));
  }
  Image image_of(const std::string& file, std::vector<media::WantedSize> sizes = {}) {
    Result<Image> image = process(file, std::move(sizes));
    EXPECT_TRUE(image) << file << ": " << image.error().message << image.error().detail;
    return image ? std::move(*image) : Image{};
  }
  // Why a file is refused, in the words for the person who sent it.
  std::string refusal_of(const std::string& file) {
    const Result<Image> image = process(file);
    if (image) return "(taken)";
    EXPECT_EQ(image.error().code, ErrorCode::kInvalidInput) << image.error().detail;
    return image.error().message;
  }
  static const Encoded& file_of(const Image& image, std::string_view size,
                                std::string_view format) {
    const auto found = std::ranges::find_if(image.files, [&](const Encoded& file) {
      return file.size == size && file.format == format;
    });
    if (found == image.files.end()) throw std::runtime_error("no such file");
    return *found;
  }
  std::array<int, 3> pixel(const Encoded& file, int x, int y) {
    const std::string at = write("look." + file.format, file.bytes);
    std::array<int, 3> rgb{-1, -1, -1};
    const std::string told =
        run_tool({RUCK_MAKE_PICTURE, "pixel", at, std::to_string(x), std::to_string(y)});
    EXPECT_EQ(std::sscanf(told.c_str(), "%d %d %d", &rgb[0], &rgb[1], &rgb[2]), 3) << told;
    return rgb;
  }
  // Which of the colours of `corners` it is.
  char colour(const Encoded& file, int x, int y) {
    const auto [r, g, b] = pixel(file, x, y);
    if (r > 200 && g > 200 && b > 200) return 'w';
    if (r > 200 && g < 60 && b < 60) return 'r';
    if (g > 200 && r < 60 && b < 60) return 'g';
    if (b > 200 && r < 60 && g < 60) return 'b';
    return '?';
  }
  // Of the four quarters, by rows.
  std::string quarters(const Encoded& file) {
    const int left = file.width / 4;
    const int right = file.width * 3 / 4;
    const int top = file.height / 4;
    const int bottom = file.height * 3 / 4;
    return {colour(file, left, top), colour(file, right, top), colour(file, left, bottom),
            colour(file, right, bottom)};
  }

  TemporaryFolder folder_;
  RunningCores cores_;
  telemetry::Metrics metrics_;
  std::unique_ptr<media::ProcessImageWorker> worker_ = std::make_unique<media::ProcessImageWorker>(
      media::ProcessImageWorker::Options{.program = binary()}, metrics_);
};

TEST_F(ImageTest, EachSizeComesInEachFormat) {
  const std::string photo = make("photo", "photo.jpg[Q=90]", 1600, 1200);
  const Image image = image_of(photo, {{.name = "large", .pixels = 800},
                                       {.name = "tiny", .pixels = 100, .fit = Fit::kSquare},
                                       {.name = "huge", .pixels = 4000}});
  EXPECT_EQ(image.width, 1600);
  EXPECT_EQ(image.height, 1200);
  ASSERT_EQ(image.files.size(), 9U) << "JPEG, WebP and AVIF of Debian's libvips";
  for (const Encoded& file : image.files) {
    SCOPED_TRACE(file.size + "." + file.format);
    const std::string at = write("out." + file.format, file.bytes);
    const json::Tree told =
        json::Tree::parse(run_tool({"exiftool", "-j", "-n", "-FileType", "-ImageSize", at}))[0];
    EXPECT_EQ(told["ImageSize"].text(), fmt::format("{} {}", file.width, file.height));
    const std::string type =
        file.format == "jpg" ? "JPEG" : (file.format == "webp" ? "WEBP" : "AVIF");
    EXPECT_TRUE(told["FileType"].text().find(type) == 0 ||
                told["FileType"].text() == "Extended WEBP")
        << told["FileType"].text();
  }
  EXPECT_EQ(file_of(image, "large", "jpg").width, 800);
  EXPECT_EQ(file_of(image, "large", "jpg").height, 600);
  EXPECT_EQ(file_of(image, "tiny", "webp").width, 100);
  EXPECT_EQ(file_of(image, "tiny", "webp").height, 100);
  EXPECT_EQ(file_of(image, "huge", "avif").width, 1600) << "never enlarged";
}

TEST_F(ImageTest, ASquareIsCutFromTheMiddleAndEnlargedWhereItMustBe) {
  const std::string small = make("corners", "small.png", 60, 40);
  const Image image = image_of(small, {{.name = "square", .pixels = 100, .fit = Fit::kSquare}});
  const Encoded& square = file_of(image, "square", "jpg");
  EXPECT_EQ(square.width, 100);
  EXPECT_EQ(square.height, 100);
  EXPECT_EQ(quarters(square), "rgbw");
}

// The matter of privacy: libvips' own `strip` leaves GPS in WebP.
TEST_F(ImageTest, NothingTellsWhereWhenOrByWhomItWasTaken) {
  for (const char* name : {"photo.jpg", "photo.png", "photo.webp", "photo.heic"}) {
    SCOPED_TRACE(name);
    const std::string photo = make("photo", name, 640, 480);
    tag(photo, 1);
    ASSERT_THAT(run_tool({"exiftool", "-n", "-GPSLatitude", photo}), HasSubstr("52.52"));
    const Image image = image_of(photo, {{.name = "large", .pixels = 320},
                                         {.name = "small", .pixels = 64, .fit = Fit::kSquare}});
    EXPECT_EQ(image.files.size(), 6U);
    for (const Encoded& file : image.files) {
      SCOPED_TRACE(file.size + "." + file.format);
      const std::string at = write("out." + file.format, file.bytes);
      const std::string told = run_tool({"exiftool", "-a", "-u", "-ee", "-G1", "-s", at});
      for (const char* wrong : {"GPS", "[IFD", "[ExifIFD]", "[XMP", "[IPTC", "[Photoshop", "[ICC",
                                "Secret", "Make", "Orientation"}) {
        EXPECT_FALSE(told.contains(wrong)) << wrong << "\n" << told;
      }
      for (const char* wrong : {"Secret", "Exif", "exif", "xpacket", "ns.adobe.com", "8BIM"}) {
        EXPECT_FALSE(file.bytes.contains(wrong)) << wrong;
      }
    }
  }
}

TEST_F(ImageTest, WhereAndWhenItWasTakenIsReadBefore) {
  for (const char* name : {"photo.jpg", "photo.png", "photo.webp"}) {
    SCOPED_TRACE(name);
    const std::string photo = make("photo", name, 64, 48);
    tag(photo, 1);
    const Image image = image_of(photo);
    ASSERT_TRUE(image.taken.lat_deg && image.taken.lng_deg && image.taken.time_s);
    EXPECT_NEAR(*image.taken.lat_deg, 52.52, 1e-6);
    EXPECT_NEAR(*image.taken.lng_deg, -13.405, 1e-6);
    EXPECT_EQ(*image.taken.time_s, 1793520000);
  }
  const Image untold = image_of(make("photo", "untold.jpg", 64, 48));
  EXPECT_FALSE(untold.taken.lat_deg || untold.taken.lng_deg || untold.taken.time_s);
}

// The eight orientations of EXIF, of a picture with four colours.
TEST_F(ImageTest, IsTurnedAsItIsShown) {
  const std::array<const char*, 9> expected = {"",     "rgbw", "grwb", "wbgr", "bwrg",
                                               "rbgw", "brwg", "wgbr", "gwrb"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const std::string photo = make("corners", "corners.jpg[Q=95]", 240, 160);
    tag(photo, orientation);
    const Image image = image_of(photo, {{.name = "large", .pixels = 120}});
    const bool is_turned = orientation >= 5;
    EXPECT_EQ(image.width, is_turned ? 160 : 240);
    EXPECT_EQ(image.height, is_turned ? 240 : 160);
    for (const Encoded& file : image.files) {
      EXPECT_EQ(file.width, is_turned ? 80 : 120) << file.format;
      EXPECT_EQ(file.height, is_turned ? 120 : 80) << file.format;
      EXPECT_EQ(quarters(file), expected.at(static_cast<std::size_t>(orientation))) << file.format;
    }
  }
}

TEST_F(ImageTest, WhatIsTransparentIsWhiteInJpegAndStaysSoElsewhere) {
  const Image image = image_of(make("clear", "clear.png", 200, 100));
  EXPECT_EQ(colour(file_of(image, "large", "jpg"), 30, 50), 'r');
  EXPECT_EQ(colour(file_of(image, "large", "jpg"), 170, 50), 'w');
  const std::string webp = write("out.webp", file_of(image, "large", "webp").bytes);
  EXPECT_THAT(run_tool({"exiftool", "-j", "-n", "-WebP_Flags", webp}), HasSubstr("16"))
      << "the alpha flag";
  EXPECT_EQ(static_cast<unsigned char>(image.thumb_hash[2]) & 0x80U, 0x80U);
}

TEST_F(ImageTest, GreyAndSixteenBitsAndCmykAreTaken) {
  write("grey.png", grey_png(300, 200));
  const Image grey = image_of(path("grey.png"));
  EXPECT_THAT(pixel(file_of(grey, "large", "jpg"), 50, 50),
              testing::Each(testing::AllOf(testing::Ge(120), testing::Le(136))));
  EXPECT_EQ(quarters(file_of(image_of(make("deep", "deep.png", 120, 80)), "large", "webp")),
            "rgbw");
  const Image printed = image_of(make("cmyk", "printed.jpg[Q=95]", 120, 80));
  EXPECT_EQ(colour(file_of(printed, "large", "avif"), 90, 60), 'w');
  EXPECT_EQ(printed.files.size(), 3U);
}

// libvips' own way to sRGB makes a third of red out of pure blue where there is no profile.
TEST_F(ImageTest, ColoursAreThoseThatTheFileMeans) {
  for (const char* kind : {"corners", "srgb", "p3"}) {
    SCOPED_TRACE(kind);
    const Image image = image_of(make(kind, std::string(kind) + ".jpg[Q=95]", 240, 160));
    const Encoded& file = file_of(image, "large", "jpg");
    const std::vector<std::pair<std::array<int, 3>, std::array<int, 3>>> expected = {
        {pixel(file, 30, 30), {255, 0, 0}},
        {pixel(file, 150, 30), {0, 255, 0}},
        {pixel(file, 30, 100), {0, 0, 255}},
        {pixel(file, 150, 100), {255, 255, 255}}};
    for (const auto& [found, meant] : expected) {
      for (std::size_t band = 0; band < 3; ++band) EXPECT_NEAR(found[band], meant[band], 6);
    }
  }
}

TEST_F(ImageTest, OfAnAnimationTheFirstFrameIsTaken) {
  const Image image = image_of(make("frames", "moving.webp", 60, 40, {"5"}));
  EXPECT_EQ(image.width, 60);
  EXPECT_EQ(image.height, 40);
  EXPECT_EQ(quarters(file_of(image, "large", "jpg")), "rrrr");
}

TEST_F(ImageTest, AFilesNameSaysNothing) {
  const std::string png = make("corners", "corners.png", 64, 64);
  const std::string renamed = write("photo.jpg", read_file(png));
  EXPECT_EQ(quarters(file_of(image_of(renamed), "large", "jpg")), "rgbw");
  EXPECT_EQ(refusal_of(write("text.jpg", "This is not a picture.\n")),
            "This file is not a picture we can read (JPEG, PNG, WebP, HEIC).");
}

TEST_F(ImageTest, HeicIsTaken) {
  const std::string photo = make("corners", "photo.heic[compression=hevc,lossless]", 256, 192);
  const Image image = image_of(photo);
  EXPECT_EQ(image.width, 256);
  EXPECT_EQ(quarters(file_of(image, "large", "jpg")), "rgbw");
}

TEST_F(ImageTest, WhatIsNoPhotoIsRefused) {
  const std::string wrong = "This file is not a picture we can read (JPEG, PNG, WebP, HEIC).";
  EXPECT_EQ(refusal_of(write("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")), wrong);
  EXPECT_EQ(refusal_of(write("a.gif", animated_gif(10'000))), wrong);
  EXPECT_EQ(refusal_of(write("a.pdf", "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj")), wrong);
  EXPECT_EQ(refusal_of(write("empty.jpg", "")), wrong);
  EXPECT_THAT(refusal_of(write("head.jpg", "\xff\xd8\xff\xe0")), HasSubstr("damaged"));
  EXPECT_THAT(refusal_of(write("head.png", "\x89PNG\r\n\x1a\n")), HasSubstr("damaged"));
  EXPECT_THAT(refusal_of(write("a.heic", std::string("\0\0\0\x18"
                                                     "ftypheic\0\0\0\0heic",
                                                     20))),
              HasSubstr("damaged"));
}

TEST_F(ImageTest, APictureThatIsCutOffIsRefused) {
  for (const char* name : {"photo.jpg", "photo.png", "photo.webp", "photo.heic"}) {
    const std::string whole = read_file(make("photo", name, 640, 480));
    for (const double part : {0.5, 0.9}) {
      const auto length = static_cast<std::size_t>(static_cast<double>(whole.size()) * part);
      const std::string why = refusal_of(write(name, whole.substr(0, length)));
      EXPECT_TRUE(why.starts_with("The picture is cut off")) << name << " " << part << ": " << why;
    }
  }
}

// 2,500 megapixels in three megabytes: refused by what its head says.
TEST_F(ImageTest, ABombIsRefusedBeforeItIsUnpacked) {
  EXPECT_EQ(refusal_of(write("bomb.png", grey_png(50'000, 50'000))),
            "The picture has 2,500 megapixels; at most 50.");
  EXPECT_EQ(refusal_of(write("long.png", grey_png(40'000, 3))),
            "The picture is 40,000 by 3 pixels; a side has at most 30,000.");
  EXPECT_EQ(image_of(write("wide.png", grey_png(20'000, 10))).width, 20'000);
}

// What it takes is bounded, and the next one finds its place.
TEST_F(ImageTest, OneThatTakesTooMuchIsKilledAndTheNextWorks) {
  const std::string photo = make("photo", "photo.jpg", 3264, 2448);
  worker_ = std::make_unique<media::ProcessImageWorker>(
      media::ProcessImageWorker::Options{
          .program = binary(), .at_once = 1, .resident_max = std::size_t{20} << 20},
      metrics_);
  const Result<Image> killed = process(photo);
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(killed.error().detail, HasSubstr("memory"));
  worker_ = std::make_unique<media::ProcessImageWorker>(
      media::ProcessImageWorker::Options{.program = binary(), .at_once = 1}, metrics_);
  EXPECT_EQ(image_of(photo).width, 3264);
}

TEST_F(ImageTest, AFileThatIsNotThereIsNobodysFault) {
  const Result<Image> image = process(path("nothing"));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kUnavailable);
}

TEST_F(ImageTest, TheVerbIsNotForPeople) {
  const Finished help = run_to_end({.argv = {binary(), "help"}}, kToolTime);
  EXPECT_FALSE(help.output.contains("image-worker")) << help.output;
  const Finished alone =
      run_to_end({.argv = {"sh", "-c", binary() + " image-worker < /dev/null"}}, kToolTime);
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.output, HasSubstr("the server runs it"));
}

// ---- ThumbHash ----------------------------------------------------------------------------------

// Noise: on smooth pictures some factors are exactly between two values, and the last bit of a
// cosine decides.
TEST(ThumbHashTest, IsWhatTheAuthorsProgramGives) {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const unsigned seed = given == nullptr ? std::random_device{}() : std::stoul(given) & 0xffffffffU;
  std::cout << "RUCK_TEST_SEED=" << seed << "\n";
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  std::vector<std::string> command = {"node",
                                      std::string(RUCK_MEDIA_TEST_FOLDER) + "/thumb_hash.mjs"};
  std::string expected;
  for (int i = 0; i < 60; ++i) {
    const int width = 2 + static_cast<int>(random() % 99);
    const int height = 2 + static_cast<int>(random() % 99);
    std::vector<std::uint8_t> pixels;
    for (int k = 0; k < width * height * 4; ++k) {
      const bool is_opaque = k % 4 == 3 && i % 2 == 0;
      pixels.push_back(is_opaque ? 255 : static_cast<std::uint8_t>(random()));
    }
    const std::string file = folder.path() + "/" + std::to_string(i);
    std::ofstream out(file, std::ios::binary);
    out << static_cast<char>(width) << static_cast<char>(height)
        << std::string(pixels.begin(), pixels.end());
    command.push_back(file);
    expected += to_hex(media::thumb_hash(width, height, pixels)) + "\n";
  }
  const Finished told = run_to_end({.argv = command}, kToolTime);
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.output, expected);
}

}  // namespace
}  // namespace ruck::test

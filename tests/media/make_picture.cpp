// Pictures for tests and measurements, by libvips:
//   make_picture photo FILE WIDTH HEIGHT       clouds, detail and the noise of a sensor
//   make_picture corners FILE WIDTH HEIGHT     red, green / blue, white quarters
//   make_picture deep FILE WIDTH HEIGHT        the same with 16 bits a colour
//   make_picture p3 FILE WIDTH HEIGHT          the same in the colours of newer phones, which it
//   says make_picture srgb FILE WIDTH HEIGHT        the same, and it says that it is sRGB
//   make_picture cmyk FILE WIDTH HEIGHT        the same in the colours of printers
//   make_picture clear FILE WIDTH HEIGHT       red, its right half transparent
//   make_picture frames FILE WIDTH HEIGHT N    an animation: N frames, the first red, then blue
//   make_picture pixel FILE X Y                prints "r g b"
// FILE may have options of libvips: "photo.jpg[Q=90]", "photo.heic[compression=hevc]".
#include <unistd.h>
#include <vips/vips8>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {
using vips::VImage;

VImage option_free(VImage image) {
  return image.cast(VIPS_FORMAT_UCHAR)
      .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

VImage of_colour(int width, int height, const std::vector<double>& colour) {
  return option_free(
      VImage::black(width, height).linear(std::vector<double>(colour.size(), 1), colour));
}

VImage photo(int width, int height) {
  std::vector<VImage> bands;
  for (int band = 0; band < 3; ++band) {
    const auto clouds = [&](int cell, int seed) {
      return VImage::perlin(width, height,
                            VImage::option()->set("cell_size", cell)->set("seed", seed));
    };
    VImage sensor =
        VImage::gaussnoise(width, height, VImage::option()->set("mean", 0.0)->set("sigma", 5.0));
    bands.push_back(clouds(800, band + 1) * 90 + 128 + clouds(120, 9) * 35 + clouds(20, 17) * 14 +
                    sensor);
  }
  return option_free(VImage::bandjoin(bands));
}

VImage corners(int width, int height) {
  const int w = width / 2;
  const int h = height / 2;
  const VImage top =
      of_colour(w, h, {255, 0, 0}).join(of_colour(w, h, {0, 255, 0}), VIPS_DIRECTION_HORIZONTAL);
  const VImage bottom = of_colour(w, h, {0, 0, 255})
                            .join(of_colour(w, h, {255, 255, 255}), VIPS_DIRECTION_HORIZONTAL);
  return top.join(bottom, VIPS_DIRECTION_VERTICAL);
}

VImage clear(int width, int height) {
  return of_colour(width / 2, height, {255, 0, 0, 255})
      .join(of_colour(width / 2, height, {255, 0, 0, 0}), VIPS_DIRECTION_HORIZONTAL);
}

VImage frames(int width, int height, int count) {
  VImage all =
      of_colour(width, height, {255, 0, 0})
          .join(of_colour(width, height * (count - 1), {0, 0, 255}), VIPS_DIRECTION_VERTICAL)
          .copy();
  all.set(VIPS_META_PAGE_HEIGHT, height);
  return all;
}

int run(const std::vector<std::string>& words) {
  const std::string& what = words.at(0);
  const char* file = words.at(1).c_str();
  const int a = std::stoi(words.at(2));
  const int b = std::stoi(words.at(3));
  if (what == "pixel") {
    const std::vector<double> colour = VImage::new_from_file(file).getpoint(a, b);
    std::printf("%d %d %d\n", static_cast<int>(colour.at(0)), static_cast<int>(colour.at(1)),
                static_cast<int>(colour.at(2)));
    return 0;
  }
  if (what == "photo") photo(a, b).write_to_file(file);
  if (what == "corners") corners(a, b).write_to_file(file);
  if (what == "deep") corners(a, b).colourspace(VIPS_INTERPRETATION_RGB16).write_to_file(file);
  if (what == "p3" || what == "srgb") {
    corners(a, b)
        .icc_transform(what.c_str(), VImage::option()->set("input_profile", "srgb"))
        .write_to_file(file);
  }
  if (what == "cmyk") corners(a, b).colourspace(VIPS_INTERPRETATION_CMYK).write_to_file(file);
  if (what == "clear") clear(a, b).write_to_file(file);
  if (what == "frames") frames(a, b, std::stoi(words.at(4))).write_to_file(file);
  return 0;
}
}  // namespace

int main(int argc, char** argv) {
  int code = 1;
  try {
    if (VIPS_INIT(argv[0]) == 0) code = run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "make_picture: %s\n", failure.what());
  }
  std::fflush(stdout);
  ::_exit(code);  // at once: libraries leave things behind that LeakSanitizer would tell of
}

#include "media/vips/pictures.hpp"

#include "media/limits.hpp"
#include "media/vips/library.hpp"
#include "media/worker/bare_webp.hpp"
#include "media/worker/kind.hpp"
#include "media/worker/taken.hpp"
#include "media/worker/thumb_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

namespace ruck::media {
namespace {
constexpr const char* kEnd = nullptr;  // of a list of arguments
constexpr int kOrientationMax = 8;
constexpr int kFirstTurned = 5;  // EXIF orientations from here on swap width and height
constexpr int kColourBands = 3;
constexpr int kProbePixels = 16;
constexpr double kWhite = 255;

// Whether AVIF can be made here, which prepare_pictures() has tried.
bool can_avif = false;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}
std::unexpected<Error> broken(std::string detail) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = std::move(detail),
               .retry_after_s = {}});
}

// "2,500".
std::string with_commas(long number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

constexpr const char* kNoPicture =
    "This file is not a picture we can read (JPEG, PNG, WebP, HEIC).";
constexpr const char* kCutOff =
    "The picture is cut off: its end is missing or damaged. Please send it again.";
constexpr const char* kDamaged =
    "The picture is cut off or damaged: it cannot be read. Please send it again.";

class Maker {
 public:
  Maker(const Vips& vips, std::string_view bytes, const std::vector<WantedSize>& sizes)
      : vips_(vips), bytes_(bytes), sizes_(sizes) {}

  Result<Image> make() {
    if (Result<> read = read_head(); !read) return fail(read.error());
    Result<VipsPicture> base = decode();
    if (!base) return fail(base.error());
    if (Result<> hashed = add_thumb_hash(*base); !hashed) return fail(hashed.error());
    for (const WantedSize& size : sizes_) {
      if (Result<> added = add_size(*base, size); !added) return fail(added.error());
    }
    return std::move(image_);
  }

 private:
  struct Buffer {
    void* data = nullptr;
    std::size_t size = 0;
  };

  // ---- what the file says of itself ----

  Result<> read_head() {
    const auto kind = kind_of(bytes_);
    if (!kind) return refuse(kNoPicture);
    const VipsPicture head(vips_,
                           vips_.image_new_from_buffer(bytes_.data(), bytes_.size(), "", "access",
                                                       VIPS_ACCESS_SEQUENTIAL, kEnd));
    if (head.get() == nullptr) return refuse_head(*kind);
    image_.width = vips_.image_get_width(head.get());
    image_.height = vips_.image_get_height(head.get());
    has_profile_ = vips_.image_get_typeof(head.get(), VIPS_META_ICC_NAME) != 0;
    if (Result<> checked = check_size(); !checked) return checked;
    if (Result<> checked = check_pages(head, *kind); !checked) return checked;
    const int orientation = vips_.image_get_orientation(head.get());
    if (orientation >= kFirstTurned && orientation <= kOrientationMax) {
      std::swap(image_.width, image_.height);
    }
    image_.taken = read_taken({.latitude = text_of(head, "exif-ifd3-GPSLatitude"),
                               .latitude_ref = text_of(head, "exif-ifd3-GPSLatitudeRef"),
                               .longitude = text_of(head, "exif-ifd3-GPSLongitude"),
                               .longitude_ref = text_of(head, "exif-ifd3-GPSLongitudeRef"),
                               .time = text_of(head, "exif-ifd2-DateTimeOriginal"),
                               .offset = text_of(head, "exif-ifd2-OffsetTimeOriginal")});
    return {};
  }
  Result<> refuse_head(PictureKind kind) const {
    const std::string why = vips_.take_error();
    if (why.contains("out of memory")) return broken("out of memory");
    if (kind == PictureKind::kHeif && why.contains("nsupported")) {
      return refuse("This HEIC picture is of a kind we cannot read. Please send it as JPEG.");
    }
    return refuse(kDamaged);
  }
  [[nodiscard]] Result<> check_size() const {
    const long pixels = long{image_.width} * image_.height;
    if (pixels > kPixelsMax) {
      const auto mega = static_cast<long>(std::ceil(static_cast<double>(pixels) / 1e6));
      return refuse(fmt::format("The picture has {} megapixels; at most {}.", with_commas(mega),
                                kPixelsMax / 1'000'000));
    }
    if (std::max(image_.width, image_.height) > kSideMax) {
      return refuse(fmt::format("The picture is {} by {} pixels; a side has at most {}.",
                                with_commas(image_.width), with_commas(image_.height),
                                with_commas(kSideMax)));
    }
    return {};
  }
  // Of an animated WebP the first frame is taken, as other programs do.
  [[nodiscard]] Result<> check_pages(const VipsPicture& head, PictureKind kind) const {
    const int pages = vips_.image_get_n_pages(head.get());
    if (kind == PictureKind::kHeif && pages > 1) {
      return refuse(fmt::format("The file holds {} pictures; please send one at a time.",
                                with_commas(pages)));
    }
    if (pages > kFramesMax) {
      return refuse(fmt::format("The picture has {} frames; at most {}.", with_commas(pages),
                                with_commas(kFramesMax)));
    }
    return {};
  }
  [[nodiscard]] std::string text_of(const VipsPicture& picture, const char* name) const {
    const char* text = nullptr;
    if (vips_.image_get_typeof(picture.get(), name) == 0) return {};
    if (vips_.image_get_string(picture.get(), name, &text) != 0) {
      vips_.error_clear();
      return {};
    }
    return text;
  }

  // ---- its pixels ----

  // As small as the wanted sizes allow, turned as it is shown, in 8-bit sRGB with or without alpha,
  // in memory, and with nothing that says more than its pixels.
  Result<VipsPicture> decode() const {
    const int side = longer_side();
    VipsImage* made = nullptr;
    const char* cut_off = "[fail_on=truncated]";  // its own argument of that name is not passed on
    char* data = const_cast<char*>(bytes_.data());
    // Only with a profile of its own: libvips takes a picture that has none through a wider space
    // and back, and pure blue comes out with a third of red.
    const int failed =
        has_profile_
            ? vips_.thumbnail_buffer(data, bytes_.size(), &made, side, "height", side, "size",
                                     VIPS_SIZE_DOWN, "export_profile", "srgb", "option_string",
                                     cut_off, kEnd)
            : vips_.thumbnail_buffer(data, bytes_.size(), &made, side, "height", side, "size",
                                     VIPS_SIZE_DOWN, "option_string", cut_off, kEnd);
    VipsPicture picture(vips_, failed == 0 ? made : nullptr);
    for (const auto step :
         {&Maker::to_srgb, &Maker::without_more_bands, &Maker::bare, &Maker::in_memory}) {
      if (picture.get() == nullptr) break;
      picture = VipsPicture(vips_, (this->*step)(picture));
    }
    if (picture.get() != nullptr) return picture;
    const std::string why = vips_.take_error();
    if (why.contains("out of memory")) return broken("out of memory");
    return refuse(kCutOff);
  }
  // Of the smallest picture that all sizes can be made from without being enlarged.
  [[nodiscard]] int longer_side() const {
    const double longer = std::max(image_.width, image_.height);
    const double shorter = std::min(image_.width, image_.height);
    double side = kThumbHashSideMax;
    for (const WantedSize& size : sizes_) {
      const double ratio = size.fit == Fit::kSquare ? longer / shorter : 1;
      side = std::max(side, std::ceil(size.pixels * ratio));
    }
    return static_cast<int>(std::min(side, longer));
  }
  VipsImage* to_srgb(const VipsPicture& from) const {
    VipsImage* out = nullptr;
    return vips_.colourspace(from.get(), &out, VIPS_INTERPRETATION_sRGB, kEnd) == 0 ? out : nullptr;
  }
  VipsImage* without_more_bands(const VipsPicture& from) const {
    VipsImage* out = nullptr;
    const int bands = std::min(vips_.image_get_bands(from.get()), kColourBands + 1);
    return vips_.extract_band(from.get(), &out, 0, "n", bands, kEnd) == 0 ? out : nullptr;
  }
  static void* note_name(VipsImage*, const char* name, GValue*, void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return nullptr;
  }
  // Not only what is known to tell of people: every field that is no part of the picture itself.
  // The colours are sRGB, which no profile needs to say.
  VipsImage* bare(const VipsPicture& from) const {
    VipsImage* out = nullptr;
    if (vips_.copy(from.get(), &out, "xres", 1.0, "yres", 1.0, kEnd) != 0) return nullptr;
    std::vector<std::string> names;
    vips_.image_map(out, &Maker::note_name, &names);
    for (const std::string& name : names) static_cast<void>(vips_.image_remove(out, name.c_str()));
    return out;
  }
  VipsImage* in_memory(const VipsPicture& from) const {
    return vips_.image_copy_memory(from.get());
  }

  // ---- what is made of them ----

  [[nodiscard]] VipsPicture resized(const VipsPicture& base, int pixels, Fit fit) const {
    VipsImage* out = nullptr;
    const bool is_square = fit == Fit::kSquare;
    const int failed = vips_.thumbnail_image(
        base.get(), &out, pixels, "height", pixels, "size",
        is_square ? VIPS_SIZE_BOTH : VIPS_SIZE_DOWN, "crop",
        is_square ? VIPS_INTERESTING_CENTRE : VIPS_INTERESTING_NONE, "no_rotate", TRUE, kEnd);
    if (failed != 0) return {vips_, nullptr};
    const VipsPicture lazy(vips_, out);
    const VipsPicture bare_one(vips_, bare(lazy));
    return {vips_, bare_one.get() == nullptr ? nullptr : in_memory(bare_one)};
  }

  Result<> add_thumb_hash(const VipsPicture& base) {
    VipsPicture small = resized(base, kThumbHashSideMax, Fit::kInside);
    if (small.get() != nullptr && vips_.image_hasalpha(small.get()) == 0) {
      VipsImage* out = nullptr;
      const int failed = vips_.addalpha(small.get(), &out, kEnd);
      small = VipsPicture(vips_, failed == 0 ? out : nullptr);
    }
    std::size_t size = 0;
    void* pixels =
        small.get() == nullptr ? nullptr : vips_.image_write_to_memory(small.get(), &size);
    if (pixels == nullptr) return broken("no hash: " + vips_.take_error());
    image_.thumb_hash =
        thumb_hash(vips_.image_get_width(small.get()), vips_.image_get_height(small.get()),
                   std::span(static_cast<const std::uint8_t*>(pixels), size));
    vips_.free(pixels);
    return {};
  }

  Result<> add_size(const VipsPicture& base, const WantedSize& size) {
    const VipsPicture picture = resized(base, size.pixels, size.fit);
    if (picture.get() == nullptr) return broken("no size: " + vips_.take_error());
    const VipsPicture opaque = flattened(picture);
    if (opaque.get() == nullptr) return broken("no size: " + vips_.take_error());
    Buffer jpeg;
    Buffer webp;
    Buffer avif;
    if (vips_.jpegsave_buffer(opaque.get(), &jpeg.data, &jpeg.size, "Q", kJpegQuality,
                              "optimize_coding", TRUE, "strip", TRUE, kEnd) != 0) {
      return broken("no JPEG: " + vips_.take_error());
    }
    add(size, "jpg", picture, jpeg);
    if (vips_.webpsave_buffer(picture.get(), &webp.data, &webp.size, "Q", kWebpQuality, "effort",
                              kWebpEffort, "strip", TRUE, kEnd) != 0) {
      return broken("no WebP: " + vips_.take_error());
    }
    add(size, "webp", picture, webp);
    // libvips writes a block of EXIF of its own into each, whatever is told.
    image_.files.back().bytes = bare_webp(image_.files.back().bytes);
    if (!can_avif) return {};
    if (save_avif(vips_, picture.get(), avif) != 0) {
      return broken("no AVIF: " + vips_.take_error());
    }
    add(size, "avif", picture, avif);
    return {};
  }
  // On white: JPEG has no alpha.
  [[nodiscard]] VipsPicture flattened(const VipsPicture& from) const {
    VipsImage* out = nullptr;
    if (vips_.image_hasalpha(from.get()) == 0) {
      return {vips_, vips_.copy(from.get(), &out, kEnd) == 0 ? out : nullptr};
    }
    VipsArrayDouble* white = vips_.array_double_newv(1, kWhite);
    const int failed = vips_.flatten(from.get(), &out, "background", white, kEnd);
    vips_.area_unref(reinterpret_cast<VipsArea*>(white));
    return {vips_, failed == 0 ? out : nullptr};
  }
  void add(const WantedSize& size, const char* format, const VipsPicture& picture, Buffer buffer) {
    image_.files.push_back(
        {.size = size.name,
         .format = format,
         .bytes = std::string(static_cast<const char*>(buffer.data), buffer.size),
         .width = vips_.image_get_width(picture.get()),
         .height = vips_.image_get_height(picture.get())});
    vips_.free(buffer.data);
  }

 public:
  static int save_avif(const Vips& vips, VipsImage* picture, Buffer& to) {
    return vips.heifsave_buffer(picture, &to.data, &to.size, "compression",
                                VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "Q", kAvifQuality, "effort",
                                kAvifEffort, "strip", TRUE, kEnd);
  }
  static bool try_avif(const Vips& vips) {
    VipsImage* out = nullptr;
    if (vips.black(&out, kProbePixels, kProbePixels, "bands", kColourBands, kEnd) != 0) {
      vips.error_clear();
      return false;
    }
    const VipsPicture black(vips, out);
    Buffer buffer;
    const bool works = save_avif(vips, black.get(), buffer) == 0;
    if (works) vips.free(buffer.data);
    vips.error_clear();
    return works;
  }

 private:
  const Vips& vips_;
  std::string_view bytes_;
  const std::vector<WantedSize>& sizes_;
  bool has_profile_ = false;  // of colours, in the file
  Image image_;
};
}  // namespace

Result<> prepare_pictures() {
  const Result<const Vips*> vips = load_vips();
  if (!vips) return fail(vips.error());
  can_avif = Maker::try_avif(**vips);
  return {};
}

Result<Image> make_image(std::string_view bytes, const std::vector<WantedSize>& sizes) {
  const Result<const Vips*> vips = load_vips();
  if (!vips) return fail(vips.error());
  return Maker(**vips, bytes, sizes).make();
}

}  // namespace ruck::media

#pragma once
// libvips as it is found when a picture is to be decoded. It is not linked: the server does not
// carry it, and runs without it. Only src/media/vips sees its headers.
#include "base/error.hpp"

#include <vips/vips.h>

#include <memory>
#include <string>
#include <utility>

namespace ruck::media {

// The functions that are used, by their own names without "vips_".
#define RUCK_VIPS_FUNCTIONS(X) \
  X(init)                      \
  X(version)                   \
  X(concurrency_set)           \
  X(cache_set_max)             \
  X(block_untrusted_set)       \
  X(operation_block_set)       \
  X(error_buffer)              \
  X(error_clear)               \
  X(image_new_from_buffer)     \
  X(image_get_width)           \
  X(image_get_height)          \
  X(image_get_bands)           \
  X(image_get_interpretation)  \
  X(image_get_n_pages)         \
  X(image_get_orientation)     \
  X(image_get_typeof)          \
  X(image_get_string)          \
  X(image_hasalpha)            \
  X(image_map)                 \
  X(image_remove)              \
  X(image_copy_memory)         \
  X(image_write_to_memory)     \
  X(thumbnail_buffer)          \
  X(thumbnail_image)           \
  X(colourspace)               \
  X(copy)                      \
  X(flatten)                   \
  X(addalpha)                  \
  X(black)                     \
  X(extract_band)              \
  X(jpegsave_buffer)           \
  X(webpsave_buffer)           \
  X(heifsave_buffer)           \
  X(array_double_newv)         \
  X(area_unref)

struct Vips {
#define X(name) decltype(&::vips_##name) name = nullptr;
  RUCK_VIPS_FUNCTIONS(X)
#undef X
  decltype(&::g_object_unref) object_unref = nullptr;
  decltype(&::g_free) free = nullptr;
  decltype(&::g_module_open) module_open = nullptr;

  // Of libvips, one line, and forgotten there.
  [[nodiscard]] std::string take_error() const;
};

// Loads and starts it, once a process: one thread, no cache, and of all loaders only those of
// JPEG, PNG, WebP and HEIF. kUnavailable, for operators, where it cannot be.
[[nodiscard]] Result<const Vips*> load_vips();

// A reference to one of its pictures.
class VipsPicture {
 public:
  VipsPicture(const Vips& vips, VipsImage* image) : vips_(&vips), image_(image) {}
  ~VipsPicture() { reset(); }
  VipsPicture(VipsPicture&& other) noexcept
      : vips_(other.vips_), image_(std::exchange(other.image_, nullptr)) {}
  VipsPicture& operator=(VipsPicture&& other) noexcept {
    if (this != &other) {
      reset();
      vips_ = other.vips_;
      image_ = std::exchange(other.image_, nullptr);
    }
    return *this;
  }
  VipsPicture(const VipsPicture&) = delete;
  VipsPicture& operator=(const VipsPicture&) = delete;

  [[nodiscard]] VipsImage* get() const { return image_; }

 private:
  void reset() {
    if (image_ != nullptr) vips_->object_unref(image_);
    image_ = nullptr;
  }
  const Vips* vips_;
  VipsImage* image_;
};

}  // namespace ruck::media

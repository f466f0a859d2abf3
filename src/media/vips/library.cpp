#include "media/vips/library.hpp"

#include <dlfcn.h>
#include <gmodule.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ruck::media {
namespace {
constexpr const char* kLibrary = "libvips.so.42";
constexpr const char* kAllLoaders = "VipsForeignLoad";
constexpr const char* kLoaders[] = {"VipsForeignLoadJpeg", "VipsForeignLoadPng",
                                    "VipsForeignLoadWebp", "VipsForeignLoadHeif"};

// No modules but those that are asked for; one thread; large pictures in memory, not in files; and
// no code that libvips makes itself while it runs, which the sandbox refuses.
constexpr std::pair<const char*, const char*> kSettings[] = {{"VIPSHOME", "/nonexistent"},
                                                             {"VIPS_CONCURRENCY", "1"},
                                                             {"VIPS_DISC_THRESHOLD", "64g"},
                                                             {"VIPS_NOVECTOR", "1"}};

std::unexpected<Error> cannot(std::string what) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = std::move(what),
               .retry_after_s = {}});
}

// The function of that name, in the library or in one that it needs.
template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

// The folder that a library was loaded from.
std::string folder_of(const void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

// Distributions have HEIF in a module beside the library. vips_init() would load every module
// there is, ImageMagick and a PDF reader among them: it is sent where there are none, and this one
// is loaded alone. Without it pictures in HEIF are refused, and none are made in AVIF.
void load_heif_module(const Vips& vips) {
  const std::string folder = folder_of(reinterpret_cast<const void*>(vips.init));
  const std::string path = folder + "/vips-modules-" + std::to_string(vips.version(0)) + "." +
                           std::to_string(vips.version(1)) + "/vips-heif.so";
  static_cast<void>(vips.module_open(path.c_str(), G_MODULE_BIND_LAZY));
}

void set_up(const Vips& vips) {
  vips.concurrency_set(1);
  vips.cache_set_max(0);
  vips.block_untrusted_set(TRUE);
  vips.operation_block_set(kAllLoaders, TRUE);
  for (const char* loader : kLoaders) vips.operation_block_set(loader, FALSE);
}
}  // namespace

std::string Vips::take_error() const {
  std::string text = error_buffer();
  error_clear();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ';');
  return text;
}

Result<const Vips*> load_vips() {
  static Vips vips;
  if (vips.init != nullptr) return &vips;
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return cannot(std::string(kLibrary) + " is not installed here: photos need it");
  }
  bool has_all = true;
#define X(name) has_all = find(library, "vips_" #name, vips.name) && has_all;
  RUCK_VIPS_FUNCTIONS(X)
#undef X
  has_all = find(library, "g_object_unref", vips.object_unref) && has_all;
  has_all = find(library, "g_free", vips.free) && has_all;
  has_all = find(library, "g_module_open", vips.module_open) && has_all;
  if (!has_all) return cannot(std::string(kLibrary) + " is of a version that cannot be used");
  for (const auto& [name, value] : kSettings) ::setenv(name, value, 1);
  if (vips.init("ruck") != 0) return cannot("libvips does not start: " + vips.take_error());
  load_heif_module(vips);
  set_up(vips);
  return &vips;
}

}  // namespace ruck::media

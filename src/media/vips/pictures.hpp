#pragma once
// A picture decoded, made smaller and encoded, by libvips, in this process.
#include "media/image.hpp"

#include <string_view>
#include <vector>

namespace ruck::media {

// Loads libvips and all that it will need later, so that nothing is opened once the sandbox is
// entered. kUnavailable, for operators, where there is none.
[[nodiscard]] Result<> prepare_pictures();

// `bytes` is a whole file. After prepare_pictures(). Errors as of ImageWorker::process().
[[nodiscard]] Result<Image> make_image(std::string_view bytes,
                                       const std::vector<WantedSize>& sizes);

}  // namespace ruck::media

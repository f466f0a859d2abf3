#pragma once
// What the server and the process that decodes say to each other.
//
// The request is one JSON object. The reply is one JSON object in a line of its own, behind it the
// files that it names, one after the other. The process has read a stranger's file, so the server
// believes nothing in its reply: names, numbers and lengths are checked against what was asked.
#include "media/image.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::media {

struct ImageRequest {
  std::string path;
  std::vector<WantedSize> sizes;
};

[[nodiscard]] std::string write_request(const ImageRequest& request);
// kInvalidInput, for operators.
[[nodiscard]] Result<ImageRequest> read_request(std::string_view text);

// Of an error kInvalidInput stays what it is, with its message for the person; any other is
// kUnavailable with its detail.
[[nodiscard]] std::string write_reply(const Result<Image>& outcome);
// kUnavailable, for operators, where it is none.
[[nodiscard]] Result<Image> read_reply(std::string_view reply,
                                       const std::vector<WantedSize>& wanted);

}  // namespace ruck::media

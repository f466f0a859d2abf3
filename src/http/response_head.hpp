#pragma once
// The status line and fields of a response as bytes.
#include "http/message.hpp"

#include <string>

namespace ruck::http {

struct HeadContext {
  std::string_view request_id;
  std::size_t body_bytes = 0;
  bool is_gzip = false;
  bool may_vary = false;  // the body depends on Accept-Encoding
  bool keep_alive = true;
  bool is_secure = false;           // asked over https
  std::string_view allowed_origin;  // of a cross-origin request that may read the answer
};

void append_head(std::string& out, const Response& response, const HeadContext& context);
[[nodiscard]] std::string_view reason_of(int status);

}  // namespace ruck::http

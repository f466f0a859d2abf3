#pragma once
// Entity tags (RFC 9110 §8.8.3), so that an answer that has not changed is not sent again.
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace ruck::http {

// A weak tag of the bytes, with its quotes: weak, because a compressed answer has the same.
[[nodiscard]] std::string etag_of(std::string_view bytes);

// Whether If-None-Match names the tag.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view etag);

// Gives a JSON answer 200 to a GET its tag, and makes a 304 of it where the client has it already.
void revalidate(const Request& request, Response& response);

}  // namespace ruck::http

#pragma once
// Making what a message says fit into what a push service takes.
#include "base/error.hpp"
#include "push/sender.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace ruck::push {

// The longest beginning of the text that takes `room` bytes inside of a JSON string, in whole
// characters; with an ellipsis where something is left out and there is room for it.
[[nodiscard]] std::string fit_text(std::string_view text, std::size_t room);

using Render = std::function<std::string(const Message& message)>;
// The message as JSON of at most `bytes_max`: of the title kTitleBytesMax are kept, of the body
// what fits. kInvalidInput where its data is too large by itself.
[[nodiscard]] Result<std::string> render_within(std::size_t bytes_max, Message message,
                                                const Render& render);

// {"title", "body", "tag", "data": {…}}: what the browser's service worker reads. The tag is the
// collapse key; absent where there is none. It is encrypted as all of it.
[[nodiscard]] std::string browser_payload(const Message& message);

// What a later message replaces, where the service bounds the key or should not read it: 32
// characters of base64url.
[[nodiscard]] std::string hashed(std::string_view collapse_key);

// How long the service keeps it, within what both services allow.
[[nodiscard]] std::chrono::seconds ttl_of(const Message& message);

}  // namespace ruck::push

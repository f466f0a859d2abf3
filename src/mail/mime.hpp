#pragma once
// A message as it goes over the wire (RFC 5322, MIME): the header, and the text alone or text and
// HTML as two forms of the same (multipart/alternative). Lines end with CRLF.
//
// Whatever a message holds, it is one message with these fields and no other: control characters
// in the subject become blanks, an address that could be more than one address is refused, and the
// line that parts the two forms cannot be guessed.
#include "base/time.hpp"
#include "mail/mailer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::mail {

struct Mailbox {
  std::string name;  // may be empty
  std::string address;
};
// "Name <address>" or an address.
[[nodiscard]] std::optional<Mailbox> parse_mailbox(std::string_view text);

// One address, as it may stand in a header and in an SMTP command: one @, no blanks, quotes,
// brackets, commas or control characters. Letters beyond ASCII are allowed (RFC 6532).
[[nodiscard]] bool is_address(std::string_view text);

struct Stamp {
  Mailbox from;
  UtcMs sent_at;
  std::string id;  // unique, and not to be guessed
};

// kInvalidInput where `to` is no address.
[[nodiscard]] Result<std::string> write_mime(const Message& message, const Stamp& stamp);

// Its parts, for tests.
[[nodiscard]] std::string encode_header_text(std::string_view text);  // RFC 2047
[[nodiscard]] std::string quoted_printable(std::string_view text);    // RFC 2045 section 6.7
[[nodiscard]] std::string mail_date(UtcMs time);  // "Sun, 29 Nov 2026 13:25:24 +0000"

}  // namespace ruck::mail

#include "mail/mime.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "mail/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ruck::mail {
namespace {
constexpr std::string_view kEnd = "\r\n";
// Of one encoded word: with its frame and "Subject: " in front it fits a line of 76.
constexpr std::size_t kWordBytesMax = 39;
constexpr std::size_t kPlainHeaderBytesMax = 60;
constexpr std::size_t kBase64PieceBytes = kEncodedLineBytesMax / 4 * 3;

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }
bool is_ascii(char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; }

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kSubjectBytesMax));
  out.resize(utf8_prefix(out));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return std::string(trim(out));
}

// How many bytes of the first code points fit.
std::size_t fitting(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return size == 0 ? bytes_max : size;
}

// Every line end as CRLF, and one at the end.
std::string with_line_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n') {
      out += kEnd;
    } else {
      out.push_back(text[i]);
    }
  }
  if (!out.ends_with(kEnd)) out += kEnd;
  return out;
}

bool is_plain(std::string_view lines) {
  std::size_t length = 0;
  for (const char c : lines) {
    const bool is_end = c == '\r' || c == '\n';
    if (!is_end && c != '\t' && !is_printable(c)) return false;
    length = is_end ? 0 : length + 1;
    if (length > kLineBytesMax) return false;
  }
  return true;
}

std::string base64_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += kBase64PieceBytes) {
    out += to_base64(text.substr(at, kBase64PieceBytes));
    out += kEnd;
  }
  return out;
}

// The fields of a part and its body, in the encoding that is easiest to read.
std::string part(std::string_view type, std::string_view text) {
  const std::string lines = with_line_ends(text);
  std::string_view encoding = "7bit";
  std::string body;
  if (is_plain(lines)) {
    body = lines;
  } else if (std::ranges::count_if(lines, is_ascii) * 4 >=
             static_cast<std::ptrdiff_t>(lines.size()) * 3) {
    encoding = "quoted-printable";
    body = quoted_printable(lines);
  } else {
    encoding = "base64";
    body = base64_lines(lines);
  }
  return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
                     type, encoding, body);
}

std::string mailbox_text(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return mailbox.address;
  std::string name = encode_header_text(mailbox.name);
  if (!name.starts_with("=?")) {  // a quoted string (RFC 5322 section 3.2.4)
    std::string quoted = "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') quoted.push_back('\\');
      quoted.push_back(c);
    }
    name = quoted + '"';
  }
  return fmt::format("{}\r\n <{}>", name, mailbox.address);
}

// With one click only over https (RFC 8058 section 3).
std::string unsubscribe_fields(std::string_view url) {
  const bool is_url = (url.starts_with("https://") || url.starts_with("http://")) &&
                      url.size() <= kUnsubscribeUrlBytesMax && std::ranges::all_of(url, [](char c) {
                        return is_printable(c) && c != ' ' && c != '<' && c != '>';
                      });
  if (!is_url) return {};
  std::string fields = fmt::format("List-Unsubscribe: <{}>\r\n", url);
  if (url.starts_with("https://")) {
    fields += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  }
  return fields;
}

std::string_view domain_of(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}
}  // namespace

bool is_address(std::string_view text) {
  constexpr std::string_view kNotAllowed = "<>()[]\\,;:\"";
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  if (text.size() > kAddressBytesMax || !is_utf8(text) || text.starts_with('-')) return false;
  return std::ranges::none_of(text, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || kNotAllowed.contains(c);
  });
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  const std::string_view whole = trim(text);
  Mailbox mailbox{.name = {}, .address = std::string(whole)};
  const std::size_t open = whole.find('<');
  if (open != std::string_view::npos && whole.ends_with('>')) {
    std::string_view name = trim(whole.substr(0, open));
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
      name = name.substr(1, name.size() - 2);
    }
    mailbox.name = one_line(name);
    mailbox.address = whole.substr(open + 1, whole.size() - open - 2);
  }
  if (!is_address(mailbox.address)) return std::nullopt;
  return mailbox;
}

std::string encode_header_text(std::string_view text) {
  const bool is_short_ascii = text.size() <= kPlainHeaderBytesMax &&
                              std::ranges::all_of(text, is_printable) && !text.contains("=?");
  if (is_short_ascii) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t size = fitting(text, kWordBytesMax);
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?utf-8?B?{}?=", to_base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool ends_line = text.substr(i).starts_with(kEnd);
    if (ends_line) {
      out += kEnd;
      ++i;
      column = 0;
      continue;
    }
    const bool is_blank_at_end =
        (c == ' ' || c == '\t') && (i + 1 == text.size() || text.substr(i + 1).starts_with(kEnd));
    const bool stays = (is_printable(c) || c == '\t') && c != '=' && !is_blank_at_end;
    const std::size_t width = stays ? 1 : 3;
    if (column + width > kEncodedLineBytesMax - 1) {  // one is left for the "=" of a soft break
      out += "=\r\n";
      column = 0;
    }
    if (stays) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('=');
      out.push_back(kDigits[byte >> 4U]);
      out.push_back(kDigits[byte & 0x0fU]);
    }
    column += width;
  }
  return out;
}

std::string mail_date(UtcMs time) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss hour(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
      kDays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
      kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
      hour.hours().count(), hour.minutes().count(), hour.seconds().count());
}

Result<std::string> write_mime(const Message& message, const Stamp& stamp) {
  if (!is_address(message.to)) return fail(ErrorCode::kInvalidInput, "the recipient is no address");
  std::string out = fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nMessage-ID: <{}@{}>\r\nSubject: {}\r\n"
      "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n",
      mail_date(stamp.sent_at), mailbox_text(stamp.from), message.to, stamp.id,
      domain_of(stamp.from.address), encode_header_text(one_line(message.subject)));
  out += unsubscribe_fields(message.unsubscribe_url);
  const std::string text = part("text/plain", message.text);
  if (message.html.empty()) return out + text;
  const std::string line = "=_" + stamp.id;  // "=_" is in no quoted-printable text
  out += fmt::format("Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n\r\n", line);
  out += fmt::format("--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n", line, text,
                     part("text/html", message.html));
  return out;
}

}  // namespace ruck::mail

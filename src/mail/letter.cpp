#include "mail/letter.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::mail {
namespace {
constexpr std::size_t kTextColumns = 72;  // room for the marks of two replies
constexpr std::string_view kUnsubscribe = "To get no more mails of this kind:";

// Broken at blanks. A word that is longer than a line has one of its own.
std::string wrapped(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (column > 0 && column + 1 + count_code_points(word) > kTextColumns) {
      out += "\r\n";
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += count_code_points(word);
  }
  return out;
}

struct AsText {
  std::string operator()(const std::string& text) const { return wrapped(text) + "\r\n"; }
  std::string operator()(const Link& link) const {
    return wrapped(link.lead) + "\r\n" + link.url + "\r\n";
  }
  std::string operator()(const Figures& figures) const {
    std::string out;
    for (const Figure& each : figures) {
      out += fmt::format("{}: {}", each.label, each.value);
      if (!each.note.empty()) out += fmt::format(" ({})", each.note);
      out += "\r\n";
    }
    return out;
  }
};

struct AsHtml {
  std::string operator()(const std::string& text) const {
    return fmt::format("<p>{}</p>\r\n", escape_markup(text));
  }
  std::string operator()(const Link& link) const {
    return fmt::format("<p>{}<br>\r\n<a href=\"{}\">{}</a></p>\r\n", escape_markup(link.lead),
                       escape_markup(link.url), escape_markup(link.label));
  }
  std::string operator()(const Figures& figures) const {
    std::string out = "<table style=\"border-spacing:0\">\r\n";
    for (const Figure& each : figures) {
      out += fmt::format(
          "<tr><th scope=\"row\" style=\"text-align:left;font-weight:normal;padding:2px 16px 2px"
          " 0\">{}</th>\r\n<td style=\"padding:2px 16px 2px 0\"><strong>{}</strong></td>"
          "<td style=\"padding:2px 0;color:#666\">{}</td></tr>\r\n",
          escape_markup(each.label), escape_markup(each.value), escape_markup(each.note));
    }
    return out + "</table>\r\n";
  }
};

std::string text_of(const std::vector<Paragraph>& paragraphs) {
  std::string out;
  for (const Paragraph& each : paragraphs) {
    if (!out.empty()) out += "\r\n";
    out += std::visit(AsText(), each);
  }
  return out;
}

std::string html_of(const std::string& subject, const std::vector<Paragraph>& paragraphs) {
  std::string out = fmt::format(
      "<!doctype html>\r\n<html lang=\"en\">\r\n<head><meta charset=\"utf-8\">"
      "<title>{}</title></head>\r\n<body style=\"font-family:sans-serif;line-height:1.5\">\r\n",
      escape_markup(subject));
  for (const Paragraph& each : paragraphs) out += std::visit(AsHtml(), each);
  return out + "</body>\r\n</html>\r\n";
}
}  // namespace

Message to_message(const Letter& letter) {
  std::vector<Paragraph> paragraphs = letter.paragraphs;
  if (!letter.unsubscribe_url.empty()) {
    paragraphs.emplace_back(Link{
        .lead = std::string(kUnsubscribe), .label = "Unsubscribe", .url = letter.unsubscribe_url});
  }
  return {.to = letter.to,
          .subject = letter.subject,
          .text = text_of(paragraphs),
          .html = html_of(letter.subject, paragraphs),
          .unsubscribe_url = letter.unsubscribe_url};
}

}  // namespace ruck::mail

#pragma once
// The words of a message, once for its two forms: paragraphs, links and figures, from which the
// plain text and the HTML are made. Everything is escaped; there is no way to put markup in.
#include "mail/mailer.hpp"

#include <string>
#include <variant>
#include <vector>

namespace ruck::mail {

struct Link {
  std::string lead;   // "Open this link within an hour:"
  std::string label;  // what the HTML shows instead of the address
  std::string url;
};
// A line of a table: what, how much, and what there is to say of it; the last may be empty.
struct Figure {
  std::string label;
  std::string value;
  std::string note;
};
using Figures = std::vector<Figure>;
using Paragraph = std::variant<std::string, Link, Figures>;

struct Letter {
  std::string to;
  std::string subject;
  std::vector<Paragraph> paragraphs;
  std::string unsubscribe_url = {};  // as in Message; also told at the end
};
[[nodiscard]] Message to_message(const Letter& letter);

}  // namespace ruck::mail

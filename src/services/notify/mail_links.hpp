#pragma once
// Links at the end of mails, by which whoever holds one ends mails of that kind to that person, and
// nothing else: signed, for nobody is signed in who opens them. They do not expire; a mail is found
// again after years, and there is nothing to gain by one.
#include "services/notify/kinds.hpp"
#include "services/notify/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::notify {

// Mails to somebody that one switch of theirs is for.
struct MailKind {
  UserId user;
  std::optional<Setting> setting;  // nothing: the weekly digest
};
// "ruck_like", or "weekly_digest".
[[nodiscard]] std::string_view name_of(const MailKind& kind);

class MailLinks {
 public:
  // The key of links is made from `server_key`, which only this server knows and keeps for good.
  // Links begin with `public_url`.
  MailLinks(std::string_view server_key, std::string public_url);

  // For List-Unsubscribe (RFC 8058): a POST to it ends the mails, a GET only shows a page.
  [[nodiscard]] std::string unsubscribe_url(const MailKind& kind) const;
  // What a token of such a link is for; nothing for one that we did not make.
  [[nodiscard]] std::optional<MailKind> read(std::string_view token) const;
  // An address of the web app.
  [[nodiscard]] std::string page(std::string_view path) const {
    return public_url_ + "/" + std::string(path);
  }

 private:
  [[nodiscard]] std::string token_of(const MailKind& kind) const;

  std::string key_;
  std::string public_url_;
};

// Whether it is the body by which a mail program says that its user has clicked: as a form
// (application/x-www-form-urlencoded or multipart/form-data, RFC 8058 section 3.2).
[[nodiscard]] bool is_one_click(std::string_view body);

}  // namespace ruck::notify

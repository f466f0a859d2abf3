#pragma once
// The mails of sign-in and of the account: all their words.
#include "base/time.hpp"
#include "mail/mailer.hpp"

#include <string>

namespace ruck::auth {

// Who the mail goes to, and the link in it.
struct MailedLink {
  std::string to;
  std::string url;
};

[[nodiscard]] mail::Message reset_mail(const MailedLink& link);
[[nodiscard]] mail::Message password_changed_mail(const std::string& to);

// To the new address; to the old one; to the old one once it is done.
[[nodiscard]] mail::Message confirm_address_mail(const MailedLink& link);
[[nodiscard]] mail::Message address_changing_mail(const std::string& to);
[[nodiscard]] mail::Message address_changed_mail(const std::string& to);

// With the link that takes it back.
[[nodiscard]] mail::Message deletion_mail(const MailedLink& link, UtcUs final_at);

}  // namespace ruck::auth

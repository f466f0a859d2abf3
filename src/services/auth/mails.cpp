#include "services/auth/mails.hpp"

#include "mail/letter.hpp"
#include "services/auth/limits.hpp"

#include <fmt/format.h>

namespace ruck::auth {
namespace {
std::string day_text(UtcUs time) { return to_iso8601(std::chrono::floor<std::chrono::days>(time)); }

std::string hours_text(std::chrono::hours hours) {
  return hours.count() == 1 ? "an hour" : fmt::format("{} hours", hours.count());
}
}  // namespace

mail::Message reset_mail(const MailedLink& link) {
  return mail::to_message(
      {.to = link.to,
       .subject = "Reset your RuckingApp password",
       .paragraphs = {
           "Somebody, probably you, asked for a new password.",
           mail::Link{.lead = fmt::format("Open this link within {}:", hours_text(kResetLifetime)),
                      .label = "Choose a new password",
                      .url = link.url},
           "If it was not you, ignore this message."}});
}

mail::Message password_changed_mail(const std::string& to) {
  return mail::to_message(
      {.to = to,
       .subject = "Your RuckingApp password has changed",
       .paragraphs = {"Your password has been changed, and all other devices have been signed out.",
                      "If it was not you, ask for a new password on the sign-in page."}});
}

mail::Message confirm_address_mail(const MailedLink& link) {
  return mail::to_message(
      {.to = link.to,
       .subject = "Confirm your new e-mail address",
       .paragraphs = {"Somebody, probably you, wants to sign in to RuckingApp with this address.",
                      mail::Link{.lead = fmt::format("Open this link within {} to confirm it:",
                                                     hours_text(kEmailChangeLifetime)),
                                 .label = "Confirm this address",
                                 .url = link.url},
                      "If it was not you, ignore this message: nothing changes."}});
}

mail::Message address_changing_mail(const std::string& to) {
  return mail::to_message(
      {.to = to,
       .subject = "Your RuckingApp e-mail address is about to change",
       .paragraphs = {
           "Somebody, probably you, asked to change the e-mail address of your account.",
           "It stays as it is until the new address is confirmed.",
           "If it was not you, choose a new password: that ends every sign-in and the change."}});
}

mail::Message address_changed_mail(const std::string& to) {
  return mail::to_message(
      {.to = to,
       .subject = "Your RuckingApp e-mail address has changed",
       .paragraphs = {"From now on your account is signed in to with another e-mail address."}});
}

mail::Message deletion_mail(const MailedLink& link, UtcUs final_at) {
  return mail::to_message(
      {.to = link.to,
       .subject = "Your RuckingApp account is being deleted",
       .paragraphs = {
           fmt::format("Your account and everything in it is hidden from everybody now, and will "
                       "be deleted for good on {} (UTC).",
                       day_text(final_at)),
           mail::Link{.lead = "To keep it, open this link before then:",
                      .label = "Keep my account",
                      .url = link.url},
           "Afterwards nothing can bring it back."}});
}

}  // namespace ruck::auth

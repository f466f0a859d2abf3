#pragma once
// One's own account on the wire: what the web app changes of it, with the password at hand.
#include "http/values.hpp"
#include "services/auth/limits.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>

namespace ruck::auth {

// `password` is the one that counts now. Not needed within kFreshSignIn of signing in.
struct ChangePassword {
  std::optional<std::string> password;
  std::string new_password;
};
BOOST_DESCRIBE_STRUCT(ChangePassword, (), (password, new_password))

struct ChangeEmail {
  std::optional<std::string> password;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(ChangeEmail, (), (password, email))

struct WithPassword {
  std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(WithPassword, (), (password))

// From a link in an e-mail.
struct MailedToken {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(MailedToken, (), (token))

struct AccountView {
  std::string email;
  std::optional<std::string> pending_email;  // the new one, until its link has been opened
};
BOOST_DESCRIBE_STRUCT(AccountView, (), (email, pending_email))

struct EmailConfirmed {
  std::string message;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(EmailConfirmed, (), (message, email))

struct DeletionReply {
  std::string message;
  UtcUs final_at{};  // until then the mailed link undoes it
};
BOOST_DESCRIBE_STRUCT(DeletionReply, (), (message, final_at))

// ---- as they are stored -------------------------------------------------------------------------

struct EmailChangeRow {
  UserId user_id;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(EmailChangeRow, (), (user_id, email))

}  // namespace ruck::auth

namespace ruck::http::account_rules {
inline constexpr Rule kPassword =
    rule("password", "The password that counts now; not needed right after signing in")
        .length(0, auth::kPasswordBytesMax)
        .verbatim();
}  // namespace ruck::http::account_rules

template <>
struct ruck::http::RulesOf<ruck::auth::ChangePassword> {
  static constexpr auto kRules =
      std::to_array<Rule>({account_rules::kPassword, rule("new_password", "At least 8 characters")
                                                         .length(8, auth::kPasswordBytesMax)
                                                         .required()
                                                         .verbatim()});
};
template <>
struct ruck::http::RulesOf<ruck::auth::ChangeEmail> {
  static constexpr auto kRules = std::to_array<Rule>(
      {account_rules::kPassword,
       rule("email", "The new address; it counts once the link mailed to it has been opened")
           .length(3, 254)
           .required()});
};
template <>
struct ruck::http::RulesOf<ruck::auth::WithPassword> {
  static constexpr auto kRules = std::to_array<Rule>({account_rules::kPassword});
};
template <>
struct ruck::http::RulesOf<ruck::auth::MailedToken> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("token", "From the link in the e-mail").length(1, 4096).required().verbatim()});
};

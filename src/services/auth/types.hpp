#pragma once
// Sign-up, sign-in and what they answer (contract core §1.2).
#include "db/value.hpp"
#include "http/values.hpp"
#include "services/profile/types.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::auth {

// Where a client wants its refresh token. A web page asks for the cookie, which scripts cannot
// read; then the token is not in the reply.
enum class TokenPlace : std::uint8_t { kReply, kCookie };

struct Register {
  std::string email;
  std::string password;
  std::string username;
  std::optional<double> weight_kg;
  std::optional<double> height_cm;
  std::optional<Day> date_of_birth;
  std::optional<std::string> gender;
  std::optional<bool> prefer_metric;
  std::optional<std::string> time_zone;
  TokenPlace refresh_in = TokenPlace::kReply;
};
BOOST_DESCRIBE_STRUCT(Register, (),
                      (email, password, username, weight_kg, height_cm, date_of_birth, gender,
                       prefer_metric, time_zone, refresh_in))

struct Login {
  std::string email;
  std::string password;
  TokenPlace refresh_in = TokenPlace::kReply;
};
BOOST_DESCRIBE_STRUCT(Login, (), (email, password, refresh_in))

struct Refresh {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(Refresh, (), (refresh_token))

struct ForgotPassword {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(ForgotPassword, (), (email))

struct ResetPassword {
  std::string token;
  std::string new_password;
};
BOOST_DESCRIBE_STRUCT(ResetPassword, (), (token, new_password))

// The token twice, under the name the app reads and under the standard one (RFC 6749 §5.1).
struct SignedIn {
  std::string message;
  std::string token;
  std::string access_token;
  std::string token_type = "bearer";
  std::int64_t expires_in = 0;
  std::int64_t expires_at = 0;                 // seconds since 1970
  json::Omittable<std::string> refresh_token;  // not in the reply where it is in the cookie
  profile::Profile user;
};
BOOST_DESCRIBE_STRUCT(SignedIn, (),
                      (message, token, access_token, token_type, expires_in, expires_at,
                       refresh_token, user))

struct ForgotReply {
  std::string message;
  bool email_sent = true;  // always: the answer must not tell who has an account
};
BOOST_DESCRIBE_STRUCT(ForgotReply, (), (message, email_sent))

struct ResetReply {
  std::string message;
  profile::PublicUser user;
};
BOOST_DESCRIBE_STRUCT(ResetReply, (), (message, user))

using SessionId = Id<struct SessionIdTag, Uuid>;

// One sign-in: a phone, a browser.
struct SessionView {
  SessionId id;
  std::string name;      // "Firefox on Android"; empty where nothing is known
  std::string platform;  // android, ios, windows, macos, linux, other
  UtcUs created_at{};
  UtcUs last_used_at{};  // to the hour: when it last renewed its access
  bool is_current = false;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, name, platform, created_at, last_used_at, is_current))
struct SessionsReply {
  bool success = true;
  std::vector<SessionView> data;
};
BOOST_DESCRIBE_STRUCT(SessionsReply, (), (success, data))
struct SessionsEnded {
  bool success = true;
  std::int64_t ended = 0;
};
BOOST_DESCRIBE_STRUCT(SessionsEnded, (), (success, ended))

// ---- rows ------------------------------------------------------------------------------------

struct CredentialRow {
  UserId user_id;
  std::string password_hash;
};
BOOST_DESCRIBE_STRUCT(CredentialRow, (), (user_id, password_hash))

struct SessionRow {
  UserId user_id;
  Uuid id;
  db::Bytes family_key;
  std::string user_agent;
  UtcUs created_at{};
  UtcUs last_used_at{};
  UtcUs expires_at{};
  std::optional<UtcUs> revoked_at;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (),
                      (user_id, id, family_key, user_agent, created_at, last_used_at, expires_at,
                       revoked_at))

struct RefreshRow {
  UserId user_id;
  Uuid session_id;
  UtcUs issued_at{};
  std::optional<UtcUs> replaced_at;
  std::optional<db::Bytes> successor_hash;
};
BOOST_DESCRIBE_STRUCT(RefreshRow, (), (user_id, session_id, issued_at, replaced_at, successor_hash))

struct KeyRow {
  std::string key_id;
  db::Bytes secret;
  UtcUs created_at{};
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (key_id, secret, created_at))

}  // namespace ruck::auth

template <>
struct ruck::json::EnumNames<ruck::auth::TokenPlace> {
  using enum ruck::auth::TokenPlace;
  static constexpr auto kNames = std::to_array<std::pair<ruck::auth::TokenPlace, std::string_view>>(
      {{kReply, "reply"}, {kCookie, "cookie"}});
};
template <>
struct ruck::http::PathParam<ruck::auth::SessionId> {
  static std::optional<ruck::auth::SessionId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(ruck::auth::SessionId(*uuid)) : std::nullopt;
  }
};
template <>
struct ruck::http::RulesOf<ruck::auth::Register> {
  static constexpr auto kRules = std::to_array<Rule>({
      rule("email", "Address to sign in with").length(3, 254).required(),
      rule("password", "At least 8 characters").length(8, 1024).required().verbatim(),
      rule("username", "Shown to others")
          .length(1, 50)
          .required()
          .also("display_name", "name")
          .name(),
      rule("weight_kg", "Body weight in kg").between(20, 400).text_numbers(),
      rule("height_cm", "Height in cm").between(80, 260).text_numbers(),
      rule("date_of_birth", "As YYYY-MM-DD"),
      rule("gender", "male, female or what the user says").length(0, 30),
      rule("prefer_metric", "Kilometres and kilograms").also("preferMetric"),
      rule("time_zone", "IANA name").length(1, 64).also("timeZone"),
      rule("refresh_in", "Where the refresh token goes; a web page wants it in the cookie"),
  });
};
template <>
struct ruck::http::RulesOf<ruck::auth::Login> {
  static constexpr auto kRules = std::to_array<Rule>({
      rule("email", "Address to sign in with").length(1, 254).required(),
      // No lower bound: a password that is too short is simply wrong.
      rule("password", "The password").length(0, 1024).required().verbatim(),
      rule("refresh_in", "Where the refresh token goes; a web page wants it in the cookie"),
  });
};
template <>
struct ruck::http::RulesOf<ruck::auth::Refresh> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("refresh_token",
            "The token; may also come as a form field, in the query or in the cookie")
           .length(1, 4096)
           .verbatim()
           .also("refreshToken")});
};
template <>
struct ruck::http::RulesOf<ruck::auth::ForgotPassword> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("email", "Address of the account").length(1, 254).required()});
};
template <>
struct ruck::http::RulesOf<ruck::auth::ResetPassword> {
  static constexpr auto kRules = std::to_array<Rule>({
      rule("token", "From the link in the e-mail").length(1, 4096).required().verbatim(),
      rule("new_password", "At least 8 characters")
          .length(8, 1024)
          .required()
          .also("password")
          .verbatim(),
  });
};

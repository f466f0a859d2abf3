#include "http/endpoint.hpp"
#include "services/auth/service.hpp"

namespace ruck::auth {

void add_routes(http::Router& r, AuthService& s) {
  using http::Auth;
  constexpr http::Limit kSignUp = http::per_hour(60);  // of one address: a household, a club night
  constexpr http::Limit kSignIn = http::per_minute(30);   // likewise
  constexpr http::Limit kRefresh = http::per_minute(60);  // the app's own cooldown is 30 s
  constexpr http::Limit kReset = http::per_minute(5);     // contract core §1.2
  http::post(r, "/api/auth/signup", "auth.sign_up",
             {.summary = "Create an account and sign in", .auth = Auth::kNone, .limit = kSignUp},
             &s, &AuthService::sign_up);
  r.alias("/api/users/register");
  r.alias("/api/auth/register");
  http::post(r, "/api/auth/login", "auth.sign_in",
             {.summary = "Sign in", .auth = Auth::kNone, .limit = kSignIn}, &s,
             &AuthService::sign_in);
  r.alias("/api/auth/signin");
  http::post(r, "/api/auth/refresh", "auth.refresh",
             {.summary = "Exchange a refresh token for a new one and an access token",
              .auth = Auth::kNone,
              .limit = kRefresh,
              .body = http::BodyType::kAny},
             &s, &AuthService::refresh);
  http::post(r, "/api/auth/logout", "auth.sign_out",
             {.summary = "Sign out", .auth = Auth::kOptional}, &s, &AuthService::sign_out);
  r.alias("/api/auth/signout");
  http::post(r, "/api/auth/forgot-password", "auth.forgot_password",
             {.summary = "Send an e-mail with a link to choose a new password",
              .auth = Auth::kNone,
              .limit = kReset},
             &s, &AuthService::forgot_password);
  r.alias("/api/auth/password-reset");
  http::post(r, "/api/auth/password-reset-confirm", "auth.reset_password",
             {.summary = "Set a new password with the token from the e-mail",
              .auth = Auth::kNone,
              .limit = kReset},
             &s, &AuthService::reset_password);

  http::get(r, "/api/auth/sessions", "auth.sessions",
            {.summary = "List your sign-ins, most recently used first"}, &s,
            &AuthService::sessions);
}

}  // namespace ruck::auth

#include "services/auth/service.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "jobs/runner.hpp"
#include "mail/sending.hpp"
#include "services/auth/account_mails.hpp"
#include "services/auth/account_store.hpp"
#include "services/auth/devices.hpp"
#include "services/auth/jobs.hpp"
#include "services/auth/mails.hpp"
#include "services/auth/passwords.hpp"
#include "services/auth/reset_link.hpp"
#include "services/auth/secrets.hpp"
#include "services/auth/store.hpp"
#include "services/profile/service.hpp"
#include "telemetry/log.hpp"

namespace ruck::auth {
namespace {
constexpr std::size_t kSecretBytes = 32;
constexpr std::string_view kResetMailJob = "auth.reset_mail";
constexpr std::string_view kCookie = "ruck_refresh";
constexpr auto kCookieLifetime = std::chrono::days(30);  // contract core §1.2
// Of one account, whatever address the attempts come from.
constexpr http::Limit kAttemptsPerAccount{.count = 20, .window = std::chrono::minutes(5)};
// Of a device that has signed in to it before, once strangers have used up the account's.
constexpr http::Limit kAttemptsPerDevice{.count = 10, .window = std::chrono::minutes(5)};

using crypto::sha256;

// The token that follows `token` in its session.
std::string successor_of(std::string_view token, const db::Bytes& family_key) {
  return to_base64url(crypto::hmac_sha256(family_key.data, token));
}

std::string cookie(std::string_view token, const http::RequestInfo& info,
                   std::chrono::seconds age) {
  return auth_cookie(kCookie, token, info, age);
}

// The cookie with the refresh token; a client that wants it there alone does not get it twice.
http::HeaderList set_cookie(SignedIn& reply, TokenPlace place, const http::RequestInfo& info) {
  http::HeaderList headers{
      {"Set-Cookie", cookie(*reply.refresh_token.value, info, kCookieLifetime)}};
  if (place == TokenPlace::kCookie) reply.refresh_token = {};
  return headers;
}

// Only said to who has the password.
std::unexpected<Error> being_deleted(UtcUs final_at) {
  return fail(ErrorCode::kForbidden,
              "This account is being deleted. To keep it, open the link in the e-mail about it"
              " before " +
                  to_iso8601(std::chrono::floor<std::chrono::days>(final_at)));
}

struct FoundToken {
  std::string token;
  bool from_cookie = false;
};

// A form field, a JSON member, the query or the cookie: the app and its plugins use all four. A
// browser sends the cookie by itself, so it only counts where a page of ours asked.
std::optional<FoundToken> refresh_token_in(const http::RawBody& body, const Refresh& query,
                                           const http::RequestInfo& info) {
  Refresh found;
  http::Binder binder(http::Binder::Mode::kLenient);
  if (body.content_type.starts_with("application/x-www-form-urlencoded")) {
    binder.query(body.bytes, found);
  } else if (const auto root = json::parse(body.bytes.empty() ? "{}" : body.bytes)) {
    binder.object(*root, found);
  }
  if (found.refresh_token) return FoundToken{.token = *found.refresh_token};
  if (query.refresh_token) return FoundToken{.token = *query.refresh_token};
  const auto from_cookie = http::find_cookie(info.cookie, kCookie);
  if (!from_cookie || !http::is_same_origin(info)) return std::nullopt;
  return FoundToken{.token = std::string(*from_cookie), .from_cookie = true};
}

// The user is told: they may not be the one who has signed in.
void enqueue_new_device(db::Session& q, const SessionRow& session, UtcUs now) {
  const NewDevice news{
      .user = session.user_id, .session = session.id, .device = device_of(session.user_agent).name};
  jobs::enqueue(q, {.kind = kNewDeviceJob, .payload = json::to_text(news), .user = news.user}, now);
}

// What a refresh came to. Errors are values here, because a revocation must be committed.
struct Refreshed {
  ErrorCode error = ErrorCode::kInvalidRefresh;
  bool ok = false;
  bool was_ended = false;  // because somebody else holds a copy
  Uuid session;
  std::string token;
  std::optional<profile::Profile> user;
};

Refreshed rotate(db::Session& q, const std::string& token, UtcUs now) {
  const std::string hash = sha256(token);
  const auto row = store::find_refresh(q, hash);
  if (!row) return {};
  const auto session = store::find_session(q, row->user_id, row->session_id);
  if (!session || session->revoked_at || session->expires_at < now) return {};
  const std::string successor = successor_of(token, session->family_key);
  const std::string successor_hash = sha256(successor);
  if (row->replaced_at) {
    const auto next = store::find_refresh(q, successor_hash);
    const bool is_retry = now - *row->replaced_at <= kRefreshGrace && next && !next->replaced_at;
    if (!is_retry) {
      store::revoke_session(q, row->user_id, row->session_id, now);
      return {.was_ended = true, .session = row->session_id};
    }
  } else {
    store::add_refresh(q, successor_hash,
                       {.user_id = row->user_id, .session_id = row->session_id, .issued_at = now});
    store::replace_refresh(q, hash, successor_hash, now);
    store::touch_session(q, row->user_id, row->session_id, now, now + kSessionLifetime);
    store::prune_refresh(q, row->user_id, row->session_id, now - kSessionLifetime);
  }
  const auto user = profile::find_user(q, row->user_id);
  if (!user) return {};
  return {.ok = true,
          .session = row->session_id,
          .token = successor,
          .user = profile::to_profile(q, *user, now)};
}
}  // namespace

Result<> add_account(db::Session& q, UserId user, const std::string& email,
                     const std::string& password_hash, UtcUs now) {
  if (store::add_credential(q, normal_email(email), user, password_hash, now)) return {};
  return fail(ErrorCode::kDuplicateEmail);
}

bool is_signed_in(db::Session& q, UserId user, const Uuid& session, UtcUs now) {
  const auto row = store::find_session(q, user, session);
  return row && !row->revoked_at && row->expires_at > now;
}

AuthService::AuthService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      background_("auth", [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("auth.background_failed", name, failure);
      }) {}

AuthService::~AuthService() { background_.join(); }

AuthService::Opened AuthService::open_session(db::Session& q, UserId user,
                                              const std::string& user_agent, UtcUs now) {
  Opened opened{.session = {.user_id = user,
                            .id = Uuid::make_v7(to_ms(now)),
                            .family_key = {random_bytes(kSecretBytes)},
                            .user_agent = user_agent.substr(0, kUserAgentBytesMax),
                            .created_at = now,
                            .last_used_at = now,
                            .expires_at = now + kSessionLifetime},
                .refresh_token = new_secret()};
  if (!is_utf8(opened.session.user_agent)) opened.session.user_agent.clear();
  store::add_session(q, opened.session);
  store::add_refresh(q, sha256(opened.refresh_token),
                     {.user_id = user, .session_id = opened.session.id, .issued_at = now});
  return opened;
}

SignedIn AuthService::signed_in(const Uuid& session, std::string refresh_token,
                                profile::Profile user, std::string message, UtcUs now) const {
  Tokens::Issued issued = deps_.tokens.issue({.user = user.id, .session = session}, now);
  const auto expires = std::chrono::floor<std::chrono::seconds>(issued.expires_at);
  return {.message = std::move(message),
          .token = issued.token,
          .access_token = issued.token,
          .expires_in = std::chrono::seconds(kAccessLifetime).count(),
          .expires_at = expires.time_since_epoch().count(),
          .refresh_token = std::move(refresh_token),
          .user = std::move(user)};
}

task<Result<AuthService::NewSession>> AuthService::sign_up(Register request,
                                                           http::RequestInfo info) {
  const std::string email_key = normal_email(request.email);
  if (!profile::is_email(email_key)) {
    co_return fail(ErrorCode::kInvalidInput, "$.email: expected an e-mail address");
  }
  if (trim(request.username).empty()) {
    co_return fail(ErrorCode::kInvalidInput, "$.username: expected a name, got blanks");
  }
  const Result<std::string> hash = co_await deps_.password_pool.run(
      [password = request.password] { return hash_password(password); });
  if (!hash) co_return fail(hash.error());
  struct Made {
    Opened opened;
    profile::Profile user;
  };
  const UtcUs now = info.now;
  const DeviceSigns device = with_cookie(device_signs(info));
  Result<Made> made =
      co_await deps_.database.write([request, email_key, hash = *hash, agent = info.user_agent,
                                     device, now](db::Session& q) -> Result<Made> {
        const profile::UserRow user =
            profile::create_user(q,
                                 {.email = std::string(trim(request.email)),
                                  .username = std::string(trim(request.username)),
                                  .weight_kg = request.weight_kg,
                                  .height_cm = request.height_cm,
                                  .date_of_birth = request.date_of_birth,
                                  .gender = request.gender,
                                  .prefer_metric = request.prefer_metric,
                                  .time_zone = request.time_zone},
                                 now);
        if (!store::add_credential(q, email_key, user.id, hash, now)) {
          return fail(ErrorCode::kDuplicateEmail);
        }
        remember_device(q, user.id, device, now);
        return Made{open_session(q, user.id, agent, now), profile::to_profile(q, user, now)};
      });
  if (!made) co_return fail(std::move(made).error());
  co_await deps_.revisions.changed(made->opened.session.user_id);
  SignedIn reply = signed_in(made->opened.session.id, made->opened.refresh_token,
                             std::move(made->user), "User registered successfully", now);
  http::HeaderList headers = set_cookie(reply, request.refresh_in, info);
  headers.emplace_back("Set-Cookie", device_cookie(device, info));
  co_return NewSession{.value = {std::move(reply)}, .headers = std::move(headers)};
}

task<Result<>> AuthService::check_account_rate(std::string email_key, DeviceSigns device) {
  if (deps_.limiter == nullptr) co_return Result<>();
  const UtcUs now = deps_.clock.now();
  const auto wait =
      co_await deps_.limiter->take("login|" + to_hex(sha256(email_key)), kAttemptsPerAccount, now);
  if (!wait) co_return Result<>();
  const Result<std::optional<std::string>> known = co_await deps_.database.read(
      [email_key, device, now](db::Session& q) -> std::optional<std::string> {
        const auto credential = store::find_credential(q, email_key);
        if (!credential) return std::nullopt;
        return known_device(q, credential->user_id, device, now);
      });
  if (!known) co_return fail(known.error());
  if (*known && !co_await deps_.limiter->take(**known, kAttemptsPerDevice, now)) {
    co_return Result<>();
  }
  co_return fail(
      Error{.code = ErrorCode::kTooManyRequests, .retry_after_s = static_cast<int>(wait->count())});
}

task<Result<CredentialRow>> AuthService::check_password(std::string email_key, std::string password,
                                                        DeviceSigns device) {
  const Result<> allowed = co_await check_account_rate(email_key, std::move(device));
  if (!allowed) co_return fail(allowed.error());
  co_return co_await compare_password(std::move(email_key), std::move(password));
}

task<Result<CredentialRow>> AuthService::compare_password(std::string email_key,
                                                          std::string password) {
  Result<std::optional<CredentialRow>> found = co_await deps_.database.read(
      [email_key](db::Session& q) { return store::find_credential(q, email_key); });
  if (!found) co_return fail(std::move(found).error());
  const std::string hash = *found ? (*found)->password_hash : std::string();
  const Result<Verdict> verdict = co_await deps_.password_pool.run([hash, password] {
    if (!hash.empty()) return verify_password(hash, password);
    verify_nothing(password);
    return Verdict{};
  });
  if (!verdict) co_return fail(verdict.error());
  if (!verdict->matches) co_return fail(ErrorCode::kInvalidCredentials);
  if (verdict->needs_new_hash) {
    background_.spawn(*runtime::Core::current(), upgrade_hash(**found, password));
  }
  co_return std::move(**found);
}

task<Result<>> AuthService::check_own_password(UserId user, std::string password) {
  const auto email_key =
      co_await deps_.database.read([user](db::Session& q) { return store::email_key_of(q, user); });
  if (!email_key) co_return fail(email_key.error());
  if (!*email_key) co_return fail(ErrorCode::kUserNotFound);
  if (deps_.limiter != nullptr) {
    // Who asks is signed in: counted by themselves, so that strangers' guesses at the sign-in do
    // not keep them out, and a stolen token cannot guess without end.
    const auto wait = co_await deps_.limiter->take("own-password|" + user.value().to_string(),
                                                   kAttemptsPerAccount, deps_.clock.now());
    if (wait) {
      co_return fail(Error{.code = ErrorCode::kTooManyRequests,
                           .retry_after_s = static_cast<int>(wait->count())});
    }
  }
  const Result<CredentialRow> checked = co_await compare_password(**email_key, std::move(password));
  if (checked) co_return Result<>();
  // Not 401: the access token is fine, and asking for another one would not help.
  if (checked.error().code == ErrorCode::kInvalidCredentials) {
    co_return fail(ErrorCode::kForbidden, "That is not your password");
  }
  co_return fail(checked.error());
}

task<> AuthService::upgrade_hash(CredentialRow credential, std::string password) {
  const Result<std::string> hash =
      co_await deps_.password_pool.run([password] { return hash_password(password); });
  if (!hash) co_return;  // the next sign-in tries again
  co_await deps_.database.write(
      [credential, hash = *hash, now = deps_.clock.now()](db::Session& q) {
        store::upgrade_password(q, credential.user_id, credential.password_hash, hash, now);
      });
}

task<Result<AuthService::Session>> AuthService::sign_in(Login request, http::RequestInfo info) {
  const DeviceSigns device = with_cookie(device_signs(info));
  Result<CredentialRow> credential =
      co_await check_password(normal_email(request.email), request.password, device);
  if (!credential) co_return fail(std::move(credential).error());
  struct Made {
    Opened opened;
    profile::Profile user;
  };
  const UtcUs now = info.now;
  Result<Made> made =
      co_await deps_.database.write([user_id = credential->user_id, agent = info.user_agent, device,
                                     now](db::Session& q) -> Result<Made> {
        const auto user = profile::find_user(q, user_id);
        if (!user) return fail(ErrorCode::kInvalidCredentials);
        if (const auto final_at = store::deletion_of(q, user_id)) return being_deleted(*final_at);
        const bool is_known = known_device(q, user_id, device, now).has_value();
        remember_device(q, user_id, device, now);
        Made done{open_session(q, user_id, agent, now), profile::to_profile(q, *user, now)};
        if (!is_known) enqueue_new_device(q, done.opened.session, now);
        return done;
      });
  if (!made) co_return fail(std::move(made).error());
  co_await deps_.revisions.changed(credential->user_id);
  SignedIn reply = signed_in(made->opened.session.id, made->opened.refresh_token,
                             std::move(made->user), "Signed in", now);
  http::HeaderList headers = set_cookie(reply, request.refresh_in, info);
  headers.emplace_back("Set-Cookie", device_cookie(device, info));
  co_return Session{.value = std::move(reply), .headers = std::move(headers)};
}

task<Result<AuthService::Session>> AuthService::refresh(http::RawBody body,
                                                        http::Query<Refresh> query,
                                                        http::RequestInfo info) {
  const auto token = refresh_token_in(body, query.value, info);
  if (!token) co_return fail(ErrorCode::kInvalidInput, "refresh_token is missing");
  const UtcUs now = info.now;
  Result<Refreshed> outcome = co_await deps_.database.write(
      [token = token->token, device = device_signs(info), now](db::Session& q) {
        Refreshed done = rotate(q, token, now);
        if (done.ok) remember_device(q, done.user->id, device, now);
        return done;
      });
  if (!outcome) co_return fail(std::move(outcome).error());
  if (outcome->was_ended) deps_.tokens.end_sessions({&outcome->session, 1}, now);
  if (!outcome->ok) co_return fail(outcome->error);
  SignedIn reply = signed_in(outcome->session, std::move(outcome->token), std::move(*outcome->user),
                             "Token refreshed", now);
  http::HeaderList headers =
      set_cookie(reply, token->from_cookie ? TokenPlace::kCookie : TokenPlace::kReply, info);
  co_return Session{.value = std::move(reply), .headers = std::move(headers)};
}

task<Result<http::Reply<profile::MessageReply>>> AuthService::sign_out(
    std::optional<http::Viewer> viewer, http::RequestInfo info) {
  const auto from_cookie = http::find_cookie(info.cookie, kCookie);
  const std::string token(http::is_same_origin(info) ? from_cookie.value_or("") : "");
  const Result<std::vector<Uuid>> ended =
      co_await deps_.database.write([viewer, token, now = info.now](db::Session& q) {
        std::vector<Uuid> sessions;
        if (viewer) {
          store::revoke_session(q, viewer->user, viewer->session, now);
          sessions.push_back(viewer->session);
        }
        const auto row = token.empty() ? std::nullopt : store::find_refresh(q, sha256(token));
        if (row) {
          store::revoke_session(q, row->user_id, row->session_id, now);
          sessions.push_back(row->session_id);
        }
        return sessions;
      });
  if (!ended) co_return fail(ended.error());
  deps_.tokens.end_sessions(*ended, info.now);
  co_return http::Reply<profile::MessageReply>{
      .value = {"Signed out"},
      .headers = {{"Set-Cookie", cookie("", info, std::chrono::seconds(0))}}};
}

// The job looks for the account, so the time of the answer does not tell who has one.
task<Result<ForgotReply>> AuthService::forgot_password(ForgotPassword request) {
  const Result<> asked = co_await deps_.database.write([email = normal_email(request.email),
                                                        now = deps_.clock.now()](db::Session& q) {
    // One at a time for an address; its hash, since operators see keys.
    jobs::enqueue(
        q, {.kind = kResetMailJob, .payload = email, .key = to_hex(crypto::sha256(email))}, now);
  });
  if (!asked) co_return fail(asked.error());
  if (deps_.mailer.delivers()) {
    co_return ForgotReply{"If an account exists for this address, an e-mail is on its way"};
  }
  co_return ForgotReply{
      "This server sends no e-mail itself. If an account exists for this address, whoever runs the"
      " server has the link for you"};
}

void AuthService::add_jobs(jobs::Runner& runner) {
  runner.add({.name = kResetMailJob,
              .priority = jobs::Priority::kHigh,
              .concurrency_max = kResetMailsAtOnce,
              .attempts_max = kResetMailAttempts,
              .backoff_first = kResetMailPause,
              .run = [this](jobs::RunningJob job) { return send_reset(std::move(job)); }});
}

// Each attempt has a link of its own; the one before is no good any more.
task<jobs::Outcome> AuthService::send_reset(jobs::RunningJob job) {
  const Result<MailedLink> made = co_await deps_.database.write(
      [email = std::move(job.payload), url = deps_.public_url,
       now = deps_.clock.now()](db::Session& q) -> Result<MailedLink> {
        auto link = new_reset_link(q, email, url, now);
        if (!link) return fail(std::move(link).error());
        return MailedLink{.to = profile::find_user(q, link->user)->email,
                          .url = std::move(link->url)};
      });
  if (!made) {
    const bool has_no_account = made.error().code == ErrorCode::kUserNotFound;
    co_return has_no_account ? jobs::done() : jobs::retry("the link could not be stored");
  }
  co_return co_await mail::send_in_job(deps_.mail_pool, deps_.mailer, reset_mail(*made));
}

task<Result<ResetReply>> AuthService::reset_password(ResetPassword request) {
  const Result<std::string> hash = co_await deps_.password_pool.run(
      [password = request.new_password] { return hash_password(password); });
  if (!hash) co_return fail(hash.error());
  struct Done {
    ResetReply reply;
    std::vector<Uuid> ended;
  };
  const UtcUs now = deps_.clock.now();
  Result<Done> done = co_await deps_.database.write(
      [token = request.token, hash = *hash, now](db::Session& q) -> Result<Done> {
        const auto user_id = store::take_reset(q, sha256(token), now);
        const auto user = user_id ? profile::find_user(q, *user_id) : std::nullopt;
        if (!user) return fail(ErrorCode::kInvalidResetToken);
        store::set_new_password(q, user->id, hash, now);
        enqueue_password_changed_mail(q, {.user = user->id, .to = user->email}, now);
        return Done{.reply = {.message = "The password has been changed",
                              .user = {.id = user->id,
                                       .username = user->username,
                                       .avatar_url = user->avatar_url,
                                       .gender = user->gender}},
                    // Whoever knew the old password is out.
                    .ended = store::revoke_sessions(q, user->id, std::nullopt, now)};
      });
  if (!done) co_return fail(std::move(done).error());
  deps_.tokens.end_sessions(done->ended, now);
  co_return std::move(done->reply);
}

task<Result<SessionsReply>> AuthService::sessions(http::Viewer viewer) {
  co_return co_await deps_.database.read([viewer, now = deps_.clock.now()](db::Session& q) {
    SessionsReply reply;
    for (const SessionRow& row : store::open_sessions(q, viewer.user, now)) {
      Device device = device_of(row.user_agent);
      reply.data.push_back({.id = SessionId(row.id),
                            .name = std::move(device.name),
                            .platform = std::move(device.platform),
                            .created_at = row.created_at,
                            .last_used_at = row.last_used_at,
                            .is_current = row.id == viewer.session});
    }
    return reply;
  });
}

task<Result<SessionsEnded>> AuthService::end_session(http::Viewer viewer, SessionId id) {
  const Uuid session = id.value();
  const UtcUs now = deps_.clock.now();
  const Result<bool> ended = co_await deps_.database.write([viewer, session, now](db::Session& q) {
    return store::revoke_session(q, viewer.user, session, now);
  });
  if (!ended) co_return fail(ended.error());
  if (!*ended) co_return fail(ErrorCode::kNotFound, "There is no such sign-in");
  deps_.tokens.end_sessions({&session, 1}, now);
  co_return SessionsEnded{.ended = 1};
}

task<Result<SessionsEnded>> AuthService::end_other_sessions(http::Viewer viewer) {
  const UtcUs now = deps_.clock.now();
  const Result<std::vector<Uuid>> ended =
      co_await deps_.database.write([viewer, now](db::Session& q) {
        return store::revoke_sessions(q, viewer.user, viewer.session, now);
      });
  if (!ended) co_return fail(ended.error());
  deps_.tokens.end_sessions(*ended, now);
  co_return SessionsEnded{.ended = std::ssize(*ended)};
}

}  // namespace ruck::auth

#include "push/google_token.hpp"

#include "base/assert.hpp"
#include "http/json/element.hpp"
#include "http/json/writer.hpp"
#include "push/jws.hpp"
#include "push/limits.hpp"
#include "push/reports.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ruck::push {
namespace {
using std::chrono::seconds;

constexpr std::string_view kScope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr std::string_view kForm =
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";

std::int64_t seconds_of(UtcUs time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

Error unavailable(std::string message, std::optional<seconds> retry_after = {}) {
  Error error{.code = ErrorCode::kUnavailable, .message = std::move(message)};
  if (retry_after) error.retry_after_s = static_cast<int>(retry_after->count());
  return error;
}

// It becomes a header: no line may begin in it.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kGoogleTokenBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// {"error": "invalid_grant", "error_description": …}
Error refusal(const http::OutboundReply& reply) {
  const auto parsed = json::parse(reply.body);
  const auto found = parsed ? parsed->find("error") : std::nullopt;
  const auto text = found ? found->string() : std::nullopt;
  const std::string_view word = word_or_nothing(text.value_or(""));
  return unavailable(fmt::format("Google's token service answered {}{}{}", reply.status,
                                 word.empty() ? "" : " ", word),
                     bounded(reply.retry_after));
}

seconds backoff_after(int failures) {
  const int doublings = std::min(failures - 1, 16);
  return std::min<seconds>(kTokenBackoffFirst * (1 << doublings), kTokenBackoffMax);
}
}  // namespace

// Whoever fetches holds one: where it ends early, by an exception or because its coroutine is taken
// away, those who wait are told.
class GoogleToken::Flight {
 public:
  explicit Flight(GoogleToken& owner) : owner_(&owner) {}
  ~Flight() {
    if (owner_ != nullptr) land(fail(unavailable("the request was broken off")));
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  void land(const Result<Granted>& fetched) { std::exchange(owner_, nullptr)->finish(fetched); }

 private:
  GoogleToken* owner_;
};

GoogleToken::GoogleToken(ServiceAccount account, const Dependencies& dependencies)
    : account_(std::move(account)),
      deps_(dependencies),
      fetched_(deps_.metrics.counter("ruck_push_access_tokens_total",
                                     "Access tokens asked of Google for Firebase",
                                     {{"outcome", "fetched"}})),
      failed_(deps_.metrics.counter("ruck_push_access_tokens_total", "", {{"outcome", "failed"}})) {
}

GoogleToken::~GoogleToken() {
  const Guard lock(mutex_);
  RUCK_ASSERT(waiters_.empty());
}

task<Result<std::string>> GoogleToken::get(std::string rejected) {
  bool is_first = false;
  {
    const Guard lock(mutex_);
    if (!is_fetching_) {
      if (std::optional<Outcome> outcome = known(rejected, deps_.clock.now())) {
        co_return *std::move(outcome);
      }
      is_fetching_ = is_first = true;
    }
  }
  if (is_first) {
    Flight flight(*this);
    const Result<Granted> fetched = co_await fetch();
    flight.land(fetched);
  } else {
    co_await runtime::await_promise<bool>([this](Waiter waiter) { wait(std::move(waiter)); });
  }
  co_return settled(rejected);
}

std::optional<GoogleToken::Outcome> GoogleToken::known(const std::string& rejected,
                                                       UtcUs now) const {
  const bool is_refused = token_ == rejected && now - fetched_at_ >= kGoogleTokenAgeMin;
  if (!token_.empty() && now < use_until_ && !is_refused) return token_;
  if (now >= not_before_) return std::nullopt;
  if (!token_.empty() && now < expires_at_ && token_ != rejected) return token_;
  return fail(unavailable(failure_.message, std::chrono::ceil<seconds>(not_before_ - now)));
}

// What is known after a fetch has ended, well or not.
GoogleToken::Outcome GoogleToken::settled(const std::string& rejected) const {
  const Guard lock(mutex_);
  if (std::optional<Outcome> outcome = known(rejected, deps_.clock.now())) {
    return *std::move(outcome);
  }
  return failures_ == 0 ? Outcome(token_) : Outcome(fail(failure_));
}

void GoogleToken::wait(Waiter waiter) {
  {
    const Guard lock(mutex_);
    if (is_fetching_) {
      waiters_.push_back(std::move(waiter));
      return;
    }
  }
  waiter.set(true);  // it has ended meanwhile
}

std::string GoogleToken::assertion(UtcUs now) const {
  std::string claims;
  json::Writer w(claims);
  w.begin_object();
  w.key("iss");
  w.string(account_.client_email);
  w.key("scope");
  w.string(kScope);
  w.key("aud");
  w.string(account_.token_uri);
  w.key("iat");
  w.integer(seconds_of(now));
  w.key("exp");
  w.integer(seconds_of(now + kAssertionLifetime));
  w.end_object();
  return sign_jws(account_.key, account_.key_id, claims);
}

http::OutboundRequest GoogleToken::make_request(UtcUs now) const {
  return {.url = account_.token_uri,
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = std::string(kForm) + assertion(now),
          .address_from = http::AddressFrom::kOperator,
          .is_idempotent = true,
          .total_max = kSendTimeMax,
          .reply_bytes_max = kReplyBytesMax};
}

task<Result<GoogleToken::Granted>> GoogleToken::fetch() {
  const Result<http::OutboundReply> reply =
      co_await deps_.outbound.send(make_request(deps_.clock.now()));
  if (!reply) co_return fail(unavailable("Google's token service: " + reply.error().message));
  if (reply->status != 200) co_return fail(refusal(*reply));
  const auto root = json::parse(reply->body);
  const auto token = root ? root->find("access_token") : std::nullopt;
  const auto text = token ? token->string() : std::nullopt;
  if (!text || !is_token(*text)) {
    co_return fail(unavailable("Google's token service answered without a token"));
  }
  const auto expires_in = root->find("expires_in");
  const auto lifetime = expires_in ? expires_in->integer() : std::nullopt;
  co_return Granted{.token = std::string(*text),
                    .lifetime = seconds(std::clamp<std::int64_t>(
                        lifetime.value_or(seconds(kAssertionLifetime).count()), 0,
                        seconds(kAssertionLifetime).count()))};
}

void GoogleToken::take(const Result<Granted>& fetched, UtcUs now) {
  if (!fetched) {
    ++failures_;
    const seconds asked(fetched.error().retry_after_s.value_or(0));
    const seconds pause = std::max(backoff_after(failures_), asked);
    not_before_ = now + pause;
    failure_ = unavailable(fetched.error().message, pause);
    return;
  }
  const seconds lifetime = fetched->lifetime;
  const seconds margin = std::min<seconds>(kGoogleTokenMargin, lifetime / 2);
  failures_ = 0;
  not_before_ = now;
  token_ = fetched->token;
  fetched_at_ = now;
  expires_at_ = now + lifetime;
  use_until_ = now + std::min<seconds>(kGoogleTokenLifetimeMax, lifetime - margin);
}

void GoogleToken::finish(const Result<Granted>& fetched) {
  std::vector<Waiter> waiters;
  {
    const Guard lock(mutex_);
    take(fetched, deps_.clock.now());
    is_fetching_ = false;
    waiters.swap(waiters_);
  }
  (fetched ? fetched_ : failed_).add();
  if (!fetched)
    telemetry::log_warning("push.no_access_token", {{"error", fetched.error().message}});
  std::vector<std::unique_ptr<runtime::Resumption>> resumptions;
  resumptions.reserve(waiters.size());
  for (Waiter& waiter : waiters) resumptions.push_back(waiter.fulfil(true));
  if (!resumptions.empty()) runtime::deliver(std::move(resumptions));
}

}  // namespace ruck::push

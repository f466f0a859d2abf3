#include "services/live/client.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "http/websocket.hpp"
#include "services/live/messages.hpp"
#include "services/live/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ruck::live {
namespace {
using SteadyClock = std::chrono::steady_clock;

std::string text_of(const json::Element& message, std::string_view name) {
  const auto found = message.find(name);
  return std::string(found ? found->string().value_or("") : "");
}

// "ruck:123"
std::optional<RuckId> ruck_of(std::string_view topic) {
  constexpr std::string_view kPrefix = "ruck:";
  if (!topic.starts_with(kPrefix)) return std::nullopt;
  const auto number = parse_number<std::int64_t>(topic.substr(kPrefix.size()));
  return number && *number > 0 ? std::optional(RuckId(*number)) : std::nullopt;
}

bool has(const std::vector<RuckId>& rucks, RuckId ruck) {
  return std::ranges::find(rucks, ruck) != rucks.end();
}

std::string topic_of(RuckId ruck) { return fmt::format("ruck:{}", ruck.value()); }
}  // namespace

Client::Client(http::Socket& socket, const Shared& shared)
    : socket_(&socket),
      shared_(shared),
      id_(shared.hub.next_id()),
      window_start_(SteadyClock::now()) {
  socket.wake_at(window_start_ + kAuthTime);
}

// ---- what comes in -----------------------------------------------------------------------------

bool Client::is_flooding() {
  const auto now = SteadyClock::now();
  if (now - window_start_ >= kMessageWindow) {
    window_start_ = now;
    window_messages_ = 0;
  }
  return ++window_messages_ > kMessagesPerWindowMax;
}

void Client::on_text(std::string_view text) {
  if (is_flooding()) return socket_->close(close_code::kTooMany, "too many messages");
  const Result<json::Element> message = json::parse(text);
  if (!message || message->kind() != json::Kind::kObject) {
    return send_error("malformed", message ? std::string_view("expected a JSON object")
                                           : message.error().client_text());
  }
  const std::string type = text_of(*message, "type");
  if (type == "auth") return take_auth(*message);
  if (type == "ping") return say(messages::pong(shared_.clock.now()));
  if (!is_known_) return send_error(ErrorCode::kUnauthenticated, "say who you are first", {});
  const std::string topic = text_of(*message, "topic");
  if (topic.size() > kTopicBytesMax) return send_error("unknown_topic", "there is no such topic");
  if (type == "subscribe" && topic == "me" && who_.user) return take_subscribe_me(*message);
  if (type == "subscribe") {
    const auto since = message->find("since");
    const auto number = since ? since->integer() : std::nullopt;
    const bool is_good = number && *number >= 0 && *number <= 0xffffffff;
    if (since && !since->is_null() && !is_good) {
      return send_error("malformed", "since: expected the seq of a frame", topic);
    }
    return take_subscribe(
        topic, is_good ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt);
  }
  if (type == "unsubscribe") return take_unsubscribe(topic);
  send_error("unknown_type", "type: expected auth, subscribe, unsubscribe or ping");
}

void Client::take_auth(const json::Element& message) {
  const std::string share = text_of(message, "share");
  if (share.empty()) return take_token(text_of(message, "token"));
  if (is_known_) return send_error("already_authenticated", "this socket has a user or a link");
  shared_.hub.tasks().spawn(*runtime::Core::current(), take_share(shared_from_this(), share));
}

void Client::take_token(const std::string& token) {
  const Result<http::Viewer> viewer =
      shared_.authenticator.authenticate(token, shared_.clock.now());
  if (!is_known_ && !viewer) {
    return socket_->close(close_code::kNotAuthenticated, viewer.error().client_text());
  }
  // A renewal that fails leaves the old token to run out.
  if (!viewer) return send_error(viewer.error().code, viewer.error().client_text(), {});
  if (is_known_ && who_.user != viewer->user) {
    return send_error("already_authenticated", "this socket is another user's");
  }
  if (!is_known_) {
    if (!shared_.hub.admit(viewer->user)) {
      return socket_->close(close_code::kTooMany, "too many connections of this user");
    }
    is_admitted_ = true;
    who_.user = viewer->user;
  }
  expires_at_ = viewer->expires_at;
  if (is_known_) shared_.hub.sign_out(session_, *this);
  session_ = viewer->session;
  shared_.hub.sign_in(session_, viewer->user, *this);
  ready();
}

task<> Client::take_share(std::shared_ptr<Client> self, std::string token) {
  const auto alive = std::move(self);
  const UtcUs now = shared_.clock.now();
  const auto link = co_await shared_.database.read(
      [token, now](db::Session& q) { return store::find_link(q, token, now); });
  if (socket_ == nullptr || is_known_) co_return;
  if (!link || !*link) {
    socket_->close(close_code::kNotAuthenticated, "This link is unknown or has expired");
    co_return;
  }
  who_ = {.user = {},
          .link_hash = store::hash_of(token),
          .link_ruck = (*link)->ruck_id,
          .link_expires_at = (*link)->expires_at};
  expires_at_ = (*link)->expires_at;
  ready();
}

void Client::ready() {
  is_known_ = true;
  was_warned_ = false;
  wake_later();
  Ready message{.expires_at = expires_at_};
  if (who_.user) message.user_id = *who_.user;
  if (who_.is_link()) message.topic = topic_of(who_.link_ruck);
  say(json::to_text(message));
}

// For what comes first: the end of the token, or of the link, or a look at the sign-in.
void Client::wake_later() {
  const UtcUs at = was_warned_ || who_.is_link() ? expires_at_ : expires_at_ - kRenewalNotice;
  auto in = std::max(at - shared_.clock.now(), std::chrono::microseconds(0));
  // A moment beyond what the steady clock can hold never comes.
  constexpr auto kFar = std::chrono::hours(24 * 365);
  in = std::min<std::chrono::microseconds>(in, kFar);
  if (!who_.is_link()) in = std::min<std::chrono::microseconds>(in, kSignInCheck);
  socket_->wake_at(SteadyClock::now() + in);
}

void Client::on_wake() {
  if (!is_known_) {
    return socket_->close(close_code::kNotAuthenticated, "no auth message in time");
  }
  if (is_over()) return;
  const UtcUs now = shared_.clock.now();
  if (!was_warned_ && !who_.is_link() && now >= expires_at_ - kRenewalNotice) {
    was_warned_ = true;
    say(messages::token_expiring((expires_at_ - now) / milliseconds(1)));
  }
  wake_later();
}

bool Client::is_over() {
  if (shared_.clock.now() >= expires_at_) {
    socket_->close(close_code::kNotAuthenticated,
                   who_.is_link() ? "the link has expired" : "the token has expired");
    return true;
  }
  if (!who_.is_link() && shared_.authenticator.has_ended(session_)) {
    signed_out();
    return true;
  }
  return false;
}

void Client::signed_out() {
  if (socket_ != nullptr) {
    socket_->close(close_code::kNotAuthenticated, "this sign-in has been ended");
  }
}

void Client::take_subscribe(const std::string& topic, std::optional<std::uint32_t> since) {
  runtime::Core& core = *runtime::Core::current();
  if (rucks_.size() + asked_.size() >= kTopicsPerSocketMax) {
    return send_too_many(topic);
  }
  const auto ruck = ruck_of(topic);
  if (!ruck) return send_error("unknown_topic", "expected ruck:<id> or me", topic);
  if (has(rucks_, *ruck) || has(asked_, *ruck)) {
    return send_error("already_subscribed", "this topic is subscribed", topic);
  }
  asked_.push_back(*ruck);
  shared_.hub.tasks().spawn(core, subscribe(shared_from_this(), *ruck, since));
}

void Client::take_subscribe_me(const json::Element& message) {
  constexpr std::string_view kMe = "me";
  if (rucks_.size() + asked_.size() >= kTopicsPerSocketMax) return send_too_many(kMe);
  if (hears_me_) return send_error("already_subscribed", "this topic is subscribed", kMe);
  hears_me_ = true;
  shared_.hub.listen(*who_.user, *this);
  const auto shows_cheers = message.find("cheers");
  if (!shows_cheers || shows_cheers->boolean().value_or(true)) {
    cheers_ = shared_.hub.hear_cheers(*who_.user);
  }
  shared_.hub.tasks().spawn(*runtime::Core::current(), subscribe_me(shared_from_this()));
}

task<> Client::subscribe(std::shared_ptr<Client> self, RuckId ruck,
                         std::optional<std::uint32_t> since) {
  const auto alive = std::move(self);
  const Hub::Subscription subscription{.member = this, .id = id_};
  const auto joined = co_await shared_.hub.join(who_, id_, ruck, since);
  const bool is_wanted = socket_ != nullptr && std::erase(asked_, ruck) > 0;
  if (!joined) {
    if (is_wanted) send_error(joined.error().code, joined.error().client_text(), topic_of(ruck));
    co_return;
  }
  if (!is_wanted) {
    if (!has(rucks_, ruck)) shared_.hub.detach(ruck, subscription);
    co_return;
  }
  rucks_.push_back(ruck);
  deliver(joined->snapshot);
  shared_.hub.attach(ruck, subscription, *joined);
}

task<> Client::subscribe_me(std::shared_ptr<Client> self) {
  const auto alive = std::move(self);
  const UserId user = *who_.user;
  MeSnapshot snapshot;
  auto read = co_await shared_.database.read([user, now = shared_.clock.now()](db::Session& q) {
    MeSnapshot me{.active_ruck_id = rucks::active_ruck(q, user)};
    for (const auto& row : store::unread_cheers(q, user, now)) me.cheers.push_back(view_of(row));
    return me;
  });
  if (!read) {
    if (socket_ != nullptr) send_error(read.error().code, read.error().client_text(), "me");
    co_return;
  }
  snapshot = std::move(*read);
  if (snapshot.active_ruck_id) {
    const auto count = co_await shared_.hub.watching(*snapshot.active_ruck_id);
    if (count) snapshot.watching = static_cast<std::int64_t>(*count);
  }
  if (socket_ != nullptr && hears_me_ && !is_over())
    say(json::to_text(MeMessage{.data = std::move(snapshot)}));
}

void Client::take_unsubscribe(const std::string& topic) {
  if (topic == "me" && hears_me_) {
    hears_me_ = false;
    cheers_.reset();
    shared_.hub.unlisten(*who_.user, *this);
    return say(messages::unsubscribed(topic));
  }
  const auto ruck = ruck_of(topic);
  const bool was_asked = ruck && std::erase(asked_, *ruck) > 0;
  const bool was_there = ruck && std::erase(rucks_, *ruck) > 0;
  if (was_there) shared_.hub.detach(*ruck, {.member = this, .id = id_});
  if (was_there || was_asked) return say(messages::unsubscribed(topic));
  send_error("not_subscribed", "this topic is not subscribed", topic);
}

// ---- what goes out -----------------------------------------------------------------------------

// What others do is told only to those whose token, link and sign-in are good now, not at the last
// look.
void Client::deliver(const http::Frame& frame) {
  if (socket_ != nullptr && !is_over()) socket_->send(frame);
}

void Client::deliver_latest(std::uint64_t key, const http::Frame& frame) {
  if (socket_ != nullptr && !is_over()) socket_->send_latest(key, frame);
}

// Takes the place of a position that waits to be sent.
void Client::ended(RuckId ruck, const Error& why) {
  if (socket_ == nullptr || std::erase(rucks_, ruck) == 0) return;
  socket_->send_latest(update_key(ruck), http::text_frame(messages::ended(ruck, why)));
}

void Client::say(const std::string& text) {
  if (socket_ != nullptr) socket_->send(http::text_frame(text));
}

void Client::send_error(ErrorCode code, std::string_view text, std::string_view topic) {
  say(messages::error(error_row(code).id, text, topic));
}
void Client::send_error(std::string_view id, std::string_view text, std::string_view topic) {
  say(messages::error(id, text, topic));
}

void Client::send_too_many(std::string_view topic) {
  send_error("too_many_topics",
             fmt::format("one connection may have {} topics", kTopicsPerSocketMax), topic);
}

void Client::on_drain() {
  const auto spread = static_cast<std::uint64_t>((kReconnectMax - kReconnectMin).count());
  const auto after = kReconnectMin.count() + static_cast<std::int64_t>(random_u64() % spread);
  say(messages::restart(after));
  socket_->close(http::close_code::kServiceRestart, "the server restarts");
}

void Client::on_gone() {
  for (const RuckId ruck : rucks_) shared_.hub.detach(ruck, {.member = this, .id = id_});
  rucks_.clear();
  asked_.clear();
  if (hears_me_) shared_.hub.unlisten(*who_.user, *this);
  if (is_admitted_) shared_.hub.dismiss(*who_.user);
  if (is_admitted_) shared_.hub.sign_out(session_, *this);
  hears_me_ = false;
  cheers_.reset();
  socket_ = nullptr;
}

}  // namespace ruck::live

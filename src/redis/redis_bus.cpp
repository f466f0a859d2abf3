#include "redis/redis_bus.hpp"

#include "base/random.hpp"
#include "bus/payload.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ruck::redis {
namespace asio = boost::asio;
namespace {
using SteadyClock = std::chrono::steady_clock;

constexpr int kProtocol = 1;  // of payloads and of the messages below; another one for each change
constexpr std::size_t kIdBytes = 16;
// What beats say.
constexpr char kBeat = 'B';   // and when it was sent, for the sender
constexpr char kFence = 'F';  // and its number, which the others answer with
constexpr char kBye = 'Y';    // it leaves: nobody need wait for it
constexpr char kHello = 'H';  // an instance has come
constexpr char kLost = 'L';   // what it published before may not have reached the others
constexpr std::string_view kOwnTopics = "bus.";

std::int64_t now_ns() {
  return std::chrono::nanoseconds(SteadyClock::now().time_since_epoch()).count();
}

// A number of the `run_id`, 40 random hexadecimal digits; 0 where there is none.
std::uint64_t run_of(std::string_view info) {
  constexpr std::string_view kName = "run_id:";
  constexpr std::size_t kDigits = 15;  // of 60 bits: positive, also as a bigint
  const std::size_t at = info.find(kName);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = info.substr(at + kName.size(), kDigits);
  std::uint64_t run = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), run, 16);
  return read.ec == std::errc() ? run : 0;
}
}  // namespace

RedisBus::Count::Count(telemetry::Metrics& metrics)
    : connected(metrics.gauge("ruck_redis_connected", "1 while what is published comes back")),
      published(metrics.counter("ruck_bus_published_total", "Messages given to Redis")),
      received(metrics.counter("ruck_bus_received_total", "Messages of other instances")),
      dropped(metrics.counter("ruck_bus_dropped_total",
                              "Messages that other instances did not get: no Redis, or too slow")),
      reconnects(
          metrics.counter("ruck_redis_reconnects_total", "Attempts to connect after the first")),
      gaps(metrics.counter("ruck_bus_gaps_total",
                           "Times that something may have been missed and was read again")),
      unheard(
          metrics.counter("ruck_bus_unheard_total",
                          "Times that another instance did not say in time that it had heard")) {}

class RedisBus::Entry final : public Subscription {
 public:
  Entry(RedisBus& bus, std::string topic, std::unique_ptr<Subscription> here)
      : bus_(bus), topic_(std::move(topic)), here_(std::move(here)) {}
  ~Entry() override {
    here_.reset();
    bus_.follow_later(topic_);
  }

 private:
  RedisBus& bus_;
  std::string topic_;
  std::unique_ptr<Subscription> here_;
};

RedisBus::RedisBus(Address address, telemetry::Metrics& metrics)
    : address_(std::move(address)),
      id_(random_bytes(kIdBytes)),
      prefix_(fmt::format("ruck.bus.{}.{}:", kProtocol, address_.database)),
      beats_(fmt::format("ruck.beat.{}.{}", kProtocol, address_.database)),
      answers_(fmt::format("ruck.heard.{}.{}:", kProtocol, address_.database)),
      count_(metrics),
      tasks_("redis", [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("redis.failed", name, failure);
      }) {}

RedisBus::~RedisBus() { stop(); }

void RedisBus::start() {
  thread_.start();
  ticks_ = std::make_unique<runtime::Periodic>(
      "redis", thread_.at(0), kTick, [this] { return tick(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("redis.failed", name, failure);
      });
  asio::post(thread_.at(0).io(), [this] { connect(); });
}

void RedisBus::stop() {
  if (ticks_) tasks_.spawn(thread_.at(0), flush());
  tasks_.join();
  ticks_.reset();
  thread_.stop_and_join();
  is_up_ = false;
  publisher_.reset();
  listener_.reset();
  give_up_fences(SteadyTime::max());
  // Who asked after the last drain.
  std::vector<Asker> askers;
  {
    const Guard lock(queue_mutex_);
    askers.swap(askers_);
  }
  for (Asker& asker : askers) asker.set(false);
}

std::string RedisBus::channel_of(std::string_view topic) const {
  return prefix_ + std::string(topic);
}

// ---- from any thread ---------------------------------------------------------------------------

bool RedisBus::is_wanted(std::string_view topic) const {
  return (is_up_ && !is_alone_) || here_.is_wanted(topic);
}

bool RedisBus::is_heard(std::string_view topic) const { return here_.is_wanted(topic); }

bool RedisBus::is_proven() const { return has_proof() && !is_split_; }

bool RedisBus::has_proof() const {
  return is_up_ && now_ns() - proven_ns_ <= std::chrono::nanoseconds(kProofMax).count();
}

void RedisBus::publish_here(std::string_view topic, std::string payload) {
  here_.publish(topic, std::move(payload));
}

void RedisBus::publish(std::string_view topic, std::string payload) {
  Message message{.channel = channel_of(topic), .bytes = id_ + payload};
  here_.publish(topic, std::move(payload));
  bool is_first = false;
  bool is_kept = is_up_;
  if (is_kept) {
    const Guard lock(queue_mutex_);
    is_first = queue_.empty() && askers_.empty();
    queue_bytes_ += message.channel.size() + message.bytes.size();
    is_kept = queue_bytes_ <= kUnsentBytesMax;
    is_overflown_ = is_overflown_ || !is_kept;
    if (is_kept) queue_.push_back(std::move(message));
  }
  if (!is_kept) {
    count_.dropped.add();
    has_lost_ = true;
  }
  if (is_first) asio::post(thread_.at(0).io(), [this] { drain(); });
}

task<bool> RedisBus::all_have_heard() {
  if (!has_proof()) co_return false;
  co_return co_await runtime::await_promise<bool>([this](Asker asker) {
    bool is_first = false;
    {
      const Guard lock(queue_mutex_);
      is_first = queue_.empty() && askers_.empty();
      askers_.push_back(std::move(asker));
    }
    if (is_first) asio::post(thread_.at(0).io(), [this] { drain(); });
  });
}

std::unique_ptr<bus::Bus::Subscription> RedisBus::subscribe(std::string topic,
                                                            bus::Receiver receiver) {
  auto here = here_.subscribe(topic, std::move(receiver));
  follow_later(topic);
  return std::make_unique<Entry>(*this, std::move(topic), std::move(here));
}

void RedisBus::follow_later(const std::string& topic) {
  if (topic.starts_with(kOwnTopics)) return;
  asio::post(thread_.at(0).io(), [this, topic] { settle(topic); });
}

// ---- on the thread of the bus ------------------------------------------------------------------

task<> RedisBus::tick() {
  const SteadyTime now = SteadyClock::now();
  if (state_ == State::kDown && now >= connect_at_) connect();
  if (state_ == State::kOpening && now - opened_at_ > kConnectTime) give_up("no answer in time");
  if (state_ == State::kUp) {
    if (!has_proof()) give_up("no answer in time");
    if (now - beaten_at_ >= kBeatEvery) beat();
    // Something was published just when the connection came.
    if (has_lost_.exchange(false)) say(kLost);
    give_up_fences(now - kHeardMax);
    look_at_peers(now);
  }
  if (std::exchange(must_tell_gap_, false)) tell_gap();
  co_return;
}

void RedisBus::connect() {
  if (state_ != State::kDown) return;
  if (opened_at_ != SteadyTime()) count_.reconnects.add();
  state_ = State::kOpening;
  opened_at_ = SteadyClock::now();
  is_publisher_ready_ = false;
  is_listener_ready_ = false;
  unanswered_ = 0;
  const auto events = [this](void (RedisBus::*on_open)()) {
    return Connection::Events{
        .on_open = [this, on_open] { (this->*on_open)(); },
        .on_reply = [this](Command command, const Reply& reply) { on_reply(command, reply); },
        .on_gone = [this](std::string_view reason) { give_up(reason); }};
  };
  asio::io_context& io = thread_.at(0).io();
  const Host& host = attempts_.host();
  publisher_ = std::make_unique<Connection>(io, host, events(&RedisBus::on_publisher_open));
  listener_ = std::make_unique<Connection>(io, host, events(&RedisBus::on_listener_open));
}

void RedisBus::on_publisher_open() {
  greet(*publisher_, address_);
  publisher_->send(Command::kWho, std::array<std::string_view, 2>{"INFO", "server"});
}

// Beats are subscribed last: the first that comes tells that all topics are.
void RedisBus::on_listener_open() {
  sign_in(*listener_, address_);
  is_listener_open_ = true;
  std::vector<std::string> channels;
  for (std::string& topic : here_.topics()) {
    if (topic.starts_with(kOwnTopics)) continue;
    channels.push_back(channel_of(topic));
    subscribed_.insert(std::move(topic));
  }
  channels.push_back(answers_ + id_);
  channels.push_back(beats_);
  subscribe_all(std::move(channels));
}

void RedisBus::subscribe_all(std::vector<std::string> channels) {
  for (std::size_t from = 0; from < channels.size(); from += kTopicsAtOnce) {
    std::vector<std::string_view> words{"SUBSCRIBE"};
    const std::size_t to = std::min(channels.size(), from + kTopicsAtOnce);
    for (std::size_t i = from; i < to; ++i) words.emplace_back(channels[i]);
    listener_->send(Command::kSubscribe, words);
  }
}

// Makes Redis send what is listened to here at this moment, and nothing else.
void RedisBus::settle(const std::string& topic) {
  if (!is_listener_open_) return;  // then all of them are subscribed when it is
  const bool is_subscribed = subscribed_.contains(topic);
  const bool is_wanted_here = here_.is_wanted(topic);
  if (is_subscribed == is_wanted_here) return;
  const std::string channel = channel_of(topic);
  if (is_wanted_here) {
    subscribed_.insert(topic);
    listener_->send(Command::kSubscribe, std::array<std::string_view, 2>{"SUBSCRIBE", channel});
  } else {
    subscribed_.erase(topic);
    listener_->send(Command::kUnsubscribe, std::array<std::string_view, 2>{"UNSUBSCRIBE", channel});
  }
}

void RedisBus::on_reply(Command command, const Reply& reply) {
  switch (command) {
    case Command::kAuth:
    case Command::kSelect:
      if (const auto refused = refusal_of(command, reply)) give_up(*refused);
      return;
    case Command::kRole:
      if (const auto refused = refusal_of(command, reply)) give_up(*refused);
      return;
    case Command::kWho:
      if (!reason_.empty()) return;  // given up: a replica answers this as well
      // An error: this user may not ask.
      place_ = reply.is_error ? 0 : run_of(reply.text);
      is_publisher_ready_ = true;
      if (is_listener_ready_) beat();
      return;
    case Command::kBeat:
    case Command::kPublish:
      --unanswered_;
      if (reply.is_error) return give_up(reply.text);
      if (command == Command::kBeat) is_alone_ = reply.number <= 1;
      return;
    case Command::kFence: {
      --unanswered_;
      if (reply.is_error) return give_up(reply.text);
      const auto sent =
          std::ranges::find_if(fences_, [](const Fence& fence) { return !fence.receivers; });
      if (sent != fences_.end()) sent->receivers = reply.number;
      return look_at_fences();
    }
    case Command::kSubscribe:
    case Command::kUnsubscribe:
      return on_heard(reply);
    case Command::kAsk:
      return;  // never sent by the bus
  }
}

// ["subscribe", channel, number] or ["message", channel, bytes]
void RedisBus::on_heard(const Reply& reply) {
  if (reply.list.size() < 3) return;
  const std::string_view channel = reply.list[1];
  if (reply.list[0] == "subscribe") {
    if (channel == beats_) {
      is_listener_ready_ = true;
      if (is_publisher_ready_) beat();
    } else if (state_ == State::kUp && !is_alone_ && channel.starts_with(prefix_)) {
      here_.publish(bus::kHeard, std::string(channel.substr(prefix_.size())));
    }
    return;
  }
  const std::string_view bytes = reply.list[2];
  if (reply.list[0] != "message" || bytes.size() < kIdBytes) return;
  if (channel == beats_) return on_beat(bytes);
  if (channel.starts_with(answers_)) return on_answer(bytes);
  const bool is_own = bytes.substr(0, kIdBytes) == id_;
  if (is_own || !channel.starts_with(prefix_)) return;
  const std::string_view topic = channel.substr(prefix_.size());
  if (topic.starts_with(kOwnTopics)) return;
  count_.received.add();
  here_.publish(topic, std::string(bytes.substr(kIdBytes)));
}

void RedisBus::on_beat(std::string_view bytes) {
  const bool is_own = bytes.substr(0, kIdBytes) == id_;
  std::string_view rest = bytes.substr(kIdBytes);
  if (rest.empty()) return;
  const char kind = rest.front();
  rest.remove_prefix(1);
  if (!is_own) return on_peer(bytes.substr(0, kIdBytes), kind, rest);
  if (kind != kBeat || rest.size() < sizeof(std::int64_t)) return;
  const auto sent_ns = bus::take_raw<std::int64_t>(rest);
  // One of the connections before, which Redis has got to only now, proves nothing of these.
  if (sent_ns < std::chrono::nanoseconds(opened_at_.time_since_epoch()).count()) return;
  proven_ns_ = sent_ns;
  if (state_ == State::kOpening) come_up();
}

void RedisBus::on_peer(std::string_view peer, char kind, std::string_view rest) {
  is_alone_ = false;
  if (kind == kLost) must_tell_gap_ = true;
  if (kind == kBye) {
    if (const auto left = peers_.find(peer); left != peers_.end()) peers_.erase(left);
    return look_at_fences();
  }
  peers_[std::string(peer)].heard_at = SteadyClock::now();
  if (kind != kFence || rest.size() < sizeof(std::uint64_t)) return;
  answer_fence(std::string(peer), bus::take_raw<std::uint64_t>(rest));
}

// What was published before it has been told here, since it came by the same connection.
void RedisBus::answer_fence(const std::string& peer, std::uint64_t number) {
  if (!is_publisher_ready_) {
    unanswerable_[peer] = number;
    return;
  }
  std::string bytes = id_;
  bus::append_raw(bytes, number);
  ++unanswered_;
  publisher_->send(Command::kPublish,
                   std::array<std::string_view, 3>{"PUBLISH", answers_ + peer, bytes});
}

void RedisBus::on_answer(std::string_view bytes) {
  const std::string_view peer = bytes.substr(0, kIdBytes);
  std::string_view rest = bytes.substr(kIdBytes);
  if (rest.size() < sizeof(std::uint64_t)) return;
  Peer& from = peers_[std::string(peer)];
  from.heard_at = SteadyClock::now();
  from.fence = std::max(from.fence, bus::take_raw<std::uint64_t>(rest));
  look_at_fences();
}

void RedisBus::send_fence(std::vector<Asker> askers) {
  fences_.push_back({.number = ++last_fence_,
                     .sent_at = SteadyClock::now(),
                     .receivers = {},
                     .askers = std::move(askers)});
  say(kFence, last_fence_, Command::kFence);
}

bool RedisBus::is_passed(const Fence& fence) const {
  if (!fence.receivers) return false;
  const auto has_answered = [&](const auto& peer) { return peer.second.fence >= fence.number; };
  const auto answers = std::ranges::count_if(peers_, has_answered);
  return std::ranges::all_of(peers_, has_answered) && answers + 1 >= *fence.receivers;
}

void RedisBus::look_at_fences() {
  while (!fences_.empty() && is_passed(fences_.front())) {
    for (Asker& asker : fences_.front().askers) asker.set(true);
    fences_.pop_front();
  }
}

void RedisBus::give_up_fences(SteadyTime sent_before) {
  while (!fences_.empty() && fences_.front().sent_at < sent_before) {
    count_.unheard.add();
    for (Asker& asker : fences_.front().askers) asker.set(false);
    fences_.pop_front();
  }
}

// One that ended without a word may have changed something and told nobody.
void RedisBus::look_at_peers(SteadyTime now) {
  const auto gone = std::erase_if(
      peers_, [now](const auto& peer) { return now - peer.second.heard_at > kPeerMax; });
  if (gone == 0) return;
  must_tell_gap_ = true;
  look_at_fences();
}

void RedisBus::say(char kind, std::uint64_t number, Command command) {
  std::string bytes = id_;
  bytes.push_back(kind);
  if (kind == kBeat) bus::append_raw(bytes, now_ns());
  if (kind == kFence) bus::append_raw(bytes, number);
  ++unanswered_;
  publisher_->send(command, std::array<std::string_view, 3>{"PUBLISH", beats_, bytes});
}

void RedisBus::beat() {
  beaten_at_ = SteadyClock::now();
  say(kBeat);
}

void RedisBus::drain() {
  std::vector<Message> messages;
  std::vector<Asker> askers;
  bool is_overflown = false;
  {
    const Guard lock(queue_mutex_);
    messages.swap(queue_);
    askers.swap(askers_);
    queue_bytes_ = 0;
    is_overflown = std::exchange(is_overflown_, false);
  }
  const bool is_full = is_overflown || (publisher_ && publisher_->unsent_bytes() > kUnsentBytesMax);
  if (state_ != State::kUp || is_full) {
    has_lost_ = has_lost_ || !messages.empty();
    count_.dropped.add(messages.size());
    for (Asker& asker : askers) asker.set(false);
    if (state_ == State::kUp) give_up("it does not take what is published");
    return;
  }
  unanswered_ += messages.size();
  for (const Message& message : messages) {
    publisher_->send(Command::kPublish,
                     std::array<std::string_view, 3>{"PUBLISH", message.channel, message.bytes});
  }
  count_.published.add(messages.size());
  if (!askers.empty()) send_fence(std::move(askers));
}

// What has been published reaches Redis before its connection is closed.
task<> RedisBus::flush() {
  const SteadyTime until = SteadyClock::now() + kFlushTime;
  drain();
  if (state_ == State::kUp) say(kBye);
  while (state_ == State::kUp && unanswered_ > 0 && SteadyClock::now() < until) {
    co_await runtime::sleep_for(kFlushLook);
  }
}

void RedisBus::come_up() {
  state_ = State::kUp;
  tell_gap();
  is_alone_ = false;
  is_up_ = true;
  attempts_.succeeded();
  is_loss_logged_ = false;
  count_.connected.set(1);
  telemetry::log_info(was_up_ ? "redis.back" : "redis.connected",
                      {{"host", attempts_.host().name}, {"port", attempts_.host().port}});
  // What was on its way when the connection was lost may be lost as well.
  const bool has_lost = has_lost_.exchange(false) || was_up_;
  was_up_ = true;
  say(has_lost ? kLost : kHello);
  for (const auto& [peer, number] : std::exchange(unanswerable_, {})) answer_fence(peer, number);
}

void RedisBus::tell_gap() {
  count_.gaps.add();
  here_.publish(bus::kGap, {});
}

void RedisBus::give_up(std::string_view reason) {
  if (state_ == State::kDown || !reason_.empty()) return;
  reason_ = reason.empty() ? "unknown" : printable(reason);
  asio::post(thread_.at(0).io(), [this] { drop(); });
}

void RedisBus::drop() {
  const bool was_up = state_ == State::kUp;
  state_ = State::kDown;
  is_up_ = false;
  publisher_.reset();
  listener_.reset();
  is_listener_open_ = false;
  subscribed_.clear();
  peers_.clear();
  unanswerable_.clear();
  give_up_fences(SteadyTime::max());
  count_.connected.set(0);
  if (!std::exchange(is_loss_logged_, true)) {
    telemetry::log_warning(
        "redis.lost",
        {{"reason", reason_}, {"host", attempts_.host().name}, {"port", attempts_.host().port}});
  }
  reason_.clear();
  connect_at_ = SteadyClock::now() + attempts_.failed();
  if (was_up) tell_gap();
}

}  // namespace ruck::redis

#include "redis/client.hpp"

#include "redis/connection.hpp"
#include "redis/handshake.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <future>

namespace ruck::redis {
namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

// The connection of one core, and what was asked by it. On that core alone; shared with its timer.
class Client::Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(Client& client, runtime::Core& core) : client_(client), core_(core), timer_(core.io()) {}

  void connect();
  void close();
  void ask(const std::vector<std::string>& words, Asker asker);
  [[nodiscard]] bool is_ready() const { return state_ == State::kReady && expired_ == 0; }

 private:
  enum class State : std::uint8_t { kDown, kOpening, kReady, kOver };
  using Time = SteadyClock::time_point;
  struct Asked {
    Asker asker;  // none: it waits no longer
    Time at;
  };
  void on_reply(Command command, const Reply& reply);
  void on_answer(const Reply& reply);
  void give_up(std::string reason);
  void drop(std::string_view reason);
  void end_late(Time now);
  void answer(Asker& asker, std::optional<Answer> with);
  // Tells the client whether it is ready, where that has changed; why it is not.
  void note(std::string_view reason = {});
  void arm();
  void on_time();
  [[nodiscard]] std::optional<Time> next_time() const;

  Client& client_;
  runtime::Core& core_;
  runtime::Timer timer_;
  std::optional<Time> armed_for_;
  std::unique_ptr<Connection> connection_;
  State state_ = State::kDown;
  bool is_dropping_ = false;
  bool is_noted_ = false;
  std::deque<Asked> asked_;  // in the order of their answers
  std::size_t expired_ = 0;  // at the front of it: nobody waits, and what answers is late
  Time opened_at_;
  Time connect_at_;
  Attempts attempts_{client_.address_};
};

void Client::Lane::close() {
  state_ = State::kOver;
  timer_.cancel();
  connection_.reset();
  for (Asked& each : std::exchange(asked_, {})) answer(each.asker, std::nullopt);
  note();
}

void Client::Lane::connect() {
  state_ = State::kOpening;
  opened_at_ = SteadyClock::now();
  connection_ = std::make_unique<Connection>(
      core_.io(), attempts_.host(),
      Connection::Events{
          .on_open = [this] { greet(*connection_, client_.address_); },
          .on_reply = [this](Command command, const Reply& reply) { on_reply(command, reply); },
          .on_gone = [this](std::string_view reason) { give_up(std::string(reason)); }});
  arm();
}

void Client::Lane::on_reply(Command command, const Reply& reply) {
  if (command == Command::kAsk) return on_answer(reply);
  if (const auto refused = refusal_of(command, reply)) return give_up(*refused);
  if (command != Command::kRole) return;
  state_ = State::kReady;
  attempts_.succeeded();
  note();
}

void Client::Lane::on_answer(const Reply& reply) {
  if (asked_.empty()) return;
  Asked first = std::move(asked_.front());
  asked_.pop_front();
  if (expired_ > 0 && --expired_ == 0) note();
  if (first.asker) client_.count_.answered.add();
  answer(first.asker, Answer{.is_error = reply.is_error,
                             .is_nothing = reply.is_nothing,
                             .text = std::string(reply.text),
                             .numbers = reply.numbers});
}

void Client::Lane::answer(Asker& asker, std::optional<Answer> with) {
  if (!asker) return;
  const Asker told = std::exchange(asker, nullptr);
  told(std::move(with));
}

void Client::Lane::ask(const std::vector<std::string>& words, Asker asker) {
  if (!is_ready() || asked_.size() >= kAskedMax) {
    client_.count_.away.add();
    return asker(std::nullopt);
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  connection_->send(Command::kAsk, views);
  asked_.push_back({.asker = std::move(asker), .at = SteadyClock::now()});
  arm();
}

// The connection is not closed inside what it calls.
void Client::Lane::give_up(std::string reason) {
  if (std::exchange(is_dropping_, true)) return;
  asio::post(core_.io(),
             [self = shared_from_this(), reason = std::move(reason)] { self->drop(reason); });
}

void Client::Lane::drop(std::string_view reason) {
  is_dropping_ = false;
  if (state_ == State::kOver) return;
  state_ = State::kDown;
  connection_.reset();
  expired_ = 0;
  for (Asked& each : std::exchange(asked_, {})) {
    if (each.asker) client_.count_.late.add();
    answer(each.asker, std::nullopt);
  }
  note(reason);
  connect_at_ = SteadyClock::now() + attempts_.failed();
  arm();
}

void Client::Lane::end_late(Time now) {
  const Time before = now - client_.options_.ask_time;
  while (expired_ < asked_.size() && asked_[expired_].at <= before) {
    client_.count_.late.add();
    answer(asked_[expired_++].asker, std::nullopt);
  }
  note("slow");
}

void Client::Lane::note(std::string_view reason) {
  if (std::exchange(is_noted_, is_ready()) != is_ready()) client_.note_ready(is_ready(), reason);
}

std::optional<SteadyClock::time_point> Client::Lane::next_time() const {
  std::optional<Time> next;
  const auto by = [&next](Time time) { next = next ? std::min(*next, time) : time; };
  if (state_ == State::kDown) by(connect_at_);
  if (state_ == State::kOpening) by(opened_at_ + kConnectTime);
  if (expired_ < asked_.size()) by(asked_[expired_].at + client_.options_.ask_time);
  if (!asked_.empty()) by(asked_.front().at + client_.options_.hung_time);
  return next;
}

void Client::Lane::arm() {
  const auto next = next_time();
  if (state_ == State::kOver || !next || (armed_for_ && *armed_for_ <= *next)) return;
  armed_for_ = *next;
  timer_.expires_at(*next);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->on_time();
  });
}

void Client::Lane::on_time() {
  armed_for_.reset();
  if (state_ == State::kOver) return;
  const Time now = SteadyClock::now();
  if (state_ == State::kDown && now >= connect_at_) return connect();
  if (state_ == State::kOpening && now - opened_at_ >= kConnectTime) give_up("no answer in time");
  if (!asked_.empty() && now - asked_.front().at >= client_.options_.hung_time)
    give_up("no answer in time");
  end_late(now);
  if (!is_dropping_) arm();
}

Client::Count::Count(telemetry::Metrics& metrics)
    : answered(metrics.counter("ruck_redis_asks_total", "Questions to Redis by how they ended",
                               {{"outcome", "answered"}})),
      late(metrics.counter("ruck_redis_asks_total", "", {{"outcome", "late"}})),
      away(metrics.counter("ruck_redis_asks_total", "", {{"outcome", "away"}})),
      ready(metrics.gauge("ruck_redis_ready_cores", "Cores whose questions Redis answers")) {}

Client::Client(Address address, Options options, telemetry::Metrics& metrics)
    : address_(std::move(address)), options_(options), count_(metrics) {}

Client::~Client() { stop(); }

namespace {
// Does it on each of the cores, and waits.
template <class Lanes, class Work>
void on_each(const Lanes& lanes, runtime::Cores& cores, const Work& work) {
  std::vector<std::future<void>> done;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    std::promise<void> ended;
    done.push_back(ended.get_future());
    asio::post(cores.at(i).io(), [lane = lanes[i], work, ended = std::move(ended)]() mutable {
      work(*lane);
      ended.set_value();
    });
  }
  for (const auto& each : done) each.wait();
}
}  // namespace

void Client::start(runtime::Cores& cores) {
  for (std::size_t i = 0; i < cores.size(); ++i) {
    lanes_.push_back(std::make_shared<Lane>(*this, cores.at(i)));
  }
  cores_ = &cores;
  on_each(lanes_, cores, [](Lane& lane) { lane.connect(); });
}

void Client::stop() {
  if (cores_ == nullptr) return;
  on_each(lanes_, *cores_, [](Lane& lane) { lane.close(); });
  cores_ = nullptr;
}

Client::Lane& Client::here() const { return *lanes_.at(runtime::Core::current()->index()); }

bool Client::is_ready() const { return !lanes_.empty() && here().is_ready(); }

void Client::ask(const std::vector<std::string>& words, Asker asker) {
  here().ask(words, std::move(asker));
}

task<std::optional<Answer>> Client::ask(std::vector<std::string> words) {
  using Waiter = runtime::Promise<std::optional<Answer>>;
  co_return co_await runtime::await_promise<std::optional<Answer>>([this, &words](Waiter waiter) {
    auto shared = std::make_shared<Waiter>(std::move(waiter));
    ask(words, [shared](std::optional<Answer> answer) { shared->set(std::move(answer)); });
  });
}

// A line when it begins and one when it ends, and no more than one beginning in kAskLogEvery.
void Client::note_ready(bool is_ready, std::string_view reason) {
  count_.ready.add(is_ready ? 1 : -1);
  const auto now = SteadyClock::now();
  const Guard lock(log_mutex_);
  if (is_ready && is_loss_logged_ && count_.ready.value() == std::ssize(lanes_)) {
    is_loss_logged_ = false;
    telemetry::log_info("redis.answers", {{"meaning", "limits and answers are shared again"}});
  }
  if (is_ready || is_loss_logged_ || reason.empty()) return;
  if (logged_at_ && now - *logged_at_ < kAskLogEvery) return;
  logged_at_ = now;
  is_loss_logged_ = true;
  telemetry::log_warning("redis.no_answers",
                         {{"reason", reason}, {"meaning", "each server counts for itself"}});
}

}  // namespace ruck::redis

#include "http/client/curl_outbound.hpp"

#include "base/assert.hpp"
#include "http/client/circuit_breaker.hpp"
#include "http/client/curl_transfer.hpp"
#include "http/client/outbound_metrics.hpp"
#include "telemetry/log.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace ruck::http {
namespace {
using Time = CurlTransfer::Time;
using Verdict = CurlTransfer::Verdict;
constexpr auto kTurnMax = std::chrono::seconds(60);  // between two looks when nothing happens
constexpr const char* kStopping = "the server is stopping";

struct MultiDelete {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

// Once a process; what it makes is needed until the end.
void initialise() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  RUCK_ASSERT(done == CURLE_OK);
}

const CurlTransfer* transfer_of(CURL* easy) {
  char* transfer = nullptr;  // what libcurl has for a pointer to anything
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return static_cast<const CurlTransfer*>(static_cast<void*>(transfer));
}

// What a request's end says of its host.
enum class Sign : std::uint8_t { kAlive, kFailing, kNone };
Sign sign_of(const Verdict& verdict, bool has_retry_after) {
  using enum OutboundOutcome;
  switch (verdict.outcome) {
    case k2xx:
    case k3xx:
    case k4xx:
      return Sign::kAlive;
    case k5xx:
      return has_retry_after ? Sign::kAlive : Sign::kFailing;
    case kNoConnection:
    case kBroken:
    case kTimeout:
      return Sign::kFailing;
    default:
      return Sign::kNone;
  }
}
}  // namespace

// Everything here happens on one thread, but for wake().
class CurlOutbound::Loop {
 public:
  Loop(CurlOutbound& owner, Dependencies dependencies)
      : owner_(owner),
        clock_(dependencies.clock),
        rules_{.allow_private = owner.options_.allow_private,
               .ca_file = owner.options_.ca_file,
               .resolve = owner.options_.resolve,
               .connect_max = owner.options_.connect_max,
               .idle_max = owner.options_.idle_max},
        circuits_({.failures_max = kCircuitFailuresMax,
                   .open_for = owner.options_.circuit_open_for,
                   .moment = kCircuitMoment,
                   .hosts_max = kCircuitHostsMax}),
        metrics_(dependencies.metrics) {
    RUCK_ASSERT(multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, owner.options_.connections_max);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
                      owner.options_.connections_per_host_max);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kOutboundConnectionsKept);
  }

  void run();
  void wake() { curl_multi_wakeup(multi_.get()); }

 private:
  struct UnderWay {
    std::unique_ptr<CurlTransfer> transfer;
    OutboundMetrics::Host* measured = nullptr;
    bool is_probe = false;             // of its host's circuit
    std::optional<Time> paused_until;  // then it is sent again
  };
  using Key = const CurlTransfer*;

  void accept(Arrival arrival);
  void begin(UnderWay entry);
  void refuse(CurlTransfer& transfer, OutboundOutcome outcome, Error error);
  void collect();
  void settle(UnderWay& entry, const Verdict& verdict);
  void finish(UnderWay& entry, const Verdict& verdict);
  void report(const UnderWay& entry, const Verdict& verdict, bool has_retry_after);
  void end_overdue();
  void end_all();
  void send_paused();
  void show_circuits();
  void deliver_finished();
  [[nodiscard]] int turn_ms() const;

  CurlOutbound& owner_;
  const Clock& clock_;
  const TransferRules rules_;
  CircuitBreaker circuits_;
  OutboundMetrics metrics_;
  std::unique_ptr<CURLM, MultiDelete> multi_{curl_multi_init()};
  std::unordered_map<Key, UnderWay> under_way_;
  std::unordered_map<std::string, std::size_t> per_host_;
  std::vector<std::unique_ptr<runtime::Resumption>> finished_;
  Time now_{};  // of this turn
};

void CurlOutbound::Loop::run() {
  runtime::name_thread("ruck-outbound");
  for (;;) {
    // Asked first: what comes after a stop is refused, so that nothing is left behind here.
    const bool stopping = owner_.is_stopping();
    now_ = std::chrono::steady_clock::now();
    for (Arrival& arrival : owner_.take_arrivals()) accept(std::move(arrival));
    if (stopping) end_all();
    send_paused();
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    now_ = std::chrono::steady_clock::now();
    collect();
    end_overdue();
    deliver_finished();
    if (stopping) return;
    curl_multi_poll(multi_.get(), nullptr, 0, turn_ms(), nullptr);
  }
}

void CurlOutbound::Loop::accept(Arrival arrival) {
  auto transfer = std::make_unique<CurlTransfer>(std::move(arrival.request),
                                                 std::move(arrival.waiter), arrival.at, rules_);
  if (Result<> ready = transfer->prepare(); !ready) {
    const bool is_forbidden = ready.error().code == ErrorCode::kForbidden;
    refuse(*transfer, is_forbidden ? OutboundOutcome::kForbidden : OutboundOutcome::kInvalid,
           std::move(ready).error());
    return;
  }
  const std::string& host = transfer->host();
  const auto many = per_host_.find(host);
  if (many != per_host_.end() && many->second >= owner_.options_.under_way_per_host_max) {
    refuse(*transfer, OutboundOutcome::kOverloaded,
           {.code = ErrorCode::kOverloaded,
            .message = host + ": too many requests to it are under way"});
    return;
  }
  const CircuitBreaker::Entry entry = circuits_.enter(host, now_);
  if (entry == CircuitBreaker::Entry::kNo) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(circuits_.open_for(host, now_));
    refuse(*transfer, OutboundOutcome::kCircuitOpen,
           {.code = ErrorCode::kUnavailable,
            .message = host + ": it failed again and again, and is spared for a while",
            .retry_after_s = static_cast<int>(std::max<std::int64_t>(1, wait.count()))});
    return;
  }
  OutboundMetrics::Host& measured = metrics_.of(host, !transfer->is_from_user());
  begin({.transfer = std::move(transfer),
         .measured = &measured,
         .is_probe = entry == CircuitBreaker::Entry::kProbe});
}

void CurlOutbound::Loop::begin(UnderWay entry) {
  CURL* easy = entry.transfer->handle();
  ++per_host_[entry.transfer->host()];
  entry.measured->under_way.add(1);
  const Key key = entry.transfer.get();
  under_way_.emplace(key, std::move(entry));
  curl_multi_add_handle(multi_.get(), easy);
}

void CurlOutbound::Loop::refuse(CurlTransfer& transfer, OutboundOutcome outcome, Error error) {
  metrics_.count(metrics_.of(transfer.host(), false), outcome);
  finished_.push_back(transfer.take_waiter().fulfil(fail(std::move(error))));
}

void CurlOutbound::Loop::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message goes with the handle
    curl_multi_remove_handle(multi_.get(), easy);
    UnderWay& entry = under_way_.at(transfer_of(easy));
    settle(entry, entry.transfer->judge(code, to_ms(clock_.now())));
  }
}

// `entry` is gone afterwards, unless it is sent again.
void CurlOutbound::Loop::settle(UnderWay& entry, const Verdict& verdict) {
  entry.measured->connections.add(static_cast<std::uint64_t>(entry.transfer->connections_made()));
  const Time again_at = now_ + kOutboundRetryPause;
  if (entry.transfer->may_send_again(verdict) && again_at < entry.transfer->deadline() &&
      entry.transfer->begin_again()) {
    entry.paused_until = again_at;
    return;
  }
  finish(entry, verdict);
}

// `entry` is gone afterwards; libcurl has given its handle back before.
void CurlOutbound::Loop::finish(UnderWay& entry, const Verdict& verdict) {
  CurlTransfer& transfer = *entry.transfer;
  const std::string host = transfer.host();
  const bool is_reply = verdict.reason.empty();
  OutboundReply reply = transfer.take_reply();
  report(entry, verdict, reply.retry_after.has_value());

  entry.measured->under_way.add(-1);
  OutboundMetrics::Host& measured = metrics_.of(host, is_reply || !transfer.is_from_user());
  metrics_.count(measured, verdict.outcome);
  measured.seconds.record(now_ - transfer.started());
  if (transfer.was_sent_again()) measured.sent_again.add();
  show_circuits();

  finished_.push_back(transfer.take_waiter().fulfil(
      is_reply ? Result<OutboundReply>(std::move(reply))
               : Result<OutboundReply>(fail(verdict.code, verdict.reason))));
  const auto many = per_host_.find(host);
  if (--many->second == 0) per_host_.erase(many);
  under_way_.erase(&transfer);
}

void CurlOutbound::Loop::report(const UnderWay& entry, const Verdict& verdict,
                                bool has_retry_after) {
  const std::string& host = entry.transfer->host();
  const bool was_open = circuits_.is_open(host);
  switch (sign_of(verdict, has_retry_after)) {
    case Sign::kAlive:
      if (circuits_.succeeded(host))
        telemetry::log_info("outbound.circuit_closed", {{"host", host}});
      return;
    case Sign::kFailing:
      if (circuits_.failed(host, entry.transfer->started(), now_) && !was_open) {
        telemetry::log_warning(
            "outbound.circuit_opened",
            {{"host", host},
             {"reason", verdict.reason.empty() ? "it answers with errors" : verdict.reason}});
      }
      return;
    case Sign::kNone:
      if (entry.is_probe) circuits_.abandoned(host);
  }
}

void CurlOutbound::Loop::end_overdue() {
  std::vector<Key> overdue;
  for (const auto& [key, entry] : under_way_) {
    if (now_ >= entry.transfer->deadline()) overdue.push_back(key);
  }
  for (const Key key : overdue) {
    UnderWay& entry = under_way_.at(key);
    curl_multi_remove_handle(multi_.get(), entry.transfer->handle());
    finish(entry, entry.transfer->overdue());
  }
}

void CurlOutbound::Loop::end_all() {
  while (!under_way_.empty()) {
    UnderWay& entry = under_way_.begin()->second;
    curl_multi_remove_handle(multi_.get(), entry.transfer->handle());
    finish(entry, {.outcome = OutboundOutcome::kStopped, .reason = kStopping});
  }
}

void CurlOutbound::Loop::send_paused() {
  for (auto& [key, entry] : under_way_) {
    if (!entry.paused_until || now_ < *entry.paused_until) continue;
    entry.paused_until.reset();
    curl_multi_add_handle(multi_.get(), entry.transfer->handle());
  }
}

void CurlOutbound::Loop::show_circuits() {
  std::size_t others = circuits_.open_count();
  for (const auto& [name, host] : metrics_.hosts()) {
    const bool is_open = circuits_.is_open(name);
    host->circuits_open.set(is_open ? 1 : 0);
    others -= is_open ? 1 : 0;
  }
  metrics_.others().circuits_open.set(static_cast<std::int64_t>(others));
}

void CurlOutbound::Loop::deliver_finished() {
  if (finished_.empty()) return;
  owner_.ended(finished_.size());  // first: who is woken may send the next
  runtime::deliver(std::exchange(finished_, {}));
}

int CurlOutbound::Loop::turn_ms() const {
  Time until = now_ + kTurnMax;
  for (const auto& [key, entry] : under_way_) {
    until = std::min(until, entry.transfer->deadline());
    if (entry.paused_until) until = std::min(until, *entry.paused_until);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now_);
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

// ---- what callers see ---------------------------------------------------------------------------

CurlOutbound::CurlOutbound(Options options, Dependencies dependencies)
    : options_(std::move(options)),
      refused_at_once_(OutboundMetrics::refused_at_once(dependencies.metrics)) {
  initialise();
  loop_ = std::make_unique<Loop>(*this, dependencies);
  thread_ = std::thread([this] { loop_->run(); });
}

CurlOutbound::~CurlOutbound() {
  stop();
  thread_.join();
}

task<Result<OutboundReply>> CurlOutbound::send(OutboundRequest request) {
  co_return co_await runtime::await_promise<Result<OutboundReply>>(
      [this, request = std::move(request)](Waiter waiter) mutable {
        enqueue({.request = std::move(request),
                 .waiter = std::move(waiter),
                 .at = std::chrono::steady_clock::now()});
      });
}

void CurlOutbound::enqueue(Arrival arrival) {
  Error refusal;
  {
    const Guard lock(mutex_);
    if (stopping_) {
      refusal = {.code = ErrorCode::kUnavailable, .message = kStopping};
    } else if (under_way_ >= options_.under_way_max) {
      refusal = {.code = ErrorCode::kOverloaded,
                 .message = "too many requests to others are under way"};
      refused_at_once_.add();
    } else {
      ++under_way_;
      arrivals_.push_back(std::move(arrival));
      // Under the lock: the thread ends only after it has seen a stop under it.
      loop_->wake();
      return;
    }
  }
  arrival.waiter.set(fail(std::move(refusal)));
}

void CurlOutbound::stop() {
  const Guard lock(mutex_);
  stopping_ = true;
  loop_->wake();
}

std::vector<CurlOutbound::Arrival> CurlOutbound::take_arrivals() {
  const Guard lock(mutex_);
  return std::exchange(arrivals_, {});
}

bool CurlOutbound::is_stopping() const {
  const Guard lock(mutex_);
  return stopping_;
}

void CurlOutbound::ended(std::size_t count) {
  const Guard lock(mutex_);
  under_way_ -= count;
}

}  // namespace ruck::http

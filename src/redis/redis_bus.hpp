#pragma once
// The bus of several instances: topics of this process as ever, and to the others by Redis.
//
//   publish() ─→ listeners here ─→ queue ─→ [thread of the bus] PUBLISH ruck.bus.1.0:users.access
//   SUBSCRIBE of all that somebody here listens to ─→ [that thread] listeners here
//
// Each message begins with the id of the instance that published it, so that one's own are known.
// all_have_heard() is a fence: a message that each other instance answers to the one that asked. It
// comes after what was published before, on the same way. It is passed when all have answered that
// Redis gave it to, and all whose beats came lately.
//
// The names carry kProtocol: payloads are bytes as they lie in memory, so instances that write them
// otherwise must not hear each other.
//
// What proves that it works: twice a second a beat is published and has to come back on the other
// connection. It came through everything that was published before it. A beat that is missing for
// kProofMax, a connection that ends, a queue that is full: both connections are given up and made
// again, and both ends of the time between are a kGap. Redis keeps nothing, so what was published
// meanwhile is lost to the others: once this instance is back it says so, which is a kGap for each
// of them. While it is cut off and they are not, they cannot know: that is why rooms are looked
// after now and then even while is_proven() (services/live/limits.hpp, kLookSeldom).
#include "base/thread_safety.hpp"
#include "bus/in_process.hpp"
#include "redis/connection.hpp"
#include "redis/handshake.hpp"
#include "runtime/core.hpp"
#include "runtime/periodic.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace ruck::redis {

class RedisBus final : public bus::Bus {
 public:
  RedisBus(Address address, telemetry::Metrics& metrics);
  ~RedisBus() override;

  // Connects, and goes on trying; the service need not wait for it.
  void start();
  // From then on it is the bus of this process alone.
  void stop();

  // Without another instance at Redis nobody listens but here. Until that is known they may.
  [[nodiscard]] bool is_wanted(std::string_view topic) const override;
  [[nodiscard]] bool is_heard(std::string_view topic) const override;
  void publish(std::string_view topic, std::string payload) override;
  void publish_here(std::string_view topic, std::string payload) override;
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic,
                                                        bus::Receiver receiver) override;
  [[nodiscard]] bool is_proven() const override;
  // The run of the Redis server that is used: another after a restart or a failover.
  [[nodiscard]] std::uint64_t place() const override { return place_; }
  void distrust(bool is_split) override { is_split_ = is_split; }
  [[nodiscard]] task<bool> all_have_heard() override;

 private:
  class Entry;
  struct Message {
    std::string channel;
    std::string bytes;
  };
  struct Count {
    explicit Count(telemetry::Metrics& metrics);
    telemetry::Gauge& connected;
    telemetry::Counter& published;
    telemetry::Counter& received;
    telemetry::Counter& dropped;
    telemetry::Counter& reconnects;
    telemetry::Counter& gaps;
    telemetry::Counter& unheard;
  };
  enum class State : std::uint8_t { kDown, kOpening, kUp };
  using SteadyTime = std::chrono::steady_clock::time_point;
  // Another instance.
  struct Peer {
    SteadyTime heard_at;
    std::uint64_t fence = 0;  // the last one of ours that it has answered, and so all before
  };
  using Asker = runtime::Promise<bool>;
  struct Fence {
    std::uint64_t number = 0;
    SteadyTime sent_at;
    std::optional<std::int64_t> receivers;  // as Redis counts, this instance among them
    std::vector<Asker> askers;
  };

  // All of these on the bus's own thread.
  task<> tick();
  void connect();
  void on_publisher_open();
  void on_listener_open();
  void on_reply(Command command, const Reply& reply);
  [[nodiscard]] bool has_proof() const;
  void on_heard(const Reply& reply);
  void on_beat(std::string_view bytes);
  void on_peer(std::string_view peer, char kind, std::string_view rest);
  void on_answer(std::string_view bytes);
  void answer_fence(const std::string& peer, std::uint64_t number);
  void send_fence(std::vector<Asker> askers);
  [[nodiscard]] bool is_passed(const Fence& fence) const;
  void look_at_fences();
  void give_up_fences(SteadyTime sent_before);
  void look_at_peers(SteadyTime now);
  void subscribe_all(std::vector<std::string> channels);
  void settle(const std::string& topic);
  void drain();
  task<> flush();
  void beat();
  void say(char kind, std::uint64_t number, Command command);
  void say(char kind) { say(kind, 0, Command::kBeat); }
  void come_up();
  // The rest follows later, outside of what called it.
  void give_up(std::string_view reason);
  void drop();
  void tell_gap();
  void follow_later(const std::string& topic);
  [[nodiscard]] std::string channel_of(std::string_view topic) const;

  const Address address_;
  const std::string id_;       // of this instance: 16 random bytes
  const std::string prefix_;   // of the channels of topics
  const std::string beats_;    // the channel of all instances' beats
  const std::string answers_;  // what channels of answers to fences begin with
  Count count_;
  bus::InProcessBus here_;

  std::atomic<bool> is_up_{false};
  std::atomic<std::uint64_t> place_{0};
  std::atomic<bool> is_split_{false};       // others are known to meet elsewhere
  std::atomic<bool> is_alone_{false};       // nobody else is at Redis
  std::atomic<bool> has_lost_{false};       // something published that others did not get
  std::atomic<std::int64_t> proven_ns_{0};  // when the last beat that came back was sent
  Mutex queue_mutex_;
  std::vector<Message> queue_ RUCK_GUARDED_BY(queue_mutex_);
  std::size_t queue_bytes_ RUCK_GUARDED_BY(queue_mutex_) = 0;
  bool is_overflown_ RUCK_GUARDED_BY(queue_mutex_) = false;
  std::vector<Asker> askers_ RUCK_GUARDED_BY(queue_mutex_);  // after all of queue_

  State state_ = State::kDown;
  std::unique_ptr<Connection> publisher_;
  std::unique_ptr<Connection> listener_;
  bool is_publisher_ready_ = false;
  bool is_listener_open_ = false;
  bool is_listener_ready_ = false;
  std::size_t unanswered_ = 0;                         // of what was published
  std::set<std::string, std::less<>> subscribed_;      // topics
  std::map<std::string, Peer, std::less<>> peers_;     // by id
  std::map<std::string, std::uint64_t> unanswerable_;  // fences of others, until this is up
  std::deque<Fence> fences_;                           // sent and not passed yet
  std::uint64_t last_fence_ = 0;
  SteadyTime opened_at_;
  SteadyTime beaten_at_;
  SteadyTime connect_at_;
  Attempts attempts_{address_};
  std::string reason_;  // of giving up, until that is done
  bool is_loss_logged_ = false;
  bool was_up_ = false;
  bool must_tell_gap_ = false;  // another instance was away

  runtime::Cores thread_{1};
  std::unique_ptr<runtime::Periodic> ticks_;
  runtime::TaskGroup tasks_;
};

}  // namespace ruck::redis

#pragma once
// A bus of topics. A payload goes to everybody who is subscribed at that moment; nothing is kept.
//
// Listeners of this process are called before publish() returns. Those of other processes, where
// there are any (redis/redis_bus.hpp), are called a moment later, or never: is_proven() and kGap
// tell when that may have been so.
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::bus {

using Payload = std::shared_ptr<const std::string>;

// Called on the publisher's thread, which may be a database thread: take it and post, no more. It
// may be called once more while its subscription is being given up. What comes from another process
// may be any bytes.
using Receiver = std::function<void(const Payload& payload)>;

// Topics of the bus itself, told to this process only.
//
// Something that others published may have been missed, on any topic: whoever keeps what the bus
// keeps true reads it again. The payload is empty.
inline constexpr std::string_view kGap = "bus.gap";
// What others publish on the topic that is the payload arrives from now on; before, since it was
// subscribed, something may have been missed.
inline constexpr std::string_view kHeard = "bus.heard";

class Bus {
 public:
  // Ends when it is destroyed.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~Bus() = default;
  // Cheap; false only if nobody listens anywhere, so that nothing need be rendered.
  [[nodiscard]] virtual bool is_wanted(std::string_view topic) const = 0;
  // Cheap; true only if somebody listens for sure: in this process.
  [[nodiscard]] virtual bool is_heard(std::string_view topic) const { return is_wanted(topic); }
  virtual void publish(std::string_view topic, std::string payload) = 0;
  // To listeners of this process alone.
  virtual void publish_here(std::string_view topic, std::string payload) {
    publish(topic, std::move(payload));
  }
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string topic,
                                                                Receiver receiver) = 0;
  // Whether what every other process publishes arrives here, as far as can be known at this moment.
  // False: whoever has to know it looks for it in the database, now and then.
  [[nodiscard]] virtual bool is_proven() const { return true; }
  // Where processes meet to hear each other: those with the same number do. 0: nothing is known of
  // it.
  [[nodiscard]] virtual std::uint64_t place() const { return 0; }
  // Told by who has found that other processes meet elsewhere, until they do not: it is not proven
  // meanwhile.
  virtual void distrust(bool /*is_split*/) {}
  // True when every other process has taken in what was published here before this call: its
  // listeners have been called. False where that cannot be known, or not soon.
  [[nodiscard]] virtual task<bool> all_have_heard() { co_return is_proven(); }
};

}  // namespace ruck::bus

#pragma once
// A bus of topics. A payload goes to everybody who is subscribed at that moment; nothing is kept.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::bus {

using Payload = std::shared_ptr<const std::string>;

// Called on the publisher's thread, which may be a database thread: take it and post, no more. It
// may be called once more while its subscription is being given up.
using Receiver = std::function<void(const Payload& payload)>;

class Bus {
 public:
  // Ends when it is destroyed.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~Bus() = default;
  // Cheap; false only if nobody listens, so that nothing need be rendered.
  [[nodiscard]] virtual bool is_wanted(std::string_view topic) const = 0;
  virtual void publish(std::string_view topic, std::string payload) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string topic,
                                                                Receiver receiver) = 0;
};

}  // namespace ruck::bus

#pragma once
// The bus of one process.
#include "base/thread_safety.hpp"
#include "bus/bus.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

namespace ruck::bus {

class InProcessBus final : public Bus {
 public:
  // Whether other processes may work on the same data.
  enum class Others : std::uint8_t { kNone, kUnknown };
  explicit InProcessBus(Others others = Others::kNone) : others_(others) {}

  [[nodiscard]] bool is_wanted(std::string_view topic) const override;
  void publish(std::string_view topic, std::string payload) override;
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic,
                                                        Receiver receiver) override;
  [[nodiscard]] bool is_proven() const override { return others_ == Others::kNone; }
  // All that somebody listens to.
  [[nodiscard]] std::vector<std::string> topics() const;

 private:
  class Entry;
  struct Listener {
    std::uint64_t id = 0;
    std::shared_ptr<const Receiver> receiver;  // shared: it may run while it is being removed
  };
  struct Shard {
    mutable SharedMutex mutex;
    std::map<std::string, std::vector<Listener>, std::less<>> topics RUCK_GUARDED_BY(mutex);
  };
  [[nodiscard]] Shard& shard_of(std::string_view topic) const;
  void remove(const std::string& topic, std::uint64_t id);

  static constexpr std::size_t kShards = 16;
  Others others_;
  mutable std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::size_t> listeners_{0};
};

}  // namespace ruck::bus

#include "bus/in_process.hpp"

namespace ruck::bus {

class InProcessBus::Entry final : public Subscription {
 public:
  Entry(InProcessBus& bus, std::string topic, std::uint64_t id)
      : bus_(bus), topic_(std::move(topic)), id_(id) {}
  ~Entry() override { bus_.remove(topic_, id_); }

 private:
  InProcessBus& bus_;
  std::string topic_;
  std::uint64_t id_;
};

InProcessBus::Shard& InProcessBus::shard_of(std::string_view topic) const {
  return shards_[std::hash<std::string_view>{}(topic) % kShards];
}

bool InProcessBus::is_wanted(std::string_view topic) const {
  if (listeners_.load(std::memory_order_acquire) == 0) return false;
  const Shard& shard = shard_of(topic);
  const ReadGuard lock(shard.mutex);
  return shard.topics.contains(topic);
}

void InProcessBus::publish(std::string_view topic, std::string payload) {
  std::vector<Listener> listeners;
  {
    const Shard& shard = shard_of(topic);
    const ReadGuard lock(shard.mutex);
    const auto found = shard.topics.find(topic);
    if (found == shard.topics.end()) return;
    listeners = found->second;
  }
  const auto shared = std::make_shared<const std::string>(std::move(payload));
  for (const Listener& listener : listeners) (*listener.receiver)(shared);
}

std::unique_ptr<Bus::Subscription> InProcessBus::subscribe(std::string topic, Receiver receiver) {
  const std::uint64_t id = next_id_.fetch_add(1);
  Shard& shard = shard_of(topic);
  {
    const WriteGuard lock(shard.mutex);
    shard.topics[topic].push_back(
        {.id = id, .receiver = std::make_shared<const Receiver>(std::move(receiver))});
  }
  listeners_.fetch_add(1, std::memory_order_release);
  return std::make_unique<Entry>(*this, std::move(topic), id);
}

std::vector<std::string> InProcessBus::topics() const {
  std::vector<std::string> all;
  for (const Shard& shard : shards_) {
    const ReadGuard lock(shard.mutex);
    for (const auto& [topic, listeners] : shard.topics) all.push_back(topic);
  }
  return all;
}

void InProcessBus::remove(const std::string& topic, std::uint64_t id) {
  Shard& shard = shard_of(topic);
  const WriteGuard lock(shard.mutex);
  const auto found = shard.topics.find(topic);
  if (found == shard.topics.end()) return;
  if (std::erase_if(found->second, [id](const Listener& l) { return l.id == id; }) > 0) {
    listeners_.fetch_sub(1);
  }
  if (found->second.empty()) shard.topics.erase(found);
}

}  // namespace ruck::bus

#pragma once
// What a process keeps in memory beside the tables of a database that no other process writes: an
// index that would cost a page for each row on disk. One object of a kind, made at first use; it
// lives as long as the database.
#include "base/thread_safety.hpp"

#include <memory>
#include <typeindex>
#include <unordered_map>

namespace ruck::db {

class Companion {
 public:
  virtual ~Companion() = default;
};

class Companions {
 public:
  // From any thread; T locks for itself.
  template <class T>
  [[nodiscard]] T& get() RUCK_EXCLUDES(mutex_) {
    const Guard lock(mutex_);
    std::unique_ptr<Companion>& place = all_[std::type_index(typeid(T))];
    if (!place) place = std::make_unique<T>();
    return static_cast<T&>(*place);
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::type_index, std::unique_ptr<Companion>> all_ RUCK_GUARDED_BY(mutex_);
};

}  // namespace ruck::db

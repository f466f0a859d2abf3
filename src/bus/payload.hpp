#pragma once
// Numbers and ids in the bytes of a payload, as they lie in memory: all instances run on machines
// of one kind.
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace ruck::bus {

template <class T>
  requires std::is_trivially_copyable_v<T>
void append_raw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Takes a value from the front; `bytes` has at least so many.
template <class T>
  requires std::is_trivially_copyable_v<T>
T take_raw(std::string_view& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

}  // namespace ruck::bus

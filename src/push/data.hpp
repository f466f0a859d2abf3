#pragma once
// The data of a message as a JSON object of strings. Its names may need escaping.
#include "http/json/writer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ruck::push {

inline void write_data(json::Writer& w,
                       const std::vector<std::pair<std::string, std::string>>& data) {
  w.begin_object();
  for (const auto& [name, value] : data) {
    std::string quoted;
    json::Writer(quoted).string(name);
    w.key(std::string_view(quoted).substr(1, quoted.size() - 2));
    w.string(value);
  }
  w.end_object();
}

}  // namespace ruck::push

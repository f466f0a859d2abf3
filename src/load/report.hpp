#pragma once
// A run's report for people at a terminal, for programs, and for a browser.
#include "load/run.hpp"

#include <string>

namespace ruck::load {

[[nodiscard]] std::string to_table(const Report& report);
[[nodiscard]] std::string to_json(const Report& report);
// One file with everything in it: styles and charts; no script, nothing to fetch.
[[nodiscard]] std::string to_html(const Report& report);

// "1,234,567"
[[nodiscard]] std::string with_commas(std::uint64_t number);
// "0.42 ms", "13.5 ms", "1.25 s"
[[nodiscard]] std::string duration_text(Micros value);

}  // namespace ruck::load

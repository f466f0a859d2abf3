#pragma once
// Charts as inline SVG: no script; a tooltip is the browser's own <title>. Colours are classes that
// the page's style sheet defines for light and dark.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::load {

enum class Unit : std::uint8_t { kCount, kMs, kCores, kMiB, kUs, kSeconds, kNines };
[[nodiscard]] std::string value_text(Unit unit, double value);

struct Series {
  std::string name;
  int color = 1;                                  // 1..6
  std::vector<std::pair<double, double>> points;  // by x
  bool is_filled = false;
  bool has_dots = false;
};

struct LineChart {
  std::string title;
  std::string note;  // what is to be known to read it
  Unit x_unit = Unit::kSeconds;
  Unit y_unit = Unit::kCount;
  bool log_x = false;
  bool log_y = false;
  std::vector<Series> series;
  std::vector<std::pair<double, std::string>> x_ticks;  // empty: round numbers
};
// A <figure>; nothing where there is nothing to draw.
[[nodiscard]] std::string render(const LineChart& chart);

// For each row a line from its median to its 99.9th percentile, on one logarithmic axis.
struct SpreadRow {
  std::string name;
  double p50 = 0;  // all in ms
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};
[[nodiscard]] std::string render_spread(const std::string& title, const std::string& note,
                                        const std::vector<SpreadRow>& rows);

}  // namespace ruck::load

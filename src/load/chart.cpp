#include "load/chart.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ruck::load {
namespace {
constexpr double kWidth = 540;
constexpr double kHeight = 210;
constexpr double kLetterWidth = 7;  // of a label, about
constexpr double kLeft = 60;        // for the labels of the y axis
constexpr double kRight = 22;
constexpr double kTop = 10;
constexpr double kBottom = 26;
constexpr std::size_t kDrawnMax = 240;  // points of a line: more would be less than three pixels

// 1, 2 or 5 times a power of ten, so that about `count` steps fill the range.
double round_step(double range, int count) {
  const double raw = std::max(range, 1e-9) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

struct Axis {
  double low = 0;
  double high = 1;
  bool is_log = false;
  double from_px = 0;
  double to_px = 1;

  [[nodiscard]] double at(double value) const {
    const double share = is_log ? std::log(std::max(value, low) / low) / std::log(high / low)
                                : (value - low) / (high - low);
    return from_px + std::clamp(share, 0.0, 1.0) * (to_px - from_px);
  }
  [[nodiscard]] std::vector<double> ticks(int count) const {
    std::vector<double> out;
    if (is_log) {
      for (double t = std::pow(10, std::ceil(std::log10(low) - 1e-9)); t <= high * 1.001; t *= 10) {
        out.push_back(t);
      }
      return out;
    }
    const double step = round_step(high - low, count);
    for (double t = std::ceil(low / step) * step; t <= high + step * 1e-6; t += step) {
      out.push_back(t);
    }
    return out;
  }
};

struct Range {
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Axis y_axis(const LineChart& chart, const Range& values) {
  Axis axis{.is_log = chart.log_y, .from_px = kHeight - kBottom, .to_px = kTop};
  if (chart.log_y) {
    axis.low = std::pow(10, std::floor(std::log10(std::max(values.low, 1e-3))));
    axis.high = std::max(axis.low * 10, std::pow(10, std::ceil(std::log10(values.high))));
    return axis;
  }
  const double top = std::max(values.high, 1e-6);
  const double step = round_step(top, 4);
  axis.high = std::ceil(top / step) * step;
  return axis;
}

Axis x_axis(const LineChart& chart, const Range& values) {
  Axis axis{.low = values.low,
            .high = values.high > values.low ? values.high : values.low + 1,
            .is_log = chart.log_x,
            .from_px = kLeft,
            .to_px = kWidth - kRight};
  if (chart.x_unit == Unit::kSeconds && !chart.log_x) axis.low = 0;
  return axis;
}

// Few enough to draw: of neighbours the highest stays, so that no peak is lost.
std::vector<std::pair<double, double>> thin(const std::vector<std::pair<double, double>>& all) {
  if (all.size() <= kDrawnMax) return all;
  std::vector<std::pair<double, double>> out;
  const std::size_t each = (all.size() + kDrawnMax - 1) / kDrawnMax;
  for (std::size_t i = 0; i < all.size(); i += each) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i);
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(i + each, all.size()));
    out.push_back(*std::max_element(
        begin, end, [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  return out;
}

std::string path_of(const std::vector<std::pair<double, double>>& points, const Axis& x,
                    const Axis& y) {
  std::string path;
  for (const auto& [at, value] : points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.at(at), y.at(value));
  }
  return path;
}

void draw_series(std::string& out, const Series& series, const Axis& x, const Axis& y) {
  const auto points = thin(series.points);
  if (points.empty()) return;
  const std::string path = path_of(points, x, y);
  if (series.is_filled) {
    out += fmt::format("<path class=\"area c{}\" d=\"{}L{:.1f} {:.1f}L{:.1f} {:.1f}Z\"/>",
                       series.color, path, x.at(points.back().first), y.from_px,
                       x.at(points.front().first), y.from_px);
  }
  out += fmt::format("<path class=\"line c{}\" d=\"{}\"/>", series.color, path);
  if (!series.has_dots) return;
  for (const auto& [at, value] : points) {
    out += fmt::format("<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>",
                       series.color, x.at(at), y.at(value));
  }
}

// From the right: a label that would run into the one before it is left out. One that would pass
// the edge ends there.
void draw_x_labels(std::string& out, std::vector<std::pair<double, std::string>> ticks,
                   const Axis& x) {
  std::ranges::reverse(ticks);
  double free_to = kWidth;
  for (const auto& [at, text] : ticks) {
    if (at < x.low - 1e-9 || at > x.high + 1e-9) continue;
    const double width = kLetterWidth * static_cast<double>(text.size());
    const double middle = std::min(x.at(at), kWidth - width / 2);
    if (middle + width / 2 > free_to) continue;
    free_to = middle - width / 2 - kLetterWidth;
    out += fmt::format("<text class=\"tick mid\" x=\"{:.1f}\" y=\"{}\">{}</text>", middle,
                       kHeight - 6, text);
  }
}

void draw_axes(std::string& out, const LineChart& chart, const Axis& x, const Axis& y) {
  for (const double tick : y.ticks(4)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"tick end\" x=\"{3}\" y=\"{4:.1f}\">{5}</text>",
        kLeft, kWidth - kRight, y.at(tick), kLeft - 8, y.at(tick) + 4,
        value_text(chart.y_unit, tick));
  }
  auto ticks = chart.x_ticks;
  if (ticks.empty()) {
    for (const double tick : x.ticks(6)) ticks.emplace_back(tick, value_text(chart.x_unit, tick));
  }
  draw_x_labels(out, std::move(ticks), x);
}

// Strips over the whole height, each with what all series say there.
void draw_tooltips(std::string& out, const LineChart& chart, const Axis& x) {
  const auto guide = thin(chart.series.front().points);
  for (std::size_t i = 0; i < guide.size(); ++i) {
    const double at = guide[i].first;
    const double left = i == 0 ? x.from_px : (x.at(guide[i - 1].first) + x.at(at)) / 2;
    const double right =
        i + 1 == guide.size() ? x.to_px : (x.at(guide[i + 1].first) + x.at(at)) / 2;
    std::string text = value_text(chart.x_unit, at);
    for (const auto& [tick, label] : chart.x_ticks) {
      if (tick == at) text = label;
    }
    for (const Series& series : chart.series) {
      const auto found =
          std::ranges::lower_bound(series.points, at, {}, &std::pair<double, double>::first);
      if (found == series.points.end()) continue;
      text += "\n" + series.name + ": " + value_text(chart.y_unit, found->second);
    }
    out += fmt::format(
        "<g class=\"hit\"><rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>"
        "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/><title>{}</title></g>",
        left, kTop, std::max(0.5, right - left), kHeight - kTop - kBottom, x.at(at), x.at(at), kTop,
        kHeight - kBottom, escape_markup(text));
  }
}

std::string caption(const std::string& title, const std::string& note) {
  std::string out = "<figcaption><b>" + escape_markup(title) + "</b>";
  if (!note.empty()) out += " <span>" + escape_markup(note) + "</span>";
  return out + "</figcaption>";
}
}  // namespace

std::string value_text(Unit unit, double value) {
  switch (unit) {
    case Unit::kCount:
      if (value >= 1e6) return fmt::format("{:g} M", std::round(value / 1e4) / 100);
      if (value >= 1e4) return fmt::format("{:g} k", std::round(value / 100) / 10);
      return fmt::format("{:g}", std::round(value * 100) / 100);
    case Unit::kMs:
      if (value >= 1000) return fmt::format("{:g} s", std::round(value / 10) / 100);
      return fmt::format("{:.{}g} ms", value, value >= 100 ? 3 : 2);
    case Unit::kCores:
      return fmt::format("{:g}", std::round(value * 100) / 100);
    case Unit::kMiB:
      return fmt::format("{:.0f} MiB", value);
    case Unit::kUs:
      return fmt::format("{:.0f} µs", value);
    case Unit::kSeconds:
      if (value >= 600) return fmt::format("{:g} min", std::round(value / 6) / 10);
      return fmt::format("{:g} s", std::round(value * 10) / 10);
    case Unit::kNines:
      return fmt::format("{:.5g} %", 100 * (1 - std::pow(10, -value)));
  }
  return {};
}

std::string render(const LineChart& chart) {
  Range xs;
  Range ys;
  for (const Series& series : chart.series) {
    for (const auto& [at, value] : series.points) {
      xs.take(at);
      ys.take(value);
    }
  }
  if (xs.low > xs.high) return {};
  const Axis x = x_axis(chart, xs);
  const Axis y = y_axis(chart, ys);
  std::string out = "<figure>" + caption(chart.title, chart.note) + "<div class=\"legend\">";
  for (const Series& series : chart.series) {
    out += fmt::format("<span><i class=\"c{}\"></i>{}</span>", series.color,
                       escape_markup(series.name));
  }
  out += fmt::format("</div><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth,
                     kHeight, escape_markup(chart.title));
  draw_axes(out, chart, x, y);
  for (const Series& series : chart.series) draw_series(out, series, x, y);
  draw_tooltips(out, chart, x);
  return out + "</svg></figure>\n";
}

std::string render_spread(const std::string& title, const std::string& note,
                          const std::vector<SpreadRow>& rows) {
  if (rows.empty()) return {};
  constexpr double kRow = 26;
  constexpr double kNames = 128;
  Range values;
  for (const SpreadRow& row : rows) {
    values.take(std::max(row.p50, 0.01));
    values.take(std::max(row.max, 0.02));
  }
  const double height = kRow * static_cast<double>(rows.size()) + 28;
  const Axis x{.low = std::pow(10, std::floor(std::log10(values.low))),
               .high = std::pow(10, std::ceil(std::log10(values.high))),
               .is_log = true,
               .from_px = kNames,
               .to_px = kWidth - 24};
  std::string out = "<figure>" + caption(title, note) +
                    "<div class=\"legend\"><span><i class=\"c1\"></i>p50</span><span><i "
                    "class=\"c2\"></i>p99</span><span><i class=\"c4\"></i>p99.9</span><span><i "
                    "class=\"c6\"></i>max</span></div>";
  out += fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, height,
                     escape_markup(title));
  for (const double tick : x.ticks(0)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"4\" y2=\"{1}\"/>"
        "<text class=\"tick mid\" x=\"{0:.1f}\" y=\"{2}\">{3}</text>",
        x.at(tick), height - 22, height - 6, value_text(Unit::kMs, tick));
  }
  double y = kRow / 2 + 4;
  for (const SpreadRow& row : rows) {
    out += fmt::format(
        "<g><title>{0}\np50 {1}\np99 {2}\np99.9 {3}\nmax {4}</title>"
        "<rect class=\"bare\" x=\"0\" y=\"{5:.1f}\" width=\"{6}\" height=\"{7}\"/>"
        "<text class=\"name end\" x=\"{8}\" y=\"{9:.1f}\">{0}</text>"
        "<line class=\"span\" x1=\"{10:.1f}\" x2=\"{11:.1f}\" y1=\"{12:.1f}\" "
        "y2=\"{12:.1f}\"/>",
        escape_markup(row.name), value_text(Unit::kMs, row.p50), value_text(Unit::kMs, row.p99),
        value_text(Unit::kMs, row.p999), value_text(Unit::kMs, row.max), y - kRow / 2, kWidth, kRow,
        kNames - 12, y + 4, x.at(row.p50), x.at(row.max), y);
    const std::pair<int, double> dots[] = {{6, row.max}, {4, row.p999}, {2, row.p99}, {1, row.p50}};
    for (const auto& [color, value] : dots) {
      out += fmt::format("<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"/>", color,
                         x.at(value), y);
    }
    out += "</g>";
    y += kRow;
  }
  return out + "</svg></figure>\n";
}

}  // namespace ruck::load

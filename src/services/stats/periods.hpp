#pragma once
// Which days a period has, and how its days add up. Pure: the calendar arithmetic of the
// statistics.
#include "services/stats/types.hpp"

#include <span>
#include <vector>

namespace ruck::stats {

enum class Period : std::uint8_t { kWeek, kMonth, kYear };

// A bar of the chart: consecutive days under one name.
struct Bar {
  std::string name;
  Day first;
  Day last;
};
struct Range {
  Day first;
  Day last;
  std::vector<Bar> bars;
  std::string title;  // for people: "Nov 16 – Nov 22, 2026"
};

// The period that lies `offset` before the one `today` is in. A week is the trailing seven days, a
// month and a year those of the calendar; a month's bars are its weeks W1…W6, Monday first.
[[nodiscard]] Range range_of(Period period, Day today, std::int64_t offset);

[[nodiscard]] PeriodStats summarize(const Range& range, std::span<const DayRow> days);

}  // namespace ruck::stats

#pragma once
// Load and form: what days of rucks add up to (science §5.1; the model is rucking/load).
//
// One measure for all days, because loads of two kinds cannot be added. Where a measure is missing
// on a part of the rucks (not rated, no heart rate), that part counts with what is usual for the
// user: their mean rating, their mean TRIMP a minute.
#include "services/stats/types.hpp"

#include <optional>
#include <span>

namespace ruck::stats {

// Days that are read before the first one shown: six time constants, after which 0.25 % is left of
// whatever was before.
inline constexpr std::int64_t kTrainingWarmUpDays = 6 * 42;

struct TrainingRange {
  Day first;  // shown
  Day today;
};
// `days` from kTrainingWarmUpDays before the first to today, in order. Without a measure, the best
// that most of the last six weeks have.
[[nodiscard]] TrainingView training_of(std::span<const DayRow> days, const TrainingRange& range,
                                       std::optional<TrainingMeasure> measure);

}  // namespace ruck::stats

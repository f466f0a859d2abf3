#include "rucking/ruck_ends.hpp"

#include <algorithm>

namespace ruck::rucking {
namespace {
constexpr double kPoorAccuracyM = 50;       // the gate of track_filter
constexpr double kFastest_m_per_s = 8;      // nobody on foot is faster
constexpr double kReceiverErrorM = 15;      // of two fixes, whatever they say of themselves
constexpr std::int64_t kPause_ms = 60'000;  // longer, and a fix need not continue the one before
constexpr std::size_t kFixesKeptMax = 128;  // of each kind; the middle ones go first

double distance_of(const RuckEnd& a, const RuckEnd& b) { return distance_m(a.at, b.at); }

// From the first on: an end that is very near to another adds nothing but its worse accuracy.
void add_end(std::vector<RuckEnd>& ends, const RuckEnd& end) {
  const auto same = std::ranges::find_if(
      ends, [&](const RuckEnd& known) { return distance_of(known, end) < kSameEndM; });
  if (same == ends.end() && ends.size() < kRuckEndsMax) ends.push_back(end);
}
}  // namespace

EndFinder::Fix EndFinder::fix_of(const TrackPoint& point) {
  const double accuracy_m = point.accuracy_m().value_or(0);
  return {.time_ms = point.time_ms,
          .end = {.at = point.position(), .accuracy_m = std::min(accuracy_m, kEndAccuracyMaxM)},
          .is_poor = accuracy_m > kPoorAccuracyM};
}

bool EndFinder::agree(const Fix& a, const Fix& b) {
  if (a.is_poor || b.is_poor) return false;
  const double seconds = static_cast<double>(b.time_ms - a.time_ms) / 1000;
  const double reach_m =
      kFastest_m_per_s * seconds + a.end.accuracy_m + b.end.accuracy_m + kReceiverErrorM;
  return distance_of(a.end, b.end) <= reach_m;
}

// Where those begin that agree, one with the next, up to the last.
std::size_t EndFinder::start_of_run(std::span<const Fix> fixes) {
  std::size_t first = fixes.size() - 1;
  while (first > 0 && agree(fixes[first - 1], fixes[first])) --first;
  return first;
}

// Whether the last of them agree often and long enough.
bool EndFinder::ends_in_a_run(std::span<const Fix> fixes) {
  if (fixes.empty() || fixes.back().is_poor) return false;
  const std::size_t first = start_of_run(fixes);
  return fixes.size() - first >= kAgreeingFixesMin &&
         fixes.back().time_ms - fixes[first].time_ms >= kAgreeing_ms;
}

// Of fixes that end in a run: those before it, and where it or a part of it began.
std::vector<RuckEnd> EndFinder::starts_in(std::span<const Fix> fixes) {
  const std::size_t first = start_of_run(fixes);
  std::vector<RuckEnd> starts;
  for (std::size_t i = 0; i < fixes.size(); ++i) {
    const bool continues = i > first && fixes[i].time_ms - fixes[i - 1].time_ms <= kPause_ms;
    if (!continues) add_end(starts, fixes[i].end);
  }
  return starts;
}

void EndFinder::add(const TrackPoint& point) {
  const Fix fix = fix_of(point);
  const bool is_silence = !recent_.empty() && fix.time_ms - recent_.back().time_ms >= kSilence_ms;
  if (is_silence) begin();
  remember(fix);
  note_stay(fix);
  if (is_early_) {
    take_early(fix);
  } else {
    follow(fix);
  }
}

// After a silence the receiver wakes up anew, as at the start; where the rucker was is an end.
void EndFinder::begin() {
  add_ends(ends_, ends());
  add_ends(ends_, late_ends());
  is_early_ = true;
  early_.clear();
  pending_.clear();
  recent_.clear();
  last_.reset();
}

void EndFinder::take_early(const Fix& fix) {
  early_.push_back(fix);
  if (early_.size() > kFixesKeptMax) {
    add_end(ends_, early_.front().end);
    early_.erase(early_.begin());
  }
  if (!ends_in_a_run(early_)) return;
  add_ends(ends_, starts_in(early_));
  is_early_ = false;
  is_settled_ = true;
  last_ = fix;
  early_.clear();
}

void EndFinder::follow(const Fix& fix) {
  if (agree(*last_, fix)) {
    last_ = fix;
    pending_.clear();
    return;
  }
  pending_.push_back(fix);
  if (pending_.size() > kFixesKeptMax) pending_.erase(pending_.begin() + kFixesKeptMax / 2);
  if (!ends_in_a_run(pending_)) return;
  // Torn apart: the run before has ended, and another begins where these began to agree.
  add_end(ends_, last_->end);
  const std::span<const Fix> run = std::span(pending_).subspan(start_of_run(pending_));
  add_ends(ends_, starts_in(run));
  last_ = fix;
  pending_.clear();
}

void EndFinder::note_stay(const Fix& fix) {
  if (fix.is_poor) return;
  if (!stay_) stay_ = Stay{.since = fix, .sum = {}};
  if (distance_of(stay_->since.end, fix.end) > kStayRadiusM) {
    const bool is_gone = stay_->has_left;  // two in a row
    stay_->has_left = true;
    if (is_gone) stay_ = Stay{.since = fix, .sum = {}};
    return;
  }
  stay_->has_left = false;
  const Position origin = stay_->since.end.at;
  const Offset here = offset(origin, fix.end.at, local_scale(origin.lat_deg));
  stay_->sum.east_m += here.east_m;
  stay_->sum.north_m += here.north_m;
  stay_->fixes += 1;
  if (fix.time_ms - stay_->since.time_ms < kStay_ms) return;
  const auto count = static_cast<double>(stay_->fixes);
  const Offset mean{.east_m = stay_->sum.east_m / count, .north_m = stay_->sum.north_m / count};
  add_end(ends_, {.at = moved(origin, mean, local_scale(origin.lat_deg)), .accuracy_m = 0});
  add_end(ends_, stay_->since.end);
}

void EndFinder::remember(const Fix& fix) {
  recent_.push_back(fix);
  if (recent_.size() > kFixesKeptMax) recent_.erase(recent_.begin());
}

std::vector<RuckEnd> EndFinder::ends() const {
  std::vector<RuckEnd> all = ends_;
  for (const Fix& fix : early_) add_end(all, fix.end);
  for (const Fix& fix : pending_) add_end(all, fix.end);
  return all;
}

// Backwards from the last fix until fixes agree: what holds for the start holds for the end.
std::vector<RuckEnd> EndFinder::late_ends() const {
  std::vector<RuckEnd> all;
  if (last_) add_end(all, last_->end);
  std::vector<Fix> late;
  for (std::size_t i = recent_.size(); i > 0 && !ends_in_a_run(late); --i) {
    late.push_back(recent_[i - 1]);
    late.back().time_ms = -late.back().time_ms;
  }
  if (ends_in_a_run(late)) {
    add_ends(all, starts_in(late));
  } else {
    for (const Fix& fix : late) add_end(all, fix.end);
  }
  for (const Fix& fix : pending_) add_end(all, fix.end);
  return all;
}

std::vector<RuckEnd> ends_of(std::span<const TrackPoint> points) {
  EndFinder finder;
  for (const TrackPoint& point : points) finder.add(point);
  std::vector<RuckEnd> ends = finder.ends();
  add_ends(ends, finder.late_ends());
  return ends;
}

void add_ends(std::vector<RuckEnd>& ends, std::span<const RuckEnd> more) {
  for (const RuckEnd& end : more) add_end(ends, end);
}

}  // namespace ruck::rucking

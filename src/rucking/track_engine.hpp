#pragma once
// The engine: one ruck's points, heart rate, load changes and pauses in; its totals out.
//
// It is incremental. Fed one point at a time, in batches of any size, or all at once, or with its
// state written and read back in between, it gives the same totals to the last bit. Heart rate is
// counted apart, so its chunks may come before, between or after the points they belong to.
//
// Within a kind, times must ascend. A load change, pause or resume must be fed before the points
// after it, and no earlier than those before it: what is fed late is refused as kOutOfOrder,
// without a trace, and the caller runs the ruck again from its stored points. A batch is a loop:
// there is no end of batch.
//
// totals() is a pure function of what was fed: it finishes a copy of the state (last metres, open
// climb, open leg) and reads that, so it may be asked at any time and changes nothing.
#include "rucking/climb.hpp"
#include "rucking/energy.hpp"
#include "rucking/energy_meter.hpp"
#include "rucking/feed_result.hpp"
#include "rucking/heart_rate.hpp"
#include "rucking/splits.hpp"
#include "rucking/track_filter.hpp"
#include "rucking/track_point.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::rucking {

// Who walks. Missing heart rates are estimated from age and sex.
struct Rucker {
  double weight_kg = 80;
  double height_cm = 170;
  double age_years = 40;
  Sex sex = Sex::kUnknown;
  std::optional<double> resting_bpm;
  std::optional<double> max_bpm;
};

// What does not change during a ruck. It is not part of the state: restoring a state needs the same
// configuration again. Values out of any sensible range are brought to its edge.
struct EngineConfig {
  Rucker rucker;
  double load_kg = 0;  // at the start
  bool load_is_vest = false;
  double terrain_factor = 1;
  AltitudeSource altitude_source = AltitudeSource::kGps;
  EnergyModel energy_model = EnergyModel::kLcda;  // the mechanical model of splits and fusion
};

// Every point fed is in exactly one of the others.
struct PointCounts {
  std::uint32_t fed = 0;
  std::uint32_t used = 0;
  std::uint32_t while_paused = 0;
  std::uint32_t poor_accuracy = 0;
  std::uint32_t jumps = 0;
  std::uint32_t in_vehicle = 0;
};

// Gross unless said otherwise.
struct EnergyTotals {
  double lcda_kcal = 0;
  double pandolf_kcal = 0;
  double heart_rate_kcal = 0;  // of the covered time only
  double heart_rate_coverage = 0;
  double fused_kcal = 0;    // by the configured model
  double resting_kcal = 0;  // gross less this is net

  [[nodiscard]] double gross_kcal(EnergyModel model, CalorieMethod method) const;
  [[nodiscard]] double net_kcal(EnergyModel model, CalorieMethod method) const;
};

struct Totals {
  std::int64_t start_ms = 0;  // of the first point or pause; 0 before anything was fed
  std::int64_t end_ms = 0;
  double distance_m = 0;
  double estimated_distance_m = 0;  // the part of it that was joined straight across gaps
  double elapsed_s = 0;             // moving + standing + paused
  double moving_s = 0;
  double estimated_moving_s = 0;  // the part of it that lies in gaps
  double paused_s = 0;
  double coverage = 0;  // share of the unpaused time that has points: 0..1
  double gain_m = 0;
  double loss_m = 0;
  std::optional<double> min_altitude_m;
  std::optional<double> max_altitude_m;
  EnergyTotals energy;
  HeartRateTotals heart_rate;
  double load_distance_kg_km = 0;
  double power_points = 0;
  PointCounts points;

  [[nodiscard]] double active_s() const { return elapsed_s - paused_s; }
  [[nodiscard]] double standing_s() const { return active_s() - moving_s; }
  // Seconds per kilometre of the moving time; nothing below 10 m, where it would mean nothing.
  [[nodiscard]] std::optional<double> pace_s_per_km() const;
};

// What a live map shows. Distance is of totals().
struct Live {
  std::int64_t time_ms = 0;
  Position recorded;  // the last point that was used, as it came
  Position filtered;
  bool moving = false;
  double speed_m_per_s = 0;  // net, over the last half minute
  double grade_percent = 0;  // of the last 50 m; 200 m with GPS altitude
  std::optional<double> altitude_m;
  std::optional<HeartRateSample> heart_rate;
  double load_kg = 0;

  [[nodiscard]] std::optional<double> pace_s_per_km() const;
};

enum class StateProblem : std::uint8_t {
  kUnknownVersion,  // of another version of the engine: run the ruck again
  kDamaged,
};

class TrackEngine {
 public:
  explicit TrackEngine(const EngineConfig& config);

  FeedResult feed(const TrackPoint& point);
  // How many were taken in order; the first point out of order ends it.
  std::size_t feed(std::span<const TrackPoint> points);
  FeedResult feed(const HeartRateSample& sample) { return heart_rate_.add(sample); }
  std::size_t feed(std::span<const HeartRateSample> samples);

  FeedResult set_load(std::int64_t time_ms, double load_kg);
  FeedResult pause(std::int64_t time_ms);   // twice is once
  FeedResult resume(std::int64_t time_ms);  // without a pause is nothing

  [[nodiscard]] Totals totals() const;
  // Nothing before the first used point.
  [[nodiscard]] std::optional<Live> live() const;

  // Splits that were finished since the last call. They are not part of the state: take them before
  // it is stored, or they are lost.
  [[nodiscard]] std::vector<Split> drain_splits();
  // As it stands now: splits that only the last metres finish, then the open ones, kilometres
  // before miles. With drain_splits() before, it is the rest of the ruck.
  [[nodiscard]] std::vector<Split> open_splits() const;

  // The state, at most kMaxStateSize bytes: version, fields, checksum.
  static constexpr std::size_t kMaxStateSize = 1024;
  [[nodiscard]] std::string serialize() const;
  [[nodiscard]] static std::expected<TrackEngine, StateProblem> restore(const EngineConfig& config,
                                                                        std::string_view state);

 private:
  struct TimeSpan {
    std::int64_t start_ms;
    std::int64_t end_ms;
  };

  template <class Archive>
  void visit(Archive& archive);

  void start_clock(std::int64_t time_ms);
  void note_point(const TrackPoint& point);
  std::int64_t cover_until(std::int64_t time_ms);
  [[nodiscard]] bool is_late(std::int64_t event_ms) const;
  void count(PointUse use);
  void take_altitude(const TrackPoint& point, PointUse use);
  [[nodiscard]] std::int64_t longest_step_ms() const;
  void apply(const Stretches& stretches);
  void move(const Stretch& stretch);
  void interrupt();
  void finish();
  [[nodiscard]] double mean_load_kg(TimeSpan span) const;
  [[nodiscard]] Progress progress(std::int64_t time_ms, Position position) const;
  [[nodiscard]] EnergyTotals energy_totals(const Totals& totals) const;

  EngineConfig config_;
  double resting_watts_ = 0;

  TrackFilter filter_;
  ClimbMeter climb_;
  EnergyMeter energy_;
  HeartRateMeter heart_rate_;
  SplitMeter kilometres_{SplitUnit::kKilometre};
  SplitMeter miles_{SplitUnit::kMile};

  bool started_ = false;
  bool paused_ = false;
  bool has_point_ = false;
  std::int64_t first_ms_ = 0;
  std::int64_t last_ms_ = 0;        // of any point, pause or resume
  std::int64_t last_point_ms_ = 0;  // points come after this,
  std::int64_t last_event_ms_ = 0;  // and not before this
  std::int64_t paused_since_ms_ = 0;
  std::int64_t paused_ms_ = 0;
  std::int64_t covered_ms_ = 0;
  double usual_step_ms_ = 0;
  double load_kg_ = 0;
  double load_before_kg_ = 0;
  std::int64_t load_changed_ms_ = 0;
  double distance_m_ = 0;
  double estimated_m_ = 0;
  double load_distance_kg_m_ = 0;
  std::int64_t moving_ms_ = 0;
  std::int64_t estimated_moving_ms_ = 0;
  PointCounts counts_;

  std::vector<Split> finished_splits_;
};

}  // namespace ruck::rucking

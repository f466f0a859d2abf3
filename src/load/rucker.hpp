#pragma once
// One virtual rucker: a walk with real kinematics and a phone that sends it as the mobile app does
// (contract core §0.1, §3.4–§3.6). It has no socket and no clock: it is told the time, says what it
// wants to send, and is told what was answered; so thousands fit a thread, and tests need no
// network.
//
// The clock is open loop: a batch is due every `batch_every` after a random start, whether or not
// the one before has been answered. A phone sends one request at a time, so after a stall the next
// batch holds the points of several due times, and each of these is counted with its own latency
// from its own due moment: what a server holds up cannot hide.
//
// Points are not kept until they are due: the simulator is asked for them when a batch is written.
// Only a batch that waits for its acknowledgement is memory.
#include "load/payload.hpp"
#include "load/tally.hpp"
#include "rucking/simulate.hpp"

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::load {

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kNever = std::numeric_limits<Micros>::max();

// How all ruckers of a run behave.
struct Behaviour {
  std::string host;  // for the Host field
  std::string base;  // path in front of /api, usually empty
  Micros batch_every = 10 * kSecond;
  std::size_t batch_points_max = 100;  // contract core §3.5
  rucking::SimulationSettings::Sampling sampling =
      rucking::SimulationSettings::Sampling::kEverySecond;
  PointFields fields = PointFields::kApp;
  bool heart_rate = true;
  Micros online_mean = 1200 * kSecond;  // between offline periods; 0: always online
  Micros offline_min = 30 * kSecond;
  Micros offline_max = 120 * kSecond;
  double resend_chance = 0.01;  // of an acknowledged batch: the phone did not hear the answer
  Micros read_every = 0;        // the home screen is opened; 0: never
  bool closed_loop = false;     // a next batch as soon as the last is answered, from old points
};

// When a run's measured part lies, and how a rucker takes part.
struct WalkPlan {
  Micros begin = 0;
  Micros end = 0;
  std::int64_t begin_wall_ms = 0;  // the wall clock at `begin`
  // One who has been offline since long before `begin` comes back at this moment.
  std::optional<Micros> back_at;
  Micros offline_before = 0;      // how long
  bool sends_live_first = false;  // the backlog then goes beside the live batches
};

// What a rucker may have under way at a time, one request each.
enum class Lane : std::uint8_t { kUpload, kLate, kRead };
inline constexpr std::size_t kLanes = 3;

// What came back: an answer, or nothing.
struct Reply {
  bool is_answer = false;
  int status = 0;
  std::optional<int> retry_after_s;
  std::string_view body;
  std::size_t bytes_out = 0;
  std::size_t bytes_in = 0;
  Micros sent_at = 0;
};

class Rucker {
 public:
  // `behaviour` must outlive it.
  Rucker(const Behaviour& behaviour, std::string token, std::uint64_t seed);

  // The parts of a run, in this order; each begins when the one before is done.
  void set_up();  // creates and starts a ruck
  void walk(const WalkPlan& plan);
  // Nothing becomes due any more; what was is still sent.
  void cut_short(Micros now);
  void complete();
  // Nothing of the part is left to do.
  [[nodiscard]] bool is_done() const;

  // When it wants to be woken next; kNever when only answers matter.
  [[nodiscard]] Micros next_wake() const;
  // Gathers what has become due.
  void wake(Micros now, Tally& tally);
  [[nodiscard]] bool wants_to_send(Lane lane, Micros now) const;
  // The whole request. The lane is busy until answered().
  [[nodiscard]] std::string write_request(Lane lane);
  void answered(Lane lane, const Reply& reply, Micros now, Tally& tally);

  [[nodiscard]] std::int64_t ruck_id() const { return ruck_id_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] std::uint64_t points_acknowledged() const { return acknowledged_; }
  // Sent and never acknowledged: they may be there or not.
  [[nodiscard]] std::uint64_t points_uncertain() const;
  [[nodiscard]] bool has_failed() const { return step_ == Step::kFailed; }

 private:
  enum class Step : std::uint8_t {
    kIdle,
    kCreate,
    kEndOld,
    kStart,
    kReady,
    kWalk,
    kComplete,
    kDone,
    kFailed
  };
  struct LaneState {
    bool busy = false;
    std::uint8_t failures = 0;  // in a row
    Endpoint endpoint = Endpoint::kLocation;
    Micros due = 0;
    Micros retry_at = 0;
  };
  // A walk that is sent: the simulator, and the batch that waits for its answer.
  struct Stream {
    explicit Stream(const rucking::SimulationSettings& settings, std::uint64_t seed)
        : simulator(settings, seed) {}
    rucking::RuckSimulator simulator;
    std::optional<rucking::SimulatedFix> ahead;  // made, but later than what was asked for
    Micros next_due = 0;                         // the first due time that no batch covers
    Micros end = 0;                              // due times stop before this
    Micros could_send_at = 0;                    // the phone was offline until then
    std::vector<rucking::TrackPoint> batch;
    Micros batch_due = 0;          // of its first due time
    std::uint32_t batch_dues = 0;  // how many it covers; 0: part of a backlog
    bool is_backlog = false;       // from while the phone was offline
    bool is_resend = false;        // acknowledged before
    bool may_be_stored = false;    // an attempt ended without an answer
  };

  enum class Verdict : std::uint8_t { kOk, kLater, kRefused };

  LaneState& state(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  [[nodiscard]] const LaneState& state(Lane lane) const {
    return lanes_[static_cast<std::size_t>(lane)];
  }
  Stream& stream_of(Lane lane) { return lane == Lane::kLate ? *late_ : *live_; }
  [[nodiscard]] std::int64_t wall_ms(Micros at) const;
  [[nodiscard]] bool is_walking() const { return step_ == Step::kWalk; }
  [[nodiscard]] bool has_step() const;
  [[nodiscard]] static bool is_finished(const Stream& stream);
  [[nodiscard]] Micros stream_wake(const Stream& stream, const LaneState& lane) const;

  void split_walk(Micros start);
  [[nodiscard]] rucking::SimulationSettings simulation() const;
  [[nodiscard]] bool goes_offline(Micros now, Tally& tally);
  void fill_until(Stream& stream, std::int64_t until_ms);
  void fill_batch(Stream& stream, Micros now);
  void gather_beats(Micros now);
  [[nodiscard]] Endpoint kind_of(const Stream& stream, Micros due) const;

  void write_step(std::string& path, std::string& body);
  void write_read(std::string& path);
  void write_batch(Lane lane, std::string& path, std::string& body);
  void write_beats(std::string& path, std::string& body);
  [[nodiscard]] std::string compose(bool is_post, const std::string& path,
                                    const std::string& body) const;

  Verdict judge(LaneState& lane, const Reply& reply, Micros now, Tally& tally);
  void after_step(Verdict verdict, const Reply& reply, Micros now, Tally& tally);
  void after_batch(Lane lane, Verdict verdict, const Reply& reply, Micros now, Tally& tally);
  void after_beats(Verdict verdict, Micros now, Tally& tally);
  void after_read(Verdict verdict, Micros now, Tally& tally);
  void account(const Stream& stream, const Reply& reply, Tally& tally);
  void record_dues(const Stream& stream, Micros now, Tally& tally) const;
  void note_backlog(const Stream& stream, Micros now, Tally& tally);

  const Behaviour& behaviour_;
  std::string token_;
  std::uint64_t seed_;
  rucking::SeededRandom random_;
  Step step_ = Step::kIdle;
  std::int64_t ruck_id_ = 0;
  std::int64_t old_ruck_id_ = 0;
  std::array<LaneState, kLanes> lanes_{};

  WalkPlan plan_;
  std::int64_t start_ms_ = 0;
  std::unique_ptr<Stream> live_;
  std::unique_ptr<Stream> late_;  // the backlog of one who sends live points first
  Micros offline_until_ = 0;
  bool has_backlog_ = false;
  std::vector<PendingBeat> beats_;
  std::size_t beats_sending_ = 0;  // of the first so many the server has not been heard of
  Micros beats_sent_at_ = 0;
  Micros beats_ready_at_ = 0;  // when a chunk became due; 0: none is
  Micros next_read_ = kNever;
  std::uint32_t read_step_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace ruck::load

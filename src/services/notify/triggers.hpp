#pragma once
// What happened elsewhere, as jobs of the services below; and who is told of it.
//
// A job says what has changed, and its handler looks at how things stand when it runs: a like that
// was taken back meanwhile is told to nobody. Running twice records once, since a record has a key
// of its own (recipient, kind, actor, object).
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "services/notify/recording.hpp"

#include <boost/describe/class.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace ruck::notify {

// The next followers who are told of a start.
inline constexpr std::string_view kStartedChunkJob = "notify.ruck_started";
inline constexpr std::string_view kPruneJob = "notify.prune";

// With how far it has come. The cause's own payload is the beginning.
struct StartedChunk {
  UserId owner;
  RuckId ruck;
  std::int64_t after_us = 0;
  Uuid after;
};
BOOST_DESCRIBE_STRUCT(StartedChunk, (), (owner, ruck, after_us, after))

class Triggers {
 public:
  struct Dependencies {
    db::Database& database;
    bus::Bus& bus;
    const Clock& clock;
  };
  explicit Triggers(Dependencies dependencies) : deps_(dependencies) {}

  [[nodiscard]] std::vector<jobs::Kind> kinds();

 private:
  using Outcome = jobs::Outcome;
  task<Outcome> follow_changed(jobs::RunningJob job);
  task<Outcome> like_changed(jobs::RunningJob job);
  task<Outcome> comment_changed(jobs::RunningJob job);
  task<Outcome> ruck_started(jobs::RunningJob job);
  task<Outcome> ruck_closed(jobs::RunningJob job);
  task<Outcome> ruck_imported(jobs::RunningJob job);
  task<Outcome> cheered(jobs::RunningJob job);
  task<Outcome> new_device(jobs::RunningJob job);
  task<Outcome> sign_ins_ended(jobs::RunningJob job);
  task<Outcome> prune(jobs::RunningJob job);

  // The next so many followers; nothing when those were the last.
  task<Result<std::optional<StartedChunk>>> tell_of_start(StartedChunk at);
  // Runs the unit of work and tells the sockets of those whom it names.
  task<Outcome> run(std::function<AllTold(db::Session&)> unit);
  task<> tell_sockets(AllTold told);

  Dependencies deps_;
};

}  // namespace ruck::notify

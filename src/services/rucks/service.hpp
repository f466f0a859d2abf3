#pragma once
// Rucks from creation to summary (contract core §3).
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "calendar/time_zone.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "jobs/job.hpp"
#include "runtime/periodic.hpp"
#include "services/rucks/recording/ingest.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/track/track.hpp"
#include "services/rucks/types.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace ruck::jobs {
class Runner;
}

namespace ruck::rucks {

// For the profile, inside its unit of work: the user's days have moved to another zone.
void on_zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone);

// A finished recording from elsewhere: a file, another service.
struct ImportedRuck {
  std::string import_key;  // of the source: the same source is the same ruck
  std::optional<std::string> title;
  std::optional<double> ruck_weight_kg;
  std::optional<bool> is_public;  // without these two, the owner's default
  std::optional<people::Visibility> visibility;
  std::string altitude_source = "gps";
  Track track;
  std::optional<UtcMs> started_at;  // where the points have no times
  std::optional<double> distance_m;
};
struct ImportOutcome {
  RuckView ruck;
  bool was_there = false;
};

// A ruck with all that was recorded, for files and other services.
struct RecordedTrack {
  RuckView ruck;
  Track track;
};

struct PublicSide;  // shown.hpp

struct Reactions {
  std::int64_t likes = 0;
  std::int64_t comments = 0;
  bool is_liked = false;  // by the viewer
};

// For photos, inside their unit of work: a ruck as a viewer may see it; kRuckNotFound for who may
// not, and of others' rucks for one under way.
struct SeenRuck {
  RuckId id;
  UserId owner;
  bool is_owner = false;
  bool is_open = false;                         // everybody may see it, signed in or not
  std::vector<std::vector<RoutePoint>> pieces;  // the line that others see; of another's ruck only
};
[[nodiscard]] Result<SeenRuck> see_ruck(db::Session& q, UserId viewer, const RuckRef& ref);
void set_has_photos(db::Session& q, UserId owner, RuckId ruck, bool has_photos);

// For profiles, inside their unit of work: an owner's latest rucks as the viewer may see them.
[[nodiscard]] std::vector<json::Raw> recent_rucks(db::Session& q, UserId viewer, UserId owner,
                                                  std::size_t limit);

// What people make of a ruck; kept by another service.
class ReactionSource {
 public:
  virtual ~ReactionSource() = default;
  [[nodiscard]] virtual Reactions of(db::Session& q, UserId viewer, RuckId ruck) = 0;
};

// Photos of rucks; kept by another service. All inside the unit of work.
class PhotoSource {
 public:
  virtual ~PhotoSource() = default;
  // Of rucks that the viewer may see, the first `each` of each, in their order.
  [[nodiscard]] virtual std::vector<RuckPhoto> of(db::Session& q, UserId viewer,
                                                  const std::vector<RuckId>& rucks,
                                                  std::int64_t each) = 0;
  // The ruck is about to be deleted.
  virtual void remove(db::Session& q, RuckId ruck, UtcUs now) = 0;
};

class RuckService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    telemetry::Metrics& metrics;
    bus::Bus& bus;  // topics.hpp
    ReactionSource& reactions;
    PhotoSource& photos;
  };
  explicit RuckService(Dependencies dependencies);

  using Viewer = http::Viewer;
  using CreateReply = std::variant<http::Created<CreatedRuck>, ActiveRuck>;
  using RuckReply = std::variant<RuckWithTrack, PublicRuckWithRoute>;
  using DetailsReply = std::variant<RuckDetails, PublicRuckDetails>;

  task<Result<CreateReply>> create(Viewer viewer, http::Lenient<CreateRuck> request);
  task<Result<RuckView>> start(Viewer viewer, RuckRef ruck, http::Lenient<StartRuck> request);
  task<Result<RuckView>> pause(Viewer viewer, RuckRef ruck, http::Lenient<RuckEvent> event);
  task<Result<RuckView>> resume(Viewer viewer, RuckRef ruck, http::Lenient<RuckEvent> event);
  task<Result<RuckView>> change_load(Viewer viewer, RuckRef ruck, http::Lenient<RuckEvent> event);
  task<Result<CompletedRuck>> complete(Viewer viewer, RuckRef ruck,
                                       http::Lenient<CompleteRuck> request);
  task<Result<RuckView>> patch_details(Viewer viewer, RuckRef ruck, RuckNotes notes);
  task<Result<EditReply>> edit(Viewer viewer, RuckRef ruck, EditRuck request);
  task<Result<DeleteReply>> remove(Viewer viewer, RuckRef ruck);

  task<Result<std::vector<RuckView>>> list(Viewer viewer, ListQuery query);
  task<Result<RecordsView>> records(Viewer viewer);
  task<Result<RecordedTrack>> recorded(Viewer viewer, RuckRef ruck);
  task<Result<RuckReply>> get(Viewer viewer, RuckRef ruck);
  task<Result<DetailsReply>> details(Viewer viewer, RuckRef ruck);
  // What others see of one's own ruck.
  task<Result<PreviewReply>> preview(Viewer viewer, RuckRef ruck);
  task<Result<std::vector<HeartRateView>>> heart_rate(Viewer viewer, RuckRef ruck,
                                                      HeartRateQuery query);

  task<Result<http::Created<BatchReply>>> locate(Viewer viewer, RuckRef ruck, http::BodyView body);
  task<Result<http::Created<BatchReply>>> add_heart_rate(Viewer viewer, RuckRef ruck,
                                                         http::BodyView body);

  task<Result<ImportOutcome>> import(UserId user, ImportedRuck ruck);

  // Starts the work that goes on beside requests, on a core that runs.
  void start(runtime::Core& core);
  // Rucks that were left open are closed by a job that recurs: by one instance at a time.
  void add_jobs(jobs::Runner& runner);
  // Completes or cancels rucks that were left open (closing.hpp); how many.
  task<std::int64_t> close_left_open();

  // All that wait for it. Returns how many owners are done.
  task<std::int64_t> refresh_shown();

 private:
  task<jobs::Outcome> run_closing();
  task<> refresh_if_asked();
  // Runs `change` on the owner's own ruck in a unit of work; kRuckNotFound for anybody else's.
  template <class T>
  task<Result<T>> change(Viewer viewer, RuckRef ref,
                         std::function<Result<T>(db::Session&, RuckRow)> change);
  // The ruck's id; one that is only known by its offline name is made.
  task<Result<RuckId>> own_id(Viewer viewer, RuckRef ref);
  task<Result<SampleWindow>> window_for(store::Key key, const SampleBatch& batch);
  task<Result<RuckView>> add_event(Viewer viewer, RuckRef ref, RuckEvent event, std::string kind);

  [[nodiscard]] PublicRuckDetails details_for_others(db::Session& q, UserId viewer,
                                                     const PublicSide& side) const;
  [[nodiscard]] std::vector<RuckPhoto> photos_of(db::Session& q, UserId viewer,
                                                 const RuckRow& row) const;
  [[nodiscard]] DetailsExtra extra_of(db::Session& q, UserId viewer, const RuckRow& row) const;

  Dependencies deps_;
  RecentPartitions partitions_;
  Ingest ingest_;
  RecentMerger merger_;
  std::unique_ptr<runtime::Periodic> merging_;
  std::unique_ptr<runtime::Periodic> refresher_;
  // How often the database is still looked at: at the start, for what the last process left; and
  // when there was news of access.
  std::atomic<int> refreshes_asked_{kRefreshLooks};
  std::int64_t refresh_looks_ = 0;                             // on the refresher's core only
  std::vector<std::unique_ptr<bus::Bus::Subscription>> news_;  // last: they use the rest
};

void add_routes(http::Router& router, RuckService& service);

}  // namespace ruck::rucks

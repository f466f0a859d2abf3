#include "services/rucks/service.hpp"

#include "base/whole_number.hpp"
#include "http/json/writer.hpp"
#include "jobs/runner.hpp"
#include "runtime/cancelled.hpp"
#include "services/profile/service.hpp"
#include "services/profile/topics.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/recording/closing.hpp"
#include "services/rucks/recording/jobs.hpp"
#include "services/rucks/recording/topics.hpp"
#include "services/rucks/rules.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/summary/shown.hpp"
#include "services/rucks/summary/views.hpp"
#include "services/rucks/track/progress.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ruck::rucks {
namespace {
constexpr int kCreateAttemptsMax = 3;  // two creates at once: the loser finds the winner's ruck

ActiveRuck active_view(const RuckRow& row) {
  return {.id = row.id,
          .status = row.status,
          .started_at = row.started_at,
          .ruck_weight_kg = row.ruck_weight_kg};
}

// A ruck that is entered by hand, whole and finished.
Result<RuckService::CreateReply> create_manual(db::Session& q, RuckRow row,
                                               const CreateRuck& request, UtcUs now) {
  row.is_manual = true;
  row.status = status::kCompleted;
  merge_claims(row, request);
  const auto local = [&](const std::optional<http::Timestamp>& time) {
    return time ? std::optional(local_moment(q, row.user_id, *time)) : std::nullopt;
  };
  take_times(row, local(request.started_at), local(request.completed_at), now);
  const auto duration =
      std::chrono::microseconds(whole_number(claims_of(row).duration_seconds * 1e6));
  if (row.started_at && !row.completed_at) row.completed_at = *row.started_at + duration;
  if (!row.started_at) row.started_at = row.completed_at.value_or(now) - duration;
  store::insert(q, row);
  const Result<Merged> merged = merge_track(q, std::move(row), {}, now);
  if (!merged) return fail(merged.error());
  return RuckService::CreateReply(http::Created<CreatedRuck>{{view_of(merged->row), {}}});
}

Result<RuckService::CreateReply> create_now(db::Session& q, UserId user, const CreateRuck& request,
                                            UtcUs now) {
  Result<RuckRow> fresh = new_ruck(q, user, now);
  if (!fresh) return fail(std::move(fresh).error());
  const bool is_finished =
      request.status == "completed" || request.duration_seconds.value_or(0) > 0;
  const bool is_manual = request.is_manual.value_or(false) && is_finished;
  auto active = is_manual ? std::nullopt : store::find_active(q, user);
  if (active && active->status != status::kCreated) {
    const Result<bool> closed = close_if_left(q, *active, now);
    if (!closed) return fail(closed.error());
    if (*closed) active.reset();
  }
  if (active && active->status != status::kCreated)
    return RuckService::CreateReply(active_view(*active));
  // One that was created and never started is taken again: a create whose reply was lost, or a
  // change of mind about the weight.
  RuckRow row = active ? *active : *fresh;
  row.body = fresh->body;
  row.updated_at = now;
  copy_notes(row, request);
  set_weights(row, request.ruck_weight_kg, request.user_weight_kg);
  if (is_manual) return create_manual(q, std::move(row), request, now);
  row.is_manual = request.is_manual.value_or(false);
  if (request.started_at) take_times(row, moment(*request.started_at), std::nullopt, now);
  if (active) {
    store::update(q, row);
  } else {
    store::insert(q, row);
  }
  return RuckService::CreateReply(http::Created<CreatedRuck>{{view_of(row), {}}});
}

// Whether a repeated completion told anything new.
bool is_same(RuckRow a, RuckRow b) {
  a.updated_at = b.updated_at;
  a.last_arrival_at = b.last_arrival_at;
  return a == b;
}
}  // namespace

void on_zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone) {
  move_days(q, user, zone);
}

RuckService::RuckService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      ingest_({.database = deps_.database,
               .bus = deps_.bus,
               .partitions = partitions_,
               .revisions = deps_.revisions,
               .clock = deps_.clock,
               .metrics = deps_.metrics}),
      merger_({.database = deps_.database,
               .partitions = partitions_,
               .engines = ingest_,
               .metrics = deps_.metrics}) {
  // What is hidden of an owner's rucks may have changed (people::begin_refresh, committed): they
  // are computed anew, soon.
  news_.push_back(
      deps_.bus.subscribe(std::string(profile::kAccessChanged), [this](const auto& payload) {
        const auto change = profile::access_change(*payload);
        if (change && !change->parted) refreshes_asked_ = kRefreshLooks;
      }));
  news_.push_back(deps_.bus.subscribe(std::string(bus::kGap),
                                      [this](const auto&) { refreshes_asked_ = kRefreshLooks; }));
  news_.push_back(
      deps_.bus.subscribe(std::string(profile::kAccountChanged), [this](const auto& payload) {
        if (const auto user = profile::account_change(*payload)) ingest_.forget_user(*user);
      }));
}

void RuckService::add_jobs(jobs::Runner& runner) {
  runner.add({.name = "rucks.close_left_open",
              .priority = jobs::Priority::kLow,
              .concurrency_max = 1,
              .is_recurring = true,
              .run = [this](const jobs::RunningJob&) { return run_closing(); }});
}

task<jobs::Outcome> RuckService::run_closing() {
  const std::int64_t closed = co_await close_left_open();
  if (closed > 0) telemetry::log_info("rucks.closed", {{"rucks", closed}});
  co_return jobs::again_at(deps_.clock.now() + kCloseEvery);
}

void RuckService::start(runtime::Core& core) {
  // Reads the table of recent batches: with many of them longer than a read may last.
  const Result<> read =
      deps_.database.write_now([](db::Session& q) { static_cast<void>(RecentIndex::of(q)); });
  if (!read) telemetry::log_warning("ingest.recent_not_read", {{"reason", read.error().detail}});
  merging_ = std::make_unique<runtime::Periodic>(
      "recent", core, kMergeEvery, [this] { return merger_.run(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("ingest.merging_failed", name, failure);
      });
  refresher_ = std::make_unique<runtime::Periodic>(
      "shown", core, kRefreshEvery, [this] { return refresh_if_asked(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("rucks.shown_failed", name, failure);
      });
}

// Another instance's owners are looked for as well, but not as often.
task<> RuckService::refresh_if_asked() {
  const bool is_asked = refreshes_asked_ > 0 && refreshes_asked_.fetch_sub(1) > 0;
  if (!is_asked && ++refresh_looks_ % kRefreshLooksEvery != 0) co_return;
  const std::int64_t done = co_await refresh_shown();
  if (done > 0) telemetry::log_info("rucks.shown_anew", {{"owners", done}});
}

task<std::int64_t> RuckService::refresh_shown() {
  std::int64_t done = 0;
  const UtcUs now = deps_.clock.now();
  const auto of_former = co_await deps_.database.read([now](db::Session& q) {
    return people::owners_of_former_zones(q, now, kRefreshedAtOnceMax);
  });
  const std::vector<UserId> none;
  for (const UserId owner : of_former ? *of_former : none) {
    static_cast<void>(co_await deps_.revisions.write(
        owner, [owner, now](db::Session& q) { people::drop_former_zones(q, owner, now); }));
  }
  while (!co_await runtime::is_cancelled()) {
    const auto owners = co_await deps_.database.read(
        [](db::Session& q) { return people::waiting_refreshes(q, kRefreshedAtOnceMax); });
    if (!owners || owners->empty()) co_return done;
    for (const UserId owner : *owners) {
      Result<bool> more = true;
      // One unit of work is short: recording waits behind it on the embedded database.
      while (more && *more) {
        if (co_await runtime::is_cancelled()) co_return done;
        more = co_await deps_.revisions.write(
            owner, [owner](db::Session& q) { return refresh_some(q, owner, kRucksPerRefresh); });
      }
      if (!more) {
        telemetry::log_warning("rucks.not_shown_anew", {{"reason", more.error().detail}});
        refreshes_asked_ = kRefreshLooks;
        co_return done;
      }
      done += 1;
    }
  }
  co_return done;
}

task<std::int64_t> RuckService::close_left_open() {
  const UtcUs now = deps_.clock.now();
  const auto keys =
      co_await deps_.database.read([now](db::Session& q) { return open_without_news(q, now); });
  if (!keys) co_return 0;
  std::int64_t closed = 0;
  for (const store::Key& key : *keys) {
    if (co_await runtime::is_cancelled()) break;
    const Result<bool> done =
        co_await deps_.revisions.write(key.user, [key, now](db::Session& q) -> Result<bool> {
          const auto row = store::find(q, key);
          if (!row || !is_open(row->status)) return false;
          return close_if_left(q, *row, now);
        });
    if (!done) {
      telemetry::log_warning("rucks.not_closed",
                             {{"ruck", key.ruck.value()}, {"reason", done.error().detail}});
      continue;
    }
    if (*done) ingest_.forget(key.ruck);
    if (*done) publish_changed(deps_.bus, key.ruck);
    closed += *done ? 1 : 0;
  }
  co_return closed;
}

template <class T>
task<Result<T>> RuckService::change(Viewer viewer, RuckRef ref,
                                    std::function<Result<T>(db::Session&, RuckRow)> change) {
  Result<std::pair<T, RuckId>> outcome =
      co_await deps_.revisions.write(viewer.user,
                                     [user = viewer.user, ref, change = std::move(change)](
                                         db::Session& q) -> Result<std::pair<T, RuckId>> {
                                       auto row = find(q, user, ref);
                                       if (!row) return fail(ErrorCode::kRuckNotFound);
                                       const RuckId found = row->id;
                                       Result<T> changed = change(q, std::move(*row));
                                       if (!changed) return fail(std::move(changed).error());
                                       return std::pair(std::move(*changed), found);
                                     });
  if (!outcome) co_return fail(std::move(outcome).error());
  ingest_.forget(outcome->second);
  publish_changed(deps_.bus, outcome->second);
  co_return std::move(outcome->first);
}

task<Result<RuckId>> RuckService::own_id(Viewer viewer, RuckRef ref) {
  if (ref.id) co_return *ref.id;
  const Result<std::optional<RuckRow>> known = co_await deps_.database.read(
      [user = viewer.user, ref](db::Session& q) { return find(q, user, ref); });
  if (known && *known) co_return (*known)->id;
  const Result<RuckRow> made = co_await deps_.revisions.write(
      viewer.user, [user = viewer.user, ref, now = deps_.clock.now()](db::Session& q) {
        return ruck_of_client_key(q, user, ref.client_key, now);
      });
  if (!made) co_return fail(made.error());
  co_return made->id;
}

task<Result<RuckService::CreateReply>> RuckService::create(Viewer viewer,
                                                           http::Lenient<CreateRuck> request) {
  Result<CreateReply> reply = fail(ErrorCode::kConflict);
  for (int attempt = 0; attempt < kCreateAttemptsMax; ++attempt) {
    reply = co_await deps_.revisions.write(
        viewer.user, [user = viewer.user, value = request.value, now = deps_.clock.now()](
                         db::Session& q) { return create_now(q, user, value, now); });
    if (reply || reply.error().code != ErrorCode::kConflict) break;
  }
  if (!reply) co_return fail(std::move(reply).error());
  if (auto* created = std::get_if<http::Created<CreatedRuck>>(&*reply)) {
    created->value.warnings = std::move(request.warnings);
  }
  co_return std::move(*reply);
}

task<Result<RuckView>> RuckService::start(Viewer viewer, RuckRef ref,
                                          http::Lenient<StartRuck> request) {
  const Result<RuckId> id = co_await own_id(viewer, ref);
  if (!id) co_return fail(id.error());
  const UtcUs now = deps_.clock.now();
  co_return co_await change<RuckView>(
      viewer, {.id = *id, .client_key = {}},
      [value = request.value, now](db::Session& q, RuckRow row) -> Result<RuckView> {
        if (is_live(row.status)) return view_of(row);  // a start that is sent again
        // One that was cancelled because it was not started for hours may be started after all.
        const bool was_left =
            row.status == status::kCancelled && !store::find_active(q, row.user_id);
        if (row.status != status::kCreated && !was_left) {
          return fail(ErrorCode::kInvalidState, "This ruck has ended and cannot be started");
        }
        set_weights(row, value.ruck_weight_kg, value.user_weight_kg);
        set_visibility(row, std::nullopt, value.visibility);
        if (value.started_at) take_times(row, moment(*value.started_at), std::nullopt, now);
        start_now(row, now);
        store::update(q, row);
        enqueue_news(q, kStartedJob, {.owner = row.user_id, .ruck = row.id}, now);
        return view_of(row);
      });
}

task<Result<RuckView>> RuckService::add_event(Viewer viewer, RuckRef ref, RuckEvent event,
                                              std::string kind) {
  const Result<RuckId> id = co_await own_id(viewer, ref);
  if (!id) co_return fail(id.error());
  const UtcUs now = deps_.clock.now();
  co_return co_await change<RuckView>(
      viewer, {.id = *id, .client_key = {}},
      [event, kind, now](db::Session& q, RuckRow row) -> Result<RuckView> {
        // One that says when it was is news of the past: the phone was without a network, and the
        // ruck may have been closed meanwhile.
        const bool is_live_now = is_live(row.status);
        if (kind != "load" && !event.timestamp && !is_live_now) {
          return fail(ErrorCode::kInvalidState, "Only a ruck under way can be paused or resumed");
        }
        const store::Key key{row.user_id, row.id};
        if (store::events(q, key).size() >= kEventsPerRuckMax) {
          return fail(ErrorCode::kInvalidState, "This ruck has too many pauses and load changes");
        }
        UtcUs at = event.timestamp ? moment(*event.timestamp) : now;
        if (at > now + kClockAhead || at < utc_us(0)) at = now;
        store::put_event(q, key,
                         {.at_ms = to_ms(at).time_since_epoch().count(),
                          .kind = kind,
                          .load_kg = event.load_kg});
        if (kind == "pause" && is_live_now) row.status = status::kPaused;
        if (kind == "resume" && is_live_now) row.status = status::kInProgress;
        const Result<Merged> merged = merge_track(q, std::move(row), {}, now);
        if (!merged) return fail(merged.error());
        return view_of(merged->row);
      });
}

task<Result<RuckView>> RuckService::pause(Viewer viewer, RuckRef ref,
                                          http::Lenient<RuckEvent> event) {
  return add_event(viewer, std::move(ref), event.value, "pause");
}
task<Result<RuckView>> RuckService::resume(Viewer viewer, RuckRef ref,
                                           http::Lenient<RuckEvent> event) {
  return add_event(viewer, std::move(ref), event.value, "resume");
}
task<Result<RuckView>> RuckService::change_load(Viewer viewer, RuckRef ref,
                                                http::Lenient<RuckEvent> event) {
  if (!event.value.load_kg)
    co_return fail(ErrorCode::kInvalidInput, "$.load_kg: expected a number, got nothing");
  co_return co_await add_event(viewer, std::move(ref), event.value, "load");
}

task<Result<CompletedRuck>> RuckService::complete(Viewer viewer, RuckRef ref,
                                                  http::Lenient<CompleteRuck> request) {
  const Result<RuckId> id = co_await own_id(viewer, ref);
  if (!id) co_return fail(id.error());
  const UtcUs now = deps_.clock.now();
  Result<CompletedRuck> reply = co_await change<CompletedRuck>(
      viewer, {.id = *id, .client_key = {}},
      [value = request.value, now](db::Session& q, RuckRow row) -> Result<CompletedRuck> {
        const RuckRow before = row;
        copy_notes(row, value);
        merge_claims(row, value);
        set_weights(row, value.ruck_weight_kg, value.user_weight_kg);
        const auto as_moment = [](const std::optional<http::Timestamp>& time) {
          return time ? std::optional(moment(*time)) : std::nullopt;
        };
        if (row.status != status::kCompleted || row.completed_at) {
          take_times(row, as_moment(value.started_at), as_moment(value.completed_at), now);
        }
        SampleBatch samples = to_batch(value.heart_rate_samples);
        const std::array additions{
            Additions{.points = {}, .heart_rate = place_samples(samples, window_of(q, row, now))}};
        row.status = status::kCompleted;
        const Result<Merged> merged = merge_track(q, std::move(row), additions, now);
        if (!merged) return fail(merged.error());
        CompletedRuck done{view_of(merged->row)};
        done.session_id = merged->row.id;
        done.message = "Ruck completed";
        if (before.status == status::kCompleted && is_same(before, merged->row)) {
          done.status = "already_completed";
          done.message = "This ruck was completed before and nothing has changed";
        }
        done.splits = own_splits(q, merged->row);
        return done;
      });
  if (reply) reply->warnings = std::move(request.warnings);
  co_return reply;
}

task<Result<RuckView>> RuckService::patch_details(Viewer viewer, RuckRef ref, RuckNotes notes) {
  return change<RuckView>(
      viewer, std::move(ref),
      [notes = std::move(notes), now = deps_.clock.now()](db::Session& q,
                                                          RuckRow row) -> Result<RuckView> {
        const RuckRow before = row;
        copy_notes(row, notes);
        if (row == before && json::to_text(notes) == json::to_text(RuckNotes{})) {
          return fail(ErrorCode::kInvalidInput, "There is nothing in it to change");
        }
        row.updated_at = now;
        store::update(q, row);
        const bool moves_day = row.perceived_exertion != before.perceived_exertion ||
                               row.visibility != before.visibility;
        if (moves_day && row.local_day) refresh_day(q, row.user_id, *row.local_day);
        return view_of(row);
      });
}

task<Result<EditReply>> RuckService::edit(Viewer viewer, RuckRef ref, EditRuck request) {
  return change<EditReply>(
      viewer, std::move(ref),
      [request = std::move(request), now = deps_.clock.now()](db::Session& q,
                                                              RuckRow row) -> Result<EditReply> {
        if (row.status != status::kCompleted) {
          return fail(ErrorCode::kInvalidState, "Only a completed ruck can be edited");
        }
        if (request.end_time) {
          const UtcUs end = moment(*request.end_time);
          if (row.started_at && end <= *row.started_at) {
            return fail(ErrorCode::kInvalidInput, "$.end_time: expected a time after the start");
          }
          row.trim_end_ms = to_ms(end).time_since_epoch().count();
          row.completed_at = end;
        }
        set_visibility(row, request.is_public, request.visibility);
        // The owner's word replaces what the phone said before, also where it is smaller.
        row.client = json::to_text(
            StoredClaims{.distance_km = request.distance_km,
                         .duration_seconds = request.duration_seconds,
                         .paused_duration_seconds = claims_of(row).paused_duration_seconds,
                         .elevation_gain_m = request.elevation_gain_m,
                         .elevation_loss_m = request.elevation_loss_m,
                         .calories_burned = request.calories_burned.value_or(0),
                         .avg_heart_rate = request.avg_heart_rate,
                         .min_heart_rate = request.min_heart_rate,
                         .max_heart_rate = request.max_heart_rate,
                         .splits = request.splits});
        const Result<Merged> merged = merge_track(q, std::move(row), {}, now);
        if (!merged) return fail(merged.error());
        const RuckView view = view_of(merged->row);
        return EditReply{.message = "Ruck updated",
                         .session_id = view.id,
                         .distance_km = view.distance_km,
                         .calories_burned = view.calories_burned,
                         .duration_seconds = view.duration_seconds,
                         .average_pace = view.average_pace};
      });
}

task<Result<DeleteReply>> RuckService::remove(Viewer viewer, RuckRef ref) {
  return change<DeleteReply>(viewer, std::move(ref),
                             [this](db::Session& q, RuckRow row) -> Result<DeleteReply> {
                               deps_.photos.remove(q, row.id, deps_.clock.now());
                               remove_ruck(q, {row.user_id, row.id});
                               if (row.local_day) refresh_day(q, row.user_id, *row.local_day);
                               return DeleteReply{.message = "Ruck deleted", .id = row.id};
                             });
}

task<Result<ImportOutcome>> RuckService::import(UserId user, ImportedRuck ruck) {
  const UtcUs now = deps_.clock.now();
  co_return co_await deps_.revisions.write(
      user, [user, ruck = std::move(ruck), now](db::Session& q) -> Result<ImportOutcome> {
        if (const auto known = store::find_by_import_key(q, user, ruck.import_key)) {
          return ImportOutcome{.ruck = view_of(*known), .was_there = true};
        }
        Result<RuckRow> row = new_ruck(q, user, now);
        if (!row) return fail(std::move(row).error());
        row->import_key = ruck.import_key;
        row->is_manual = true;
        row->status = status::kCompleted;
        row->title = ruck.title;
        set_visibility(*row, ruck.is_public, ruck.visibility);
        row->altitude_source = ruck.altitude_source;
        row->ruck_weight_kg = ruck.ruck_weight_kg.value_or(0);
        if (ruck.started_at) row->started_at = to_us(*ruck.started_at);
        if (ruck.distance_m) merge_claims(*row, {.distance_km = *ruck.distance_m / 1000});
        store::insert(q, *row);
        const store::Key key{user, row->id};
        for (const EventRow& event : ruck.track.events) store::put_event(q, key, event);
        const std::array additions{
            Additions{.points = ruck.track.points, .heart_rate = ruck.track.heart_rate}};
        const Result<Merged> merged = merge_track(q, std::move(*row), additions, now);
        if (!merged) return fail(merged.error());
        enqueue_news(q, kImportedJob, {.owner = key.user, .ruck = key.ruck}, now);
        return ImportOutcome{.ruck = view_of(merged->row), .was_there = false};
      });
}

}  // namespace ruck::rucks

// What comes in while a ruck is under way: batches of points and heart rate.
#include "base/whole_number.hpp"
#include "services/rucks/recording/batch.hpp"
#include "services/rucks/rules.hpp"
#include "services/rucks/service.hpp"
#include "services/rucks/store.hpp"

#include <cmath>

namespace ruck::rucks {
namespace {
BatchReply reply_of(RuckId id, const Stored& stored, std::int64_t submitted,
                    std::int64_t rejected) {
  const double kept = static_cast<double>(submitted - rejected);
  return {.ruck_id = id,
          .submitted_count = submitted,
          .inserted = stored.inserted,
          .duplicates = stored.duplicates,
          .rejected = rejected,
          .success_rate =
              submitted == 0 ? 100 : std::round(1000 * kept / static_cast<double>(submitted)) / 10,
          .distance_km = std::round(stored.distance_m) / 1000,
          .duration_seconds = whole_number(stored.duration_s)};
}

template <class T>
json::Omittable<std::vector<T>> unless_empty(std::vector<T> list) {
  return list.empty() ? json::Omittable<std::vector<T>>()
                      : json::Omittable<std::vector<T>>(std::move(list));
}
}  // namespace

task<Result<http::Created<BatchReply>>> RuckService::locate(Viewer viewer, RuckRef ref,
                                                            http::BodyView body) {
  Result<PointBatch> batch = parse_points(body.bytes, to_ms(deps_.clock.now()));
  if (!batch) co_return fail(std::move(batch).error());
  const Result<RuckId> id = co_await own_id(viewer, ref);
  if (!id) co_return fail(id.error());
  const Result<Stored> stored =
      co_await ingest_.add_points({viewer.user, *id}, std::move(batch->points));
  if (!stored) co_return fail(stored.error());
  BatchReply reply = reply_of(*id, *stored, batch->submitted, batch->rejected_count);
  reply.rejected_points = unless_empty(std::move(batch->rejected));
  reply.warnings = unless_empty(std::move(batch->warnings));
  co_return http::Created<BatchReply>{std::move(reply)};
}

// Read only where something depends on it: most samples say their zone.
task<Result<SampleWindow>> RuckService::window_for(store::Key key, const SampleBatch& batch) {
  const UtcUs now = deps_.clock.now();
  if (!lacks_zone(batch)) co_return SampleWindow{.now = to_ms(now)};
  Result<SampleWindow> window =
      co_await deps_.database.read([key, now](db::Session& q) -> Result<SampleWindow> {
        const auto row = store::find(q, key);
        if (!row) return fail(ErrorCode::kRuckNotFound);
        return window_of(q, *row, now);
      });
  if (window && !window->known_offset) {
    const std::int64_t minutes = offset_of(batch, *window).count();
    const Result<> kept = co_await deps_.database.write(
        [key, minutes](db::Session& q) { store::set_clock_offset(q, key, minutes); });
    if (!kept) co_return fail(kept.error());
  }
  co_return window;
}

task<Result<http::Created<BatchReply>>> RuckService::add_heart_rate(Viewer viewer, RuckRef ref,
                                                                    http::BodyView body) {
  Result<SampleBatch> batch = parse_samples(body.bytes);
  if (!batch) co_return fail(std::move(batch).error());
  const Result<RuckId> id = co_await own_id(viewer, ref);
  if (!id) co_return fail(id.error());
  const store::Key key{viewer.user, *id};
  const Result<SampleWindow> window = co_await window_for(key, *batch);
  if (!window) co_return fail(window.error());
  const Result<Stored> stored =
      co_await ingest_.add_heart_rate(key, place_samples(*batch, *window));
  if (!stored) co_return fail(stored.error());
  BatchReply reply = reply_of(*id, *stored, batch->submitted, batch->rejected_count);
  reply.rejected_points = unless_empty(std::move(batch->rejected));
  co_return http::Created<BatchReply>{std::move(reply)};
}

}  // namespace ruck::rucks

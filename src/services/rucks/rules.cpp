#include "services/rucks/rules.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/views.hpp"
#include "services/rucks/track/track.hpp"

#include <algorithm>

namespace ruck::rucks {
namespace {
constexpr auto kIdEpoch = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
// A ruck's id is its day and this many random bits: an id that held the moment of its creation
// would tell everybody when the rucker left the door. Days fit until 2064.
constexpr int kIdRandomBits = 39;
constexpr std::string_view kOfflinePrefix = "offline_";
// Epochs in milliseconds are below this until the year 2527; our ids have been above since 2020.
constexpr std::int64_t kEpochMsEnd = std::int64_t{1} << 44;
constexpr std::int64_t kEpochMsBegin = 1'000'000'000'000;
// A ruck that was created online but never heard of again belongs to the offline one that follows.
constexpr auto kLostReply = std::chrono::hours(24);
constexpr auto kTimesAhead = std::chrono::hours(1);
}  // namespace

RuckId make_ruck_id(UtcUs now) {
  const std::int64_t day = (std::chrono::floor<std::chrono::days>(now) - kIdEpoch).count();
  const auto low = static_cast<std::int64_t>(random_u64() >> (64 - kIdRandomBits));
  return RuckId((std::max<std::int64_t>(day, kEpochMsEnd >> kIdRandomBits) << kIdRandomBits) | low);
}

Result<RuckRow> new_ruck(db::Session& q, UserId user, UtcUs now) {
  const auto owner = profile::find_user(q, user);
  if (!owner) return fail(ErrorCode::kUserNotFound);
  return RuckRow{{.user_id = user,
                  .id = make_ruck_id(now),
                  .visibility = owner->default_visibility,
                  .body = json::to_text(profile::body_of(*owner, now)),
                  .created_at = now,
                  .updated_at = now,
                  .last_arrival_at = now}};
}

std::optional<RuckRow> find(db::Session& q, UserId user, const RuckRef& ref) {
  return ref.id ? store::find(q, {user, *ref.id})
                : store::find_by_client_key(q, user, ref.client_key);
}

Result<RuckRow> ruck_of_client_key(db::Session& q, UserId user, const std::string& client_key,
                                   UtcUs now) {
  if (auto known = store::find_by_client_key(q, user, client_key)) return std::move(*known);
  const auto started =
      parse_number<std::int64_t>(std::string_view(client_key).substr(kOfflinePrefix.size()));
  const UtcUs name_time = to_us(utc_ms(started.value_or(0)));
  const bool is_plausible = name_time > utc_us(0) && name_time <= now + kTimesAhead;
  auto active = store::find_active(q, user);
  if (active && active->status == status::kCreated && now - active->created_at < kLostReply) {
    active->client_key = client_key;
    if (is_plausible && !active->started_at) active->started_at = name_time;
    store::update(q, *active);
    return std::move(*active);
  }
  Result<RuckRow> row = new_ruck(q, user, now);
  if (!row) return row;
  row->client_key = client_key;
  if (is_plausible) row->started_at = name_time;
  store::insert(q, *row);
  return row;
}

UtcUs moment(const http::Timestamp& time) { return to_us(time.time); }

UtcUs local_moment(db::Session& q, UserId user, const http::Timestamp& time) {
  return time.has_zone ? to_us(time.time) : to_us(profile::zone_of(q, user).from_local(time.time));
}

void set_weights(RuckRow& row, const std::optional<double>& load_kg,
                 const std::optional<double>& body_kg) {
  row.ruck_weight_kg = load_kg.value_or(row.ruck_weight_kg);
  if (!body_kg) return;
  profile::Body body = body_of(row);
  body.weight_kg = *body_kg;
  row.body = json::to_text(body);
}

void take_times(RuckRow& row, const std::optional<UtcUs>& started,
                const std::optional<UtcUs>& ended, UtcUs now) {
  const auto is_possible = [&](UtcUs time) {
    return time > utc_us(0) && time <= now + kTimesAhead;
  };
  if (started && is_possible(*started)) {
    row.started_at = row.started_at ? std::min(*row.started_at, *started) : *started;
  }
  const UtcUs earliest = row.started_at.value_or(UtcUs::min());
  if (ended && is_possible(*ended) && *ended >= earliest) {
    row.completed_at = std::max(row.completed_at.value_or(*ended), *ended);
  }
}

SampleWindow window_of(db::Session& q, const RuckRow& row, UtcUs now) {
  const UtcMs anchor = to_ms(row.started_at.value_or(now));
  const auto zone = profile::zone_of(q, row.user_id);
  SampleWindow window{
      .now = to_ms(now),
      .profile_offset = std::chrono::round<std::chrono::minutes>(zone.to_local(anchor) - anchor)};
  if (row.clock_offset_min) window.known_offset = std::chrono::minutes(*row.clock_offset_min);
  if (row.started_at) window.started_at = to_ms(*row.started_at);
  if (row.status == status::kCompleted && row.completed_at)
    window.ended_at = to_ms(*row.completed_at);
  return window;
}

std::vector<SplitView> own_splits(db::Session& q, const RuckRow& row) {
  const auto owner = profile::find_user(q, row.user_id);
  const bool metric = owner && owner->prefer_metric;
  std::vector<SplitRow> rows = store::splits(q, {row.user_id, row.id}, metric ? "km" : "mi");
  // A ruck with only the phone's own splits has them in the unit the phone used.
  if (rows.empty()) rows = store::splits(q, {row.user_id, row.id}, metric ? "mi" : "km");
  return split_views(rows);
}

}  // namespace ruck::rucks

std::optional<ruck::rucks::RuckRef> ruck::http::PathParam<ruck::rucks::RuckRef>::parse(
    std::string_view text) {
  using namespace ruck::rucks;
  const bool is_offline = text.starts_with(kOfflinePrefix);
  const auto number =
      parse_number<std::int64_t>(is_offline ? text.substr(kOfflinePrefix.size()) : text);
  if (!number || *number < 0) return std::nullopt;
  // The app sometimes drops the prefix (contract core §3.7).
  const bool is_bare_epoch = *number >= kEpochMsBegin && *number < kEpochMsEnd;
  if (!is_offline && !is_bare_epoch) return RuckRef{.id = RuckId(*number), .client_key = {}};
  return RuckRef{.id = std::nullopt,
                 .client_key = std::string(kOfflinePrefix) + std::to_string(*number)};
}

#include "services/profile/service.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "base/whole_number.hpp"
#include "services/profile/store.hpp"
#include "services/profile/topics.hpp"
#include "services/stats/service.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::profile {
namespace {
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMediaPathBytesMax = 300;  // bucket, owner and a file's name
constexpr double kAgeMin = 5;
constexpr double kAgeMax = 110;

// Takes a value that cannot be empty; null leaves it as it was.
template <class T>
void set(T& target, const http::Settable<T>& change) {
  if (change.given && change.value) target = *change.value;
}
template <class T>
void set(std::optional<T>& target, const http::Settable<T>& change) {
  if (change.given) target = change.value;
}

// Two settings for one wish: an app that knows only the older one changes the newer with it, so
// that what it switches off is off. Who makes new rucks visible wants them listed.
void copy_sharing(UserRow& row, const UpdateProfile& c) {
  const auto text_of = [](Visibility v) { return std::string(json::name_of_enum(v)); };
  if (c.default_visibility.value) {
    row.default_visibility = text_of(*c.default_visibility.value);
    if (*c.default_visibility.value != Visibility::kPrivate) row.allow_ruck_sharing = true;
  }
  if (!c.allow_ruck_sharing.value) return;
  const bool is_on = row.allow_ruck_sharing = *c.allow_ruck_sharing.value;
  if (c.default_visibility.value) return;
  const bool is_private = row.default_visibility == text_of(Visibility::kPrivate);
  if (!is_on) row.default_visibility = text_of(Visibility::kPrivate);
  if (is_on && is_private) row.default_visibility = text_of(Visibility::kPublic);
}

void copy_fields(UserRow& row, const UpdateProfile& c) {
  set(row.username, c.username);
  set(row.weight_kg, c.weight_kg);
  set(row.height_cm, c.height_cm);
  set(row.date_of_birth, c.date_of_birth);
  set(row.gender, c.gender);
  set(row.resting_hr, c.resting_hr);
  set(row.max_hr, c.max_hr);
  if (c.calorie_method.value) row.calorie_method = json::name_of_enum(*c.calorie_method.value);
  set(row.calorie_active_only, c.calorie_active_only);
  set(row.prefer_metric, c.prefer_metric);
  copy_sharing(row, c);
  set(row.is_private, c.is_profile_private);
  if (c.live_audience.value) row.live_audience = json::name_of_enum(*c.live_audience.value);
  set(row.approve_followers, c.approve_followers);
  set(row.notification_clubs, c.notification_clubs);
  set(row.notification_buddies, c.notification_buddies);
  set(row.notification_events, c.notification_events);
  set(row.notification_duels, c.notification_duels);
  set(row.notification_first_ruck, c.notification_first_ruck);
  set(row.strava_auto_export, c.strava_auto_export);
  set(row.show_full_totals, c.show_full_totals);
  set(row.time_zone, c.time_zone);
  if (c.last_active_at.value) row.last_active_at = to_us(c.last_active_at.value->time);
}

Result<> check(const UserRow& before, const UserRow& after) {
  if (after.time_zone != before.time_zone && !calendar::TimeZone::find(after.time_zone)) {
    return fail(ErrorCode::kInvalidInput,
                "$.time_zone: expected an IANA time zone such as Europe/Berlin, got \"" +
                    after.time_zone + "\"");
  }
  const std::string_view name = trim(after.username);
  if (name.empty())
    return fail(ErrorCode::kInvalidInput, "$.username: expected a name, got blanks");
  return {};
}

double km_of(double metres) { return std::round(metres) / 1000.0; }

double age_on(const std::optional<Day>& birth, UtcUs now) {
  constexpr double kUnknownAge = 40;  // behaviour §5
  if (!birth) return kUnknownAge;
  const auto days = std::chrono::floor<std::chrono::days>(now) - *birth;
  return std::clamp(static_cast<double>(days.count()) / 365.25, kAgeMin, kAgeMax);
}
}  // namespace

bool is_media_address(std::string_view url, std::string_view public_url) {
  constexpr std::string_view kMedia = "/storage/v1/object/public/";
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
  if (public_url.empty() || !url.starts_with(public_url)) return false;
  const std::string_view path = url.substr(public_url.size());
  return path.starts_with(kMedia) && path.size() > kMedia.size() &&
         path.size() <= kMediaPathBytesMax && !path.contains("..") &&
         path.find_first_not_of(kPlain) == std::string_view::npos;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos) {
    return false;
  }
  const std::string_view host = text.substr(at + 1);
  const std::size_t dot = host.find('.');
  const bool has_blank = std::ranges::any_of(text, [](char c) { return is_blank(c) || c == '\0'; });
  return dot != std::string_view::npos && dot > 0 && !host.ends_with('.') && !has_blank;
}

std::vector<ZoneView> zones_of(const Body& body) {
  constexpr std::array<std::int64_t, rucking::kHeartRateZones> kColors = {
      0xFF4FC3F7, 0xFF66BB6A, 0xFFFFEE58, 0xFFFFA726, 0xFFEF5350};  // from easy to hard
  const rucking::Sex sex = sex_of(body);
  const rucking::HeartRateRange range{
      .resting_bpm = body.resting_hr ? static_cast<double>(*body.resting_hr)
                                     : rucking::default_resting_bpm(sex),
      .max_bpm = body.max_hr ? static_cast<double>(*body.max_hr)
                             : rucking::tanaka_max_bpm(body.age_years)};
  const auto bounds = rucking::zone_boundaries_bpm(range);
  std::vector<ZoneView> zones;
  for (std::size_t i = 0; i < kColors.size(); ++i) {
    zones.push_back({.min_bpm = whole_number(bounds[i]),
                     .max_bpm = whole_number(bounds[i + 1]),
                     .name = "Z" + std::to_string(i + 1),
                     .color = kColors[i]});
  }
  return zones;
}

rucking::Sex sex_of(const Body& body) {
  if (body.gender.starts_with('m')) return rucking::Sex::kMale;
  if (body.gender.starts_with('f') || body.gender.starts_with('w')) return rucking::Sex::kFemale;
  return rucking::Sex::kUnknown;
}

UserRow create_user(db::Session& q, const NewUser& user, UtcUs now) {
  const bool knows_zone = user.time_zone && calendar::TimeZone::find(*user.time_zone);
  const UserRow row{.id = UserId(Uuid::make_v7(to_ms(now))),
                    .email = user.email,
                    .username = user.username,
                    .weight_kg = user.weight_kg,
                    .height_cm = user.height_cm,
                    .date_of_birth = user.date_of_birth,
                    .gender = user.gender,
                    .prefer_metric = user.prefer_metric.value_or(false),
                    .time_zone = knows_zone ? *user.time_zone : "UTC",
                    .created_at = now,
                    .updated_at = now};
  store::insert(q, row, random_bytes(kSecretBytes));
  return row;
}

std::optional<UserRow> find_user(db::Session& q, UserId user) { return store::find(q, user); }

calendar::TimeZone zone_of(db::Session& q, UserId user) {
  const auto name = store::time_zone(q, user);
  const auto zone = name ? calendar::TimeZone::find(*name) : std::nullopt;
  return zone.value_or(calendar::TimeZone::utc());
}

void set_email(db::Session& q, UserId user, const std::string& email, UtcUs now) {
  store::set_email(q, user, email, now);
}

void set_avatar(db::Session& q, UserId user, const std::optional<std::string>& url, UtcUs now) {
  store::set_avatar(q, user, url, now);
}

void remove_user(db::Session& q, UserId user) { store::remove(q, user); }

Body body_of(const UserRow& user, UtcUs now) {
  const Body unknown;
  return {.weight_kg = user.weight_kg.value_or(unknown.weight_kg),
          .height_cm = user.height_cm.value_or(unknown.height_cm),
          .age_years = age_on(user.date_of_birth, now),
          .gender = ascii_lower(user.gender.value_or("")),
          .resting_hr = user.resting_hr,
          .max_hr = user.max_hr,
          .calorie_method = user.calorie_method,
          .calorie_active_only = user.calorie_active_only};
}

Profile to_profile(db::Session& q, const UserRow& r, UtcUs now) {
  const auto zone = calendar::TimeZone::find(r.time_zone).value_or(calendar::TimeZone::utc());
  const stats::Lifetime life = stats::lifetime(q, r.id, zone.day_of(to_ms(now)));
  return {.id = r.id,
          .user_id = r.id,
          .email = r.email,
          .username = r.username,
          .weight_kg = r.weight_kg,
          .height_cm = r.height_cm,
          .date_of_birth = r.date_of_birth,
          .gender = r.gender,
          .resting_hr = r.resting_hr,
          .max_hr = r.max_hr,
          .calorie_method = r.calorie_method,
          .calorie_active_only = r.calorie_active_only,
          .created_at = r.created_at,
          .prefer_metric = r.prefer_metric,
          .allow_ruck_sharing = r.allow_ruck_sharing,
          .default_visibility =
              json::enum_of_name<Visibility>(r.default_visibility).value_or(Visibility::kPrivate),
          .is_profile_private = r.is_private,
          .show_full_totals = r.show_full_totals,
          .live_audience =
              json::enum_of_name<LiveAudience>(r.live_audience).value_or(LiveAudience::kNobody),
          .approve_followers = r.approve_followers,
          .avatar_url = r.avatar_url,
          .notification_clubs = r.notification_clubs,
          .notification_buddies = r.notification_buddies,
          .notification_events = r.notification_events,
          .notification_duels = r.notification_duels,
          .notification_first_ruck = r.notification_first_ruck,
          .strava_auto_export = r.strava_auto_export,
          .time_zone = r.time_zone,
          .stats = {.total_rucks = life.all.rucks,
                    .total_distance_km = km_of(life.all.distance_m),
                    .total_calories = whole_number(life.all.calories_kcal),
                    .total_power_points = whole_number(life.all.power_points),
                    .this_month = {.rucks = life.this_month.rucks,
                                   .distance_km = km_of(life.this_month.distance_m),
                                   .calories = whole_number(life.this_month.calories_kcal)}},
          .hr_zones = zones_of(body_of(r, now))};
}

ProfileService::ProfileService(Dependencies dependencies) : deps_(std::move(dependencies)) {}

task<Result<Profile>> ProfileService::get(http::Viewer viewer) {
  co_return co_await deps_.database.read(
      [user = viewer.user, now = deps_.clock.now()](db::Session& q) -> Result<Profile> {
        const auto row = store::find(q, user);
        if (!row) return fail(ErrorCode::kUserNotFound);
        return to_profile(q, *row, now);
      });
}

// Changes the row and everything that hangs on it; gives the row as it is now.
Result<UserRow> ProfileService::apply(db::Session& q, UserId user, const UpdateProfile& changes,
                                      UtcUs now) const {
  auto row = store::find(q, user);
  if (!row) return fail(ErrorCode::kUserNotFound);
  const UserRow before = *row;
  copy_fields(*row, changes);
  // A picture from elsewhere would tell its host who looks at it. Not an error: apps send one. Of
  // the pictures that were uploaded here nobody takes another one than their own: that of another
  // person would be gone when that person removes it.
  const auto& avatar = changes.avatar_url.value;
  const bool is_ours =
      !avatar || avatar == before.avatar_url || is_media_address(*avatar, deps_.public_url);
  if (is_ours) set(row->avatar_url, changes.avatar_url);
  if (const Result<> fine = check(before, *row); !fine) return fail(fine.error());
  if (changes.email.value && trim(*changes.email.value) != before.email) {
    Result<> asked = deps_.relations.ask_for_email(q, user, *changes.email.value);
    if (!asked) return fail(std::move(asked).error());
  }
  row->updated_at = now;
  store::update(q, *row);
  if (before.avatar_url && row->avatar_url != before.avatar_url) {
    deps_.relations.avatar_cleared(q, user, now);
  }
  if (row->username != before.username) store::rename(q, *row);
  if (row->time_zone != before.time_zone) {
    deps_.relations.zone_changed(q, user, *calendar::TimeZone::find(row->time_zone));
  }
  if (row->show_full_totals != before.show_full_totals)
    deps_.relations.totals_changed(q, user, now);
  return std::move(*row);
}

task<Result<Profile>> ProfileService::update(http::Viewer viewer, UpdateProfile changes) {
  const UserId user = viewer.user;
  const bool changes_access = changes.is_profile_private.given || changes.live_audience.given ||
                              changes.show_full_totals.given;
  Result<Profile> updated =
      co_await deps_.revisions.write(user,
                                     [this, user, changes = std::move(changes),
                                      now = deps_.clock.now()](db::Session& q) -> Result<Profile> {
                                       const Result<UserRow> row = apply(q, user, changes, now);
                                       if (!row) return fail(row.error());
                                       return to_profile(q, *row, now);
                                     });
  // Also after a failure: a COMMIT whose answer was lost may have happened.
  if (changes_access) publish_privacy(deps_.bus, user);
  if (!updated) co_return fail(std::move(updated).error());
  co_return std::move(*updated);
}

task<Result<http::Created<Profile>>> ProfileService::create(http::Viewer viewer,
                                                            UpdateProfile changes) {
  Result<Profile> profile = co_await update(viewer, std::move(changes));
  if (!profile) co_return fail(std::move(profile).error());
  co_return http::Created<Profile>{std::move(*profile)};
}

task<Result<UserReply>> ProfileService::patch(http::Viewer viewer, UserId user,
                                              UpdateProfile changes) {
  if (viewer.user != user) co_return fail(ErrorCode::kForbidden);
  Result<Profile> profile = co_await update(viewer, std::move(changes));
  if (!profile) co_return fail(std::move(profile).error());
  co_return UserReply{std::move(*profile)};
}

task<Result<MessageReply>> ProfileService::remove(http::Viewer viewer, UserId user) {
  if (viewer.user != user) co_return fail(ErrorCode::kForbidden);
  Result<std::string> told = co_await deps_.relations.delete_account(user);
  if (!told) co_return fail(std::move(told).error());
  co_return MessageReply{std::move(*told)};
}

task<Result<PublicUserReply>> ProfileService::get_public(http::Viewer viewer, UserId user) {
  co_return co_await deps_.database.read(
      [this, viewer, user](db::Session& q) -> Result<PublicUserReply> {
        const auto row = store::find(q, user);
        if (!row || !deps_.relations.may_meet(q, viewer.user, user))
          return fail(ErrorCode::kUserNotFound);
        const PublicUser shown{.id = row->id,
                               .username = row->username,
                               .avatar_url = row->avatar_url,
                               .gender = row->gender};
        return PublicUserReply{shown, shown};
      });
}

task<Result<PrivacyReply>> ProfileService::set_privacy(http::Viewer viewer, PrivacyUpdate update) {
  UpdateProfile changes;
  changes.is_profile_private = {.given = true, .value = update.isPrivateProfile};
  const Result<Profile> profile = co_await this->update(viewer, std::move(changes));
  if (!profile) co_return fail(profile.error());
  co_return PrivacyReply{.isPrivateProfile = profile->is_profile_private};
}

}  // namespace ruck::profile

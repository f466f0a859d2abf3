#pragma once
// The user's own profile as the mobile app reads and writes it (contract core §2).
#include "base/ids.hpp"
#include "base/time.hpp"
#include "http/values.hpp"
#include "services/profile/visibility.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::profile {

enum class CalorieMethod : std::uint8_t { kFusion, kMechanical, kHeartRate };

// Of users.privacy_epoch, for a user that is new.
inline constexpr std::int64_t kFirstPrivacyEpoch = 1;

// The row, as it is stored.
struct UserRow {
  UserId id;
  std::string email;
  std::string username;
  std::optional<double> weight_kg;
  std::optional<double> height_cm;
  std::optional<Day> date_of_birth;
  std::optional<std::string> gender;
  std::optional<std::int64_t> resting_hr;
  std::optional<std::int64_t> max_hr;
  std::string calorie_method = "fusion";
  bool calorie_active_only = false;
  bool prefer_metric = false;
  bool allow_ruck_sharing = true;
  std::string default_visibility = "public";  // of new rucks
  bool is_private = false;
  bool show_full_totals = false;         // to others, not those of the visible part of a track
  std::string live_audience = "mutual";  // who may follow live
  bool approve_followers = false;        // new ones wait for a yes
  std::optional<std::string> avatar_url;
  bool notification_clubs = true;
  bool notification_buddies = true;
  bool notification_events = true;
  bool notification_duels = true;
  bool notification_first_ruck = true;
  bool strava_auto_export = true;
  std::string time_zone = "UTC";
  std::optional<UtcUs> last_active_at;
  UtcUs created_at{};
  UtcUs updated_at{};
};
BOOST_DESCRIBE_STRUCT(UserRow, (),
                      (id, email, username, weight_kg, height_cm, date_of_birth, gender, resting_hr,
                       max_hr, calorie_method, calorie_active_only, prefer_metric,
                       allow_ruck_sharing, default_visibility, is_private, show_full_totals,
                       live_audience, approve_followers, avatar_url, notification_clubs,
                       notification_buddies, notification_events, notification_duels,
                       notification_first_ruck, strava_auto_export, time_zone, last_active_at,
                       created_at, updated_at))

struct MonthStats {
  std::int64_t rucks = 0;
  double distance_km = 0;
  std::int64_t calories = 0;
};
BOOST_DESCRIBE_STRUCT(MonthStats, (), (rucks, distance_km, calories))

struct ProfileStats {
  std::int64_t total_rucks = 0;
  double total_distance_km = 0;
  std::int64_t total_calories = 0;
  std::int64_t total_power_points = 0;
  MonthStats this_month;
};
BOOST_DESCRIBE_STRUCT(ProfileStats, (),
                      (total_rucks, total_distance_km, total_calories, total_power_points,
                       this_month))

struct ZoneView {
  std::int64_t min_bpm = 0;
  std::int64_t max_bpm = 0;
  std::string name;
  std::int64_t color = 0;  // ARGB, as Flutter has it
};
BOOST_DESCRIBE_STRUCT(ZoneView, (), (min_bpm, max_bpm, name, color))

struct Profile {
  UserId id;
  UserId user_id;
  std::string email;
  std::string username;
  std::optional<double> weight_kg;
  std::optional<double> height_cm;
  std::optional<Day> date_of_birth;
  std::optional<std::string> gender;
  std::optional<std::int64_t> resting_hr;
  std::optional<std::int64_t> max_hr;
  std::string calorie_method;
  bool calorie_active_only = false;
  UtcUs created_at{};
  bool prefer_metric = false;
  bool allow_ruck_sharing = true;
  Visibility default_visibility = Visibility::kPrivate;  // of new rucks
  bool is_profile_private = false;
  bool show_full_totals = false;
  LiveAudience live_audience = LiveAudience::kNobody;
  bool approve_followers = false;
  std::optional<std::string> avatar_url;
  bool notification_clubs = true;
  bool notification_buddies = true;
  bool notification_events = true;
  bool notification_duels = true;
  bool notification_first_ruck = true;
  bool strava_auto_export = true;
  std::string time_zone;
  ProfileStats stats;
  std::vector<ZoneView> hr_zones;
};
BOOST_DESCRIBE_STRUCT(Profile, (),
                      (id, user_id, email, username, weight_kg, height_cm, date_of_birth, gender,
                       resting_hr, max_hr, calorie_method, calorie_active_only, created_at,
                       prefer_metric, allow_ruck_sharing, default_visibility, is_profile_private,
                       show_full_totals, live_audience, approve_followers, avatar_url,
                       notification_clubs, notification_buddies, notification_events,
                       notification_duels, notification_first_ruck, strava_auto_export, time_zone,
                       stats, hr_zones))

// Any of the fields; null clears what may be empty.
struct UpdateProfile {
  http::Settable<std::string> username;
  http::Settable<std::string> email;
  http::Settable<double> weight_kg;
  http::Settable<double> height_cm;
  http::Settable<Day> date_of_birth;
  http::Settable<std::string> gender;
  http::Settable<std::int64_t> resting_hr;
  http::Settable<std::int64_t> max_hr;
  http::Settable<CalorieMethod> calorie_method;
  http::Settable<bool> calorie_active_only;
  http::Settable<bool> prefer_metric;
  http::Settable<bool> allow_ruck_sharing;
  http::Settable<Visibility> default_visibility;
  http::Settable<bool> is_profile_private;
  http::Settable<bool> show_full_totals;
  http::Settable<LiveAudience> live_audience;
  http::Settable<bool> approve_followers;
  http::Settable<std::string> avatar_url;
  http::Settable<bool> notification_clubs;
  http::Settable<bool> notification_buddies;
  http::Settable<bool> notification_events;
  http::Settable<bool> notification_duels;
  http::Settable<bool> notification_first_ruck;
  http::Settable<bool> strava_auto_export;
  http::Settable<std::string> time_zone;
  http::Settable<http::Timestamp> last_active_at;
};
BOOST_DESCRIBE_STRUCT(UpdateProfile, (),
                      (username, email, weight_kg, height_cm, date_of_birth, gender, resting_hr,
                       max_hr, calorie_method, calorie_active_only, prefer_metric,
                       allow_ruck_sharing, default_visibility, is_profile_private, show_full_totals,
                       live_audience, approve_followers, avatar_url, notification_clubs,
                       notification_buddies, notification_events, notification_duels,
                       notification_first_ruck, strava_auto_export, time_zone, last_active_at))

struct UserReply {
  Profile user;
};
BOOST_DESCRIBE_STRUCT(UserReply, (), (user))

// What anybody may see of anybody; flat and nested, because the app reads both (contract core
// §2.2).
struct PublicUser {
  UserId id;
  std::string username;
  std::optional<std::string> avatar_url;
  std::optional<std::string> gender;
};
BOOST_DESCRIBE_STRUCT(PublicUser, (), (id, username, avatar_url, gender))
struct PublicUserReply : PublicUser {
  PublicUser user;
};
BOOST_DESCRIBE_STRUCT(PublicUserReply, (PublicUser), (user))

struct PrivacyUpdate {
  bool isPrivateProfile = false;  // the contract's own spelling
};
BOOST_DESCRIBE_STRUCT(PrivacyUpdate, (), (isPrivateProfile))
struct PrivacyReply {
  bool success = true;
  bool isPrivateProfile = false;
};
BOOST_DESCRIBE_STRUCT(PrivacyReply, (), (success, isPrivateProfile))

struct MessageReply {
  std::string message;
};
BOOST_DESCRIBE_STRUCT(MessageReply, (), (message))

// What energy and heart-rate formulas need of a body; kept with each ruck as it was at the time.
struct Body {
  double weight_kg = 80;  // the formulas' reference person where the profile is silent
  double height_cm = 175;
  double age_years = 40;
  std::string gender;  // "male", "female" or anything else
  std::optional<std::int64_t> resting_hr;
  std::optional<std::int64_t> max_hr;
  std::string calorie_method = "fusion";
  bool calorie_active_only = false;
};
BOOST_DESCRIBE_STRUCT(Body, (),
                      (weight_kg, height_cm, age_years, gender, resting_hr, max_hr, calorie_method,
                       calorie_active_only))

}  // namespace ruck::profile

template <>
struct ruck::json::EnumNames<ruck::profile::CalorieMethod> {
  using enum ruck::profile::CalorieMethod;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::profile::CalorieMethod, std::string_view>>(
          {{kFusion, "fusion"}, {kMechanical, "mechanical"}, {kHeartRate, "hr"}});
};
template <>
struct ruck::http::RulesOf<ruck::profile::UpdateProfile> {
  static constexpr auto kRules = std::to_array<Rule>({
      rule("username", "Shown to others").length(1, 50).name(),
      rule("email", "Address to sign in with").length(3, 254),
      rule("weight_kg", "Body weight in kg").between(20, 400).also("weightKg").text_numbers(),
      rule("height_cm", "Height in cm").between(80, 260).also("heightCm").text_numbers(),
      rule("date_of_birth", "As YYYY-MM-DD").also("dateOfBirth"),
      rule("gender", "male, female or what the user says").length(0, 30),
      rule("resting_hr", "Heart rate at rest, per minute").between(25, 120).also("restingHr"),
      rule("max_hr", "Highest heart rate, per minute").between(90, 240).also("maxHr"),
      rule("calorie_method", "How calories are computed"),
      rule("calorie_active_only", "Leave out what the body burns at rest"),
      rule("prefer_metric", "Kilometres and kilograms, not miles and pounds").also("preferMetric"),
      rule("allow_ruck_sharing",
           "Rucks are listed in feeds; changed alone, it moves default_visibility as well: false "
           "is private, true is no longer private")
          .also("allowRuckSharing"),
      rule("default_visibility", "Who may see new rucks that say nothing themselves"),
      rule("is_profile_private", "Hides the profile's numbers and rucks").also("isPrivateProfile"),
      rule("show_full_totals",
           "Others see the distance, time and climb of whole rucks, not of the part of the track "
           "that is visible; from many of them a hidden start can be worked out")
          .also("showFullTotals"),
      rule("live_audience",
           "Who may follow live: nobody, mutual (followers whom one follows back), followers, or "
           "link (share links alone)")
          .also("liveAudience"),
      rule("approve_followers", "New followers wait until they are approved")
          .also("approveFollowers"),
      rule("avatar_url", "Picture; only an address that this server gave out changes anything")
          .length(0, 100'000),
      rule("time_zone", "IANA name; days, weeks and months are counted in it")
          .length(1, 64)
          .also("timeZone"),
      rule("last_active_at", "When the app was last opened"),
  });
};
template <>
struct ruck::http::RulesOf<ruck::profile::PrivacyUpdate> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("isPrivateProfile", "Hides the profile's numbers and rucks").required()});
};

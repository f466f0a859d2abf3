#pragma once
// Rucks on the wire (contract core §3): what is read and what is answered. Kilometres, metres,
// seconds, kilograms; paces in seconds per kilometre.
#include "base/text.hpp"
#include "http/values.hpp"
#include "services/people/visibility.hpp"
#include "services/profile/types.hpp"
#include "services/rucks/limits.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::rucks {

// How a client names a ruck: by id, or by the name it gave it offline.
struct RuckRef {
  std::optional<RuckId> id;
  std::string client_key;  // offline_<ms>; empty with an id
};

// ---- what comes in -----------------------------------------------------------------------------

struct SplitInput {
  std::optional<std::int64_t> split_number;
  std::optional<double> split_distance_km;
  std::optional<double> split_duration_seconds;
  std::optional<double> total_distance_km;
  std::optional<double> total_duration_seconds;
  std::optional<double> calories_burned;
  std::optional<double> elevation_gain_m;
  std::optional<http::Timestamp> timestamp;
};
BOOST_DESCRIBE_STRUCT(SplitInput, (),
                      (split_number, split_distance_km, split_duration_seconds, total_distance_km,
                       total_duration_seconds, calories_burned, elevation_gain_m, timestamp))

struct SampleInput {
  std::optional<http::Timestamp> timestamp;
  std::optional<double> bpm;
};
BOOST_DESCRIBE_STRUCT(SampleInput, (), (timestamp, bpm))

// The fields that creating, completing and editing a ruck share: what the phone says of it.
struct RuckClaims {
  std::optional<http::Timestamp> started_at;
  std::optional<http::Timestamp> completed_at;
  std::optional<double> duration_seconds;
  std::optional<double> paused_duration_seconds;
  std::optional<double> distance_km;
  std::optional<double> elevation_gain_m;
  std::optional<double> elevation_loss_m;
  std::optional<double> calories_burned;
  std::optional<double> avg_heart_rate;
  std::optional<double> min_heart_rate;
  std::optional<double> max_heart_rate;
  std::optional<std::int64_t> steps;
  std::optional<json::Raw> hr_zone_snapshot;
  std::optional<json::Raw> time_in_zones;
  std::vector<SplitInput> splits;
};
BOOST_DESCRIBE_STRUCT(RuckClaims, (),
                      (started_at, completed_at, duration_seconds, paused_duration_seconds,
                       distance_km, elevation_gain_m, elevation_loss_m, calories_burned,
                       avg_heart_rate, min_heart_rate, max_heart_rate, steps, hr_zone_snapshot,
                       time_in_zones, splits))

// The owner's own words about it.
struct RuckNotes {
  std::optional<std::string> title;
  std::optional<std::string> notes;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::int64_t> rating;
  std::optional<std::int64_t> perceived_exertion;
  std::optional<bool> is_public;
  std::optional<people::Visibility> visibility;
  std::optional<bool> allow_live_following;
  std::optional<bool> has_photos;
  std::optional<std::int64_t> planned_duration_minutes;
  std::optional<std::string> event_id;
  std::optional<std::string> route_id;
  std::optional<std::string> planned_ruck_id;
};
BOOST_DESCRIBE_STRUCT(RuckNotes, (),
                      (title, notes, tags, rating, perceived_exertion, is_public, visibility,
                       allow_live_following, has_photos, planned_duration_minutes, event_id,
                       route_id, planned_ruck_id))

struct CreateRuck : RuckClaims, RuckNotes {
  std::optional<double> ruck_weight_kg;
  std::optional<double> user_weight_kg;
  std::optional<bool> is_manual;
  std::optional<std::string> status;
};
BOOST_DESCRIBE_STRUCT(CreateRuck, (RuckClaims, RuckNotes),
                      (ruck_weight_kg, user_weight_kg, is_manual, status))

struct StartRuck {
  std::optional<http::Timestamp> started_at;
  std::optional<double> ruck_weight_kg;
  std::optional<double> user_weight_kg;
  std::optional<people::Visibility> visibility;
};
BOOST_DESCRIBE_STRUCT(StartRuck, (), (started_at, ruck_weight_kg, user_weight_kg, visibility))

struct CompleteRuck : RuckClaims, RuckNotes {
  std::optional<double> ruck_weight_kg;
  std::optional<double> user_weight_kg;
  std::vector<SampleInput> heart_rate_samples;
};
BOOST_DESCRIBE_STRUCT(CompleteRuck, (RuckClaims, RuckNotes),
                      (ruck_weight_kg, user_weight_kg, heart_rate_samples))

// Pause, resume or a new load, at a moment of the client's clock; without one, now.
struct RuckEvent {
  std::optional<http::Timestamp> timestamp;
  std::optional<double> load_kg;
};
BOOST_DESCRIBE_STRUCT(RuckEvent, (), (timestamp, load_kg))

// Strict: an edit that cannot be understood changes nothing.
struct EditRuck {
  std::optional<http::Timestamp> end_time;
  double duration_seconds = 0;
  double distance_km = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  std::optional<double> calories_burned;
  std::optional<double> avg_heart_rate;
  std::optional<double> min_heart_rate;
  std::optional<double> max_heart_rate;
  std::vector<SplitInput> splits;
  std::optional<bool> is_public;
  std::optional<people::Visibility> visibility;
};
BOOST_DESCRIBE_STRUCT(EditRuck, (),
                      (end_time, duration_seconds, distance_km, elevation_gain_m, elevation_loss_m,
                       calories_burned, avg_heart_rate, min_heart_rate, max_heart_rate, splits,
                       is_public, visibility))

// All of them together: what passes each. Days are the user's own. The mobile app has always sent
// dates, some with a time of day; what is no date is no reason to refuse.
struct ListQuery {
  std::int64_t limit = 20;
  std::int64_t offset = 0;
  std::optional<std::string> start_date;
  std::optional<std::string> end_date;
  double min_distance_km = 0;
  double min_load_kg = 0;
};
BOOST_DESCRIBE_STRUCT(ListQuery, (),
                      (limit, offset, start_date, end_date, min_distance_km, min_load_kg))

struct HeartRateQuery {
  bool all = false;
};
BOOST_DESCRIBE_STRUCT(HeartRateQuery, (), (all))

// ---- what goes out ------------------------------------------------------------------------------

struct SplitView {
  std::int64_t split_number = 0;
  double split_distance_km = 0;
  double split_distance = 1.0;  // in the user's own unit
  std::int64_t split_duration_seconds = 0;
  double total_distance_km = 0;
  double total_distance = 0;
  std::int64_t total_duration_seconds = 0;
  std::int64_t moving_seconds = 0;
  std::int64_t calories_burned = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  json::Omittable<std::int64_t> avg_heart_rate;
  UtcMs timestamp{};
};
BOOST_DESCRIBE_STRUCT(SplitView, (),
                      (split_number, split_distance_km, split_distance, split_duration_seconds,
                       total_distance_km, total_distance, total_duration_seconds, moving_seconds,
                       calories_burned, elevation_gain_m, elevation_loss_m, avg_heart_rate,
                       timestamp))

struct PointView {
  double latitude = 0;
  double longitude = 0;
  std::optional<double> altitude;
  UtcMs timestamp{};
  std::optional<double> horizontal_accuracy_m;
  std::optional<double> speed_mps;
};
BOOST_DESCRIBE_STRUCT(PointView, (),
                      (latitude, longitude, altitude, timestamp, horizontal_accuracy_m, speed_mps))

struct RoutePoint {
  double lat = 0;
  double lng = 0;
  std::optional<double> alt;
  UtcMs timestamp{};
};
BOOST_DESCRIBE_STRUCT(RoutePoint, (), (lat, lng, alt, timestamp))

// A photo of a ruck on a card (contract core §6); services/media has more of it. Others are told no
// names of files and no more than the day.
struct RuckPhoto {
  Uuid id;
  RuckId ruck_id;
  UserId user_id;
  std::string filename;
  std::string original_filename;
  std::string content_type;  // of what `url` is
  std::int64_t size = 0;     // bytes of it
  std::string url;           // the large size, in JPEG
  std::string thumbnail_url;
  UtcUs created_at{};
  std::string alt_text;
  std::int64_t width = 0;  // pixels of the whole picture
  std::int64_t height = 0;
  std::string thumb_hash;  // https://evanw.github.io/thumbhash/, in base64
};
BOOST_DESCRIBE_STRUCT(RuckPhoto, (),
                      (id, ruck_id, user_id, filename, original_filename, content_type, size, url,
                       thumbnail_url, created_at, alt_text, width, height, thumb_hash))

// A ruck's own data, as its owner sees it. What is not known is left out.
struct RuckView {
  RuckId id;
  UserId user_id;
  std::string status;
  UtcUs created_at{};
  json::Omittable<UtcUs> started_at;
  json::Omittable<UtcUs> completed_at;
  std::int64_t duration_seconds = 0;
  std::int64_t moving_seconds = 0;
  std::int64_t paused_duration_seconds = 0;
  double distance_km = 0;
  std::string distance_source;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  std::int64_t calories_burned = 0;
  std::string calorie_method;
  double average_pace = 0;
  double ruck_weight_kg = 0;
  double weight_kg = 0;
  std::int64_t steps = 0;
  std::int64_t power_points = 0;
  std::int64_t training_load = 0;
  json::Omittable<std::int64_t> avg_heart_rate;
  json::Omittable<std::int64_t> min_heart_rate;
  json::Omittable<std::int64_t> max_heart_rate;
  json::Omittable<json::Raw> hr_zone_snapshot;
  json::Omittable<json::Raw> time_in_zones;
  json::Omittable<std::int64_t> rating;
  json::Omittable<std::int64_t> perceived_exertion;
  json::Omittable<std::string> title;
  json::Omittable<std::string> notes;
  json::Omittable<json::Raw> tags;
  json::Omittable<std::int64_t> planned_duration_minutes;
  bool is_public = false;
  people::Visibility visibility = people::Visibility::kPrivate;
  bool is_manual = false;
  bool has_photos = false;
  bool allow_live_following = true;
  json::Omittable<std::string> event_id;
  json::Omittable<std::string> route_id;
  json::Omittable<std::string> planned_ruck_id;
};
BOOST_DESCRIBE_STRUCT(RuckView, (),
                      (id, user_id, status, created_at, started_at, completed_at, duration_seconds,
                       moving_seconds, paused_duration_seconds, distance_km, distance_source,
                       elevation_gain_m, elevation_loss_m, calories_burned, calorie_method,
                       average_pace, ruck_weight_kg, weight_kg, steps, power_points, training_load,
                       avg_heart_rate, min_heart_rate, max_heart_rate, hr_zone_snapshot,
                       time_in_zones, rating, perceived_exertion, title, notes, tags,
                       planned_duration_minutes, is_public, visibility, is_manual, has_photos,
                       allow_live_following, event_id, route_id, planned_ruck_id))

struct CreatedRuck : RuckView {
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(CreatedRuck, (RuckView), (warnings))

// The best of all completed rucks; what there is none of is left out.
struct RecordsView {
  json::Omittable<RuckView> longest;
  json::Omittable<RuckView> longest_time;  // by duration_seconds, the time that is shown everywhere
  json::Omittable<RuckView> fastest;       // of kRecordPaceMinKm and more
  json::Omittable<RuckView> most_climb;
  json::Omittable<RuckView> heaviest;
  json::Omittable<RuckView> most_energy;
};
BOOST_DESCRIBE_STRUCT(RecordsView, (),
                      (longest, longest_time, fastest, most_climb, heaviest, most_energy))

// The answer to a create while another ruck is active.
struct ActiveRuck {
  bool has_active_session = true;
  RuckId id;
  std::string status;
  std::optional<UtcUs> started_at;
  double ruck_weight_kg = 0;
};
BOOST_DESCRIBE_STRUCT(ActiveRuck, (), (has_active_session, id, status, started_at, ruck_weight_kg))

struct CompletedRuck : RuckView {
  std::string message;
  RuckId session_id;
  std::vector<SplitView> splits;
  std::vector<std::string> new_achievements;
  std::optional<std::string> plan_tracking;
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(CompletedRuck, (RuckView),
                      (message, session_id, splits, new_achievements, plan_tracking, warnings))

// The owner's view with every accepted point; three names for one list, as the app reads them.
struct RuckWithTrack : RuckView {
  std::vector<SplitView> splits;
  json::Raw location_points;
  json::Raw locationPoints;
  json::Raw route;
  std::vector<RuckPhoto> photos;
};
BOOST_DESCRIBE_STRUCT(RuckWithTrack, (RuckView),
                      (splits, location_points, locationPoints, route, photos))

// Everything that others may see of a ruck: a named list, so that a new field of a ruck is hidden
// until it is put here.
struct PublicRuck {
  RuckId id;
  UserId user_id;
  std::string status;
  json::Omittable<UtcUs> started_at;
  json::Omittable<UtcUs> completed_at;
  std::int64_t duration_seconds = 0;
  double distance_km = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  std::int64_t calories_burned = 0;
  double average_pace = 0;
  double ruck_weight_kg = 0;
  std::int64_t power_points = 0;
  json::Omittable<std::string> title;
  bool is_public = false;
  people::Visibility visibility = people::Visibility::kPrivate;
  bool is_manual = false;
  bool has_photos = false;
};
BOOST_DESCRIBE_STRUCT(PublicRuck, (),
                      (id, user_id, status, started_at, completed_at, duration_seconds, distance_km,
                       elevation_gain_m, elevation_loss_m, calories_burned, average_pace,
                       ruck_weight_kg, power_points, title, is_public, visibility, is_manual,
                       has_photos))
// `route` is one line without gaps, the longest part that may be shown, because apps draw it as
// one; `route_pieces` are all of them.
struct PublicRuckWithRoute : PublicRuck {
  std::vector<RoutePoint> location_points;
  std::vector<RoutePoint> locationPoints;
  std::vector<RoutePoint> route;
  std::vector<std::vector<RoutePoint>> route_pieces;
  std::vector<RuckPhoto> photos;
};
BOOST_DESCRIBE_STRUCT(PublicRuckWithRoute, (PublicRuck),
                      (location_points, locationPoints, route, route_pieces, photos))

// The social details of §3.2, owner and others alike; the lists are cut for others.
struct DetailsExtra {
  profile::PublicUser user;
  std::vector<RoutePoint> route;
  std::vector<RoutePoint> location_points;
  double elevation_gain_meters = 0;
  double elevation_loss_meters = 0;
  std::int64_t like_count = 0;
  std::int64_t comment_count = 0;
  bool is_liked_by_current_user = false;
  std::vector<RuckPhoto> photos;
};
BOOST_DESCRIBE_STRUCT(DetailsExtra, (),
                      (user, route, location_points, elevation_gain_meters, elevation_loss_meters,
                       like_count, comment_count, is_liked_by_current_user, photos))
struct RuckDetails : RuckView, DetailsExtra {
  std::vector<SplitView> splits;
};
BOOST_DESCRIBE_STRUCT(RuckDetails, (RuckView, DetailsExtra), (splits))
struct PublicRuckDetails : PublicRuck, DetailsExtra {
  std::vector<std::vector<RoutePoint>> route_pieces;
};
BOOST_DESCRIBE_STRUCT(PublicRuckDetails, (PublicRuck, DetailsExtra), (route_pieces))

// For the owner: what others see, and what is hidden from them.
struct HiddenCircle {
  double latitude = 0;
  double longitude = 0;
  double radius_m = 0;
};
BOOST_DESCRIBE_STRUCT(HiddenCircle, (), (latitude, longitude, radius_m))
struct RuckPreview {
  PublicRuckDetails ruck;
  std::vector<HiddenCircle> hidden;
  std::string visible_to;  // in plain words
};
BOOST_DESCRIBE_STRUCT(RuckPreview, (), (ruck, hidden, visible_to))
struct PreviewReply {
  bool success = true;
  RuckPreview data;
};
BOOST_DESCRIBE_STRUCT(PreviewReply, (), (success, data))

struct EditReply {
  std::string message;
  RuckId session_id;
  double distance_km = 0;
  std::int64_t calories_burned = 0;
  std::int64_t duration_seconds = 0;
  double average_pace = 0;
};
BOOST_DESCRIBE_STRUCT(EditReply, (),
                      (message, session_id, distance_km, calories_burned, duration_seconds,
                       average_pace))

struct DeleteReply {
  std::string message;
  RuckId id;
};
BOOST_DESCRIBE_STRUCT(DeleteReply, (), (message, id))

// What was not stored, by its place in the batch.
struct RejectedItem {
  std::int64_t index = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(RejectedItem, (), (index, reason))

struct BatchReply {
  std::string status = "ok";
  RuckId ruck_id;
  std::int64_t submitted_count = 0;
  std::int64_t inserted = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  double success_rate = 100;  // percent of the batch that is stored now
  double distance_km = 0;     // of the ruck, with this batch
  std::int64_t duration_seconds = 0;
  json::Omittable<std::vector<RejectedItem>> rejected_points;
  json::Omittable<std::vector<std::string>> warnings;
};
BOOST_DESCRIBE_STRUCT(BatchReply, (),
                      (status, ruck_id, submitted_count, inserted, duplicates, rejected,
                       success_rate, distance_km, duration_seconds, rejected_points, warnings))

struct HeartRateView {
  std::int64_t id = 0;
  RuckId session_id;
  UtcMs timestamp{};
  std::int64_t bpm = 0;
};
BOOST_DESCRIBE_STRUCT(HeartRateView, (), (id, session_id, timestamp, bpm))

}  // namespace ruck::rucks

template <>
struct ruck::http::PathParam<ruck::rucks::RuckRef> {
  static std::optional<ruck::rucks::RuckRef> parse(std::string_view text);
};

namespace ruck::http {

namespace rucks_rules {
using rucks::kDistanceKmMax;
using rucks::kDurationSecondsMax;
using rucks::kLoadKgMax;
inline constexpr double kDurationMax = static_cast<double>(kDurationSecondsMax);

inline constexpr std::array kClaims = {
    rule("started_at", "When it began; device-local time of a manual entry may lack a zone")
        .also("start_time"),
    rule("completed_at", "When it ended").also("end_time"),
    rule("duration_seconds", "Without pauses").between(0, kDurationMax).text_numbers(),
    rule("paused_duration_seconds", "All pauses together").between(0, 86'400).text_numbers(),
    rule("distance_km", "As the phone measured it").between(0, kDistanceKmMax).text_numbers(),
    rule("elevation_gain_m", "Metres climbed")
        .between(0, 50'000)
        .also("elevation_gain_meters")
        .text_numbers(),
    rule("elevation_loss_m", "Metres descended")
        .between(0, 50'000)
        .also("elevation_loss_meters")
        .text_numbers(),
    rule("calories_burned", "kcal").between(0, 100'000).also("calories").text_numbers(),
    rule("avg_heart_rate", "Per minute").between(0, 300).also("average_heart_rate").text_numbers(),
    rule("min_heart_rate", "Per minute").between(0, 300).text_numbers(),
    rule("max_heart_rate", "Per minute").between(0, 300).text_numbers(),
    rule("steps", "Counted by the phone").between(0, 1'000'000).text_numbers(),
    rule("hr_zone_snapshot", "The zones at the time, as the app wrote them"),
    rule("time_in_zones", "Seconds by zone"),
    rule("splits", "As the phone cut them; used where points are missing")
        .length(0, rucks::kClientSplitsMax),
};
inline constexpr std::array kNotes = {
    rule("title", "Name of the ruck").length(0, rucks::kTitleLengthMax),
    rule("notes", "Private notes").length(0, 10'000).paragraphs(),
    rule("tags", "Words to find it by").length(0, 50),
    rule("rating", "1 to 5").between(0, 5),
    rule("perceived_exertion", "1 to 10").between(0, 10),
    rule("is_public", "The old form of visibility: false is private and wins, true is public"),
    rule("visibility", "Who may see it: public, followers (of the owner) or private (nobody else)"),
    rule("allow_live_following", "Followers may watch it live"),
    rule("has_photos", "Of no effect: the server says what there is"),
    rule("planned_duration_minutes", "Planned").between(0, 43'200),
    rule("event_id", "The event it belongs to").length(0, 64),
    rule("route_id", "The route it follows").length(0, 64),
    rule("planned_ruck_id", "The plan it fulfils").length(0, 64),
};
inline constexpr std::array kWeights = {
    rule("ruck_weight_kg", "Carried load, kg").between(0, kLoadKgMax).text_numbers(),
    rule("user_weight_kg", "Body weight, kg; the profile's when absent")
        .between(20, 400)
        .also("weight_kg")
        .text_numbers(),
};
template <std::size_t... N>
constexpr auto join(const std::array<Rule, N>&... parts) {
  std::array<Rule, (N + ...)> out{};
  std::size_t at = 0;
  const auto append = [&](std::span<const Rule> part) {
    for (const Rule& each : part) out[at++] = each;
  };
  (append(parts), ...);
  return out;
}
}  // namespace rucks_rules

template <>
struct RulesOf<rucks::RuckNotes> {
  static constexpr auto kRules = rucks_rules::kNotes;
};
template <>
struct RulesOf<rucks::CreateRuck> {
  static constexpr auto kRules =
      rucks_rules::join(rucks_rules::kClaims, rucks_rules::kNotes, rucks_rules::kWeights,
                        std::array{rule("is_manual", "Entered by hand, not recorded"),
                                   rule("status", "completed for a manual entry")});
};
template <>
struct RulesOf<rucks::CompleteRuck> {
  static constexpr auto kRules =
      rucks_rules::join(rucks_rules::kClaims, rucks_rules::kNotes, rucks_rules::kWeights,
                        std::array{rule("heart_rate_samples", "Samples that are not uploaded yet")
                                       .length(0, rucks::kSamplesPerChunkMax)});
};
template <>
struct RulesOf<rucks::StartRuck> {
  static constexpr auto kRules =
      rucks_rules::join(rucks_rules::kWeights,
                        std::array{rule("started_at", "When it began"),
                                   rule("visibility", "Who may see it, from the first point on")});
};
template <>
struct RulesOf<rucks::RuckEvent> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("timestamp", "When it happened; now when absent").also("at"),
                           rule("load_kg", "The load carried from then on, kg")
                               .between(0, rucks::kLoadKgMax)
                               .also("ruck_weight_kg")});
};
template <>
struct RulesOf<rucks::SplitInput> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("split_number", "From 1").between(1, 10'000),
       rule("split_distance_km", "Length").between(0, 1000).also("split_distance"),
       rule("split_duration_seconds", "Time").between(0, rucks_rules::kDurationMax),
       rule("total_distance_km", "At its end")
           .between(0, rucks::kDistanceKmMax)
           .also("total_distance"),
       rule("total_duration_seconds", "At its end").between(0, rucks_rules::kDurationMax),
       rule("calories_burned", "kcal").between(0, 100'000),
       rule("elevation_gain_m", "m").between(0, 50'000),
       rule("timestamp", "Of its end").also("split_timestamp")});
};
template <>
struct RulesOf<rucks::SampleInput> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("timestamp", "Of the sample"),
       rule("bpm", "Beats per minute").between(0, 1000).also("heart_rate").text_numbers()});
};
template <>
struct RulesOf<rucks::EditRuck> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("end_time", "What is later is cut off").also("completed_at"),
       rule("duration_seconds", "Without pauses").between(0, rucks_rules::kDurationMax).required(),
       rule("distance_km", "km").between(0, rucks::kDistanceKmMax).required(),
       rule("elevation_gain_m", "m").between(0, 50'000).required(),
       rule("elevation_loss_m", "m").between(0, 50'000).required(),
       rule("calories_burned", "kcal").between(0, 100'000),
       rule("avg_heart_rate", "Per minute").between(0, 300),
       rule("min_heart_rate", "Per minute").between(0, 300),
       rule("max_heart_rate", "Per minute").between(0, 300),
       rule("splits", "As the phone cut them").length(0, rucks::kClientSplitsMax)});
};
template <>
struct RulesOf<rucks::ListQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("limit", "Rucks of a page").between(1, static_cast<double>(rucks::kListLimitMax)),
       rule("offset", "Rucks to skip").between(0, 1e9),
       rule("start_date", "First day, in the user's time zone").length(0, 40),
       rule("end_date", "Last day, in the user's time zone").length(0, 40),
       rule("min_distance_km", "At least so far").between(0, rucks::kDistanceKmMax),
       rule("min_load_kg", "At least so much on the back").between(0, rucks::kLoadKgMax)});
};
template <>
struct RulesOf<rucks::HeartRateQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("all", "Every sample that is stored, for a copy of one's data; else at most 400")});
};

}  // namespace ruck::http

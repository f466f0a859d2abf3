#include "privacy/visit.hpp"

#include "base/random.hpp"
#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numbers>
#include <thread>

namespace ruck::attack {
namespace {
using test::ApiClient;
using test::Reply;

// What was expected of the server failed: the suite measures nothing then.
Reply expect(Reply reply, const char* what, int most = 299) {
  if (reply.status >= 200 && reply.status <= most) return reply;
  throw std::runtime_error(fmt::format("{}: {} {}", what, reply.status, reply.body));
}

std::string new_name() {
  static std::atomic<int> number = 0;
  return fmt::format("walker{}", ++number);
}

std::string path_of(std::int64_t id, std::string_view rest = "") {
  return fmt::format("/api/rucks/{}{}", id, rest);
}
}  // namespace

Viewers::Viewers(const test::RuckServer& server)
    : stranger(server.url()), follower(server.url()), nobody(server.url()) {
  stranger.sign_up("stranger");
  follower.sign_up("follower");
}

Visit::Visit(const test::RuckServer& server, Viewers& viewers, const WorldSettings& settings)
    : viewers_(viewers), world_(std::make_unique<World>(settings)), owner_(server.url()) {
  sight_.map = &world_->map;
  sight_.seed = settings.seed;
}

void Visit::sign_up() {
  owner_.sign_up(new_name());
  expect(viewers_.follower.post("/api/users/" + owner_.user_id + "/follow"), "follow");
  expect(owner_.post("/api/users/" + viewers_.follower.user_id + "/follow"), "follow back");
}

Seen Visit::play() {
  sign_up();
  if (has_zone(world_->settings.story)) add_zone();
  for (const PlannedRuck& plan : world_->rucks) record(plan);
  tell_story();
  sight_.rucks = sight_.earlier.empty() ? look_at_all() : look_when_settled(sight_.earlier.back());
  look_at_cards();
  Seen seen{.settings = world_->settings, .world = nullptr, .sight = {}, .truth = truth()};
  seen.sight = std::move(sight_);
  seen.world = std::move(world_);
  return seen;
}

// ---- the owner ---------------------------------------------------------------------------------

void Visit::add_zone() {
  const Point tapped =
      world_->home + Point{4 * world_->random.normal(), 4 * world_->random.normal()};
  const auto at = world_->frame.on_earth(tapped);
  const Reply reply = expect(
      owner_.post(
          "/api/users/me/privacy-zones",
          fmt::format(R"({{"name":"home","latitude":{:.7f},"longitude":{:.7f},"radius_m":{}}})",
                      at.lat_deg, at.lng_deg, world_->zone_m)),
      "zone");
  zone_ = reply.json["data"]["id"].text();
}

void Visit::change_zone(Point centre, double radius_m) {
  const auto at = world_->frame.on_earth(centre);
  expect(owner_.put(
             "/api/users/me/privacy-zones/" + zone_,
             fmt::format(R"({{"name":"home","latitude":{:.7f},"longitude":{:.7f},"radius_m":{}}})",
                         at.lat_deg, at.lng_deg, radius_m)),
         "zone");
}

void Visit::record(const PlannedRuck& plan) {
  const std::int64_t id = plan.is_recorded ? record_batches(plan) : import_file(plan);
  ids_.push_back(id);
  if (plan.is_recorded) {
    sight_.appeared_ms[id] =
        plan.fixes.back().time_ms + static_cast<std::int64_t>(world_->random.uniform(0, 10'000));
  }
  look_at_profile(id);
  if (!plan.late.empty()) {
    keep_more(look(viewers_.stranger, id).pieces);
    expect(owner_.post(path_of(id, "/location"), batch_of(plan.late)), "late points");
  }
  if (plan.trim_at_ms) trim(id, plan);
}

std::int64_t Visit::import_file(const PlannedRuck& plan) {
  const Reply reply = expect(
      owner_.send(
          http::Method::kPost,
          fmt::format("/api/gpx/import?ruck_weight_kg={}&visibility=public", world_->load_kg),
          gpx_of(plan.fixes), "application/gpx+xml"),
      "import");
  return reply.json["ruck"]["id"].integer();
}

std::int64_t Visit::record_batches(const PlannedRuck& plan) {
  const std::string create =
      fmt::format(R"({{"ruck_weight_kg":{},"visibility":"public"}})", world_->load_kg);
  const std::int64_t id = expect(owner_.post("/api/rucks", create), "create").json["id"].integer();
  expect(owner_.post(path_of(id, "/start"),
                     fmt::format(R"({{"started_at":"{}"}})",
                                 to_iso8601(utc_ms(plan.fixes.front().time_ms)))),
         "start");
  constexpr std::size_t kLiveBatch = 6;  // half a minute, as the phone sends them
  const std::size_t size = plan.is_live ? kLiveBatch : plan.fixes.size();
  std::string link;
  if (plan.is_live) {
    const Reply made = owner_.post(path_of(id, "/live/links"), R"({"hours":4})");
    if (made.status == 201) link = made.json["data"]["token"].text();
    follow_live(id, plan.fixes.front().time_ms);
  }
  for (std::size_t from = 0, round = 0; from < plan.fixes.size(); from += size, ++round) {
    const std::size_t to = std::min(plan.fixes.size(), from + size);
    const Fixes batch(plan.fixes.begin() + static_cast<std::ptrdiff_t>(from),
                      plan.fixes.begin() + static_cast<std::ptrdiff_t>(to));
    expect(owner_.post(path_of(id, "/location"), batch_of(batch)), "points");
    if (!plan.is_live) continue;
    const bool is_near_an_end = round < 30 || to + 180 > plan.fixes.size();
    if (is_near_an_end) follow_live(id, batch.back().time_ms);
    if (is_near_an_end && round % 4 == 0 && !link.empty()) follow_link(link);
  }
  expect(owner_.post(path_of(id, "/complete"), "{}"), "complete");
  if (const auto seen = sight_.live.find(id); seen != sight_.live.end()) {
    const std::int64_t frozen_ms = plan.fixes.back().time_ms - watching_[id].news_ms;
    seen->second.end_clock_s = static_cast<double>(frozen_ms) / 1000;
  }
  if (!link.empty()) follow_link(link);
  return id;
}

void Visit::trim(std::int64_t id, const PlannedRuck& plan) {
  const SeenRuck before = look(viewers_.stranger, id);
  keep_more(before.pieces);
  const double seconds = static_cast<double>(*plan.trim_at_ms - plan.fixes.front().time_ms) / 1000;
  expect(
      owner_.put(path_of(id, "/edit"),
                 fmt::format(R"({{"end_time":"{}","duration_seconds":{:.0f},"distance_km":{:.3f},)"
                             R"("elevation_gain_m":0,"elevation_loss_m":0}})",
                             to_iso8601(utc_ms(*plan.trim_at_ms)), seconds, seconds * 1.3 / 1000)),
      "trim");
}

void Visit::tell_story() {
  const auto remember = [this] {
    sight_.earlier.push_back(sight_.earlier.empty() ? look_at_all()
                                                    : look_when_settled(sight_.earlier.back()));
  };
  switch (world_->settings.story) {
    case Story::kResized:
      remember();
      change_zone(world_->home, world_->zone_later_m);
      return;
    case Story::kMoved:
      for (int i = 0; i < 3; ++i) {
        remember();
        change_zone(world_->home + 6.0 * towards(world_->random.uniform(0, 2 * std::numbers::pi)),
                    world_->zone_m);
      }
      return;
    case Story::kRemade:
      remember();
      expect(owner_.del("/api/users/me/privacy-zones/" + zone_), "delete a zone");
      remember();
      add_zone();
      return;
    default:
      return;
  }
}

// ---- those who look ----------------------------------------------------------------------------

void Visit::keep_more(std::vector<Piece> pieces) {
  std::ranges::move(pieces, std::back_inserter(sight_.more_pieces));
}

SeenRuck Visit::look(ApiClient& viewer, std::int64_t id) {
  return seen_ruck(expect(viewer.get(path_of(id)), "a ruck").json, world_->frame);
}

std::vector<SeenRuck> Visit::look_at_all() {
  std::vector<SeenRuck> all;
  for (const std::int64_t id : ids_) all.push_back(look(viewers_.stranger, id));
  return all;
}

// A change of zones hides everything until it is worked in, ruck by ruck. A larger zone may hide a
// whole ruck for good: so it is worked in when all is shown again, or when something is and nothing
// changes any more.
std::vector<SeenRuck> Visit::look_when_settled(const std::vector<SeenRuck>& before) {
  constexpr int kSameLooks = 8;
  const auto shown_in = [](const std::vector<SeenRuck>& all) {
    return std::ranges::count_if(all, [](const SeenRuck& ruck) { return !ruck.pieces.empty(); });
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::vector<SeenRuck> all = look_at_all();
  int same = 0;
  while (shown_in(all) < shown_in(before) && same < kSameLooks &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::vector<SeenRuck> again = look_at_all();
    same = shown_in(again) > 0 && shown_in(again) == shown_in(all) ? same + 1 : 0;
    all = std::move(again);
  }
  return all;
}

void Visit::look_at_profile(std::int64_t id) {
  const Reply page =
      expect(viewers_.stranger.get("/api/users/" + owner_.user_id + "/profile"), "a profile");
  const json::Tree& stats = page.json["data"]["stats"];
  const double distance_m = stats["totalDistanceKm"].number() * 1000;
  const double duration_s = stats["totalDurationSeconds"].number();
  sight_.profile_distance_m[id] = distance_m - profile_m_;
  sight_.profile_duration_s[id] = duration_s - profile_s_;
  profile_m_ = distance_m;
  profile_s_ = duration_s;
}

void Visit::look_at_cards() {
  const Reply list = expect(
      viewers_.stranger.get("/api/users/" + owner_.user_id + "/rucks?per_page=50"), "a list");
  for (const json::Tree& card : list.json["ruck_sessions"].items()) {
    std::size_t points = card["location_points"].size();
    if (card.has("route_pieces")) points = 0;
    for (const json::Tree& piece : card["route_pieces"].items()) points += piece.size();
    sight_.card_points[card["id"].integer()] = static_cast<double>(points);
  }
}

void Visit::follow_live(std::int64_t id, std::int64_t clock_ms) {
  const Reply reply = viewers_.follower.get(path_of(id, "/live"));
  if (reply.status != 200) return;
  Watching& watching = watching_[id];
  if (!watching.since_ms) watching.since_ms = clock_ms;
  const json::Tree& now = reply.json;
  json::Tree as_ruck = now;
  SeenRuck seen = seen_ruck(now, world_->frame);
  if (seen.pieces.empty()) return;
  if (!watching.has_seen) {
    const Piece& piece = seen.pieces.front();
    Line line;
    for (const SeenPoint& p : piece) line.push_back(p.at);
    const auto time_of = [&now](const char* name) {
      const auto time = parse_iso8601(now[name].text());
      return time ? static_cast<double>(to_ms(time->time).time_since_epoch().count()) / 1000 : 0.0;
    };
    sight_.live[id] = {.at = piece.front().at,
                       .seq = now["seq"].number(),
                       .distance_m = seen.distance_m - length(line),
                       .duration_s = seen.duration_s,
                       .clock_s = static_cast<double>(clock_ms - *watching.since_ms) / 1000,
                       .last_fix_s = time_of("last_location_update") - time_of("started_at"),
                       .pace_m_per_s = 1.37};
    watching.has_seen = true;
  }
  const Point last_at = seen.pieces.back().back().at;
  SeenLive& live = sight_.live[id];
  if (watching.news_ms == 0 || distance(last_at, live.last_at) > 1) watching.news_ms = clock_ms;
  live.last_at = last_at;
  keep_more(std::move(seen.pieces));
}

void Visit::follow_link(const std::string& token) {
  const Reply reply = viewers_.nobody.get("/api/live/" + token);
  if (reply.status == 200) keep_more(seen_ruck(reply.json, world_->frame).pieces);
}

// ---- the judge ---------------------------------------------------------------------------------

double Visit::common_radius(const std::vector<std::vector<Disc>>& hidden) const {
  constexpr double kReachM = 800;
  constexpr double kCellM = 8;
  double area = 0;
  for (double x = -kReachM; x <= kReachM; x += kCellM) {
    for (double y = -kReachM; y <= kReachM; y += kCellM) {
      const Point at = world_->home + Point{x, y};
      const bool is_common = !hidden.empty() && std::ranges::all_of(hidden, [&](const auto& discs) {
        return std::ranges::any_of(
            discs, [&](const Disc& disc) { return distance(at, disc.centre) <= disc.radius_m; });
      });
      area += is_common ? kCellM * kCellM : 0;
    }
  }
  return std::sqrt(area / std::numbers::pi);
}

Truth Visit::truth() {
  Truth truth{.home = world_->home, .nearest_m = 1e9};
  std::vector<std::vector<Disc>> hidden;
  const auto nearest_of = [&](const std::vector<Piece>& pieces) {
    double nearest = 1e9;
    for (const Piece& piece : pieces) {
      for (std::size_t i = 0; i < piece.size(); ++i) {
        const Point before = piece[i == 0 ? 0 : i - 1].at;
        nearest = std::min(nearest, distance_to_segment(truth.home, before, piece[i].at));
      }
    }
    return nearest;
  };
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    TrueRuck ruck{.id = ids_[i], .own = look(owner_, ids_[i])};
    ruck.nearest_m = nearest_of(sight_.rucks[i].pieces);
    truth.nearest_m = std::min(truth.nearest_m, ruck.nearest_m);
    const Reply preview = expect(owner_.get(path_of(ids_[i], "/preview")), "preview");
    std::vector<Disc> discs;
    for (const json::Tree& circle : preview.json["data"]["hidden"].items()) {
      const Disc disc{.centre = world_->frame.in_plane({.lat_deg = circle["latitude"].number(),
                                                        .lng_deg = circle["longitude"].number()}),
                      .radius_m = circle["radius_m"].number()};
      if (distance(disc.centre, truth.home) < disc.radius_m + 700) discs.push_back(disc);
    }
    if (!discs.empty()) hidden.push_back(std::move(discs));
    truth.rucks.push_back(std::move(ruck));
  }
  truth.nearest_m = std::min(truth.nearest_m, nearest_of(sight_.more_pieces));
  for (const auto& state : sight_.earlier) {
    for (const SeenRuck& ruck : state) {
      truth.nearest_m = std::min(truth.nearest_m, nearest_of(ruck.pieces));
    }
  }
  truth.hidden_radius_m = common_radius(hidden);
  return truth;
}

}  // namespace ruck::attack

// No route shows anybody but its owner what the owner hides.
//
// The test walks every operation of the API document, as a stranger, a follower, somebody who is
// blocked and nobody at all, on rucks that really cross zones, and reads every coordinate in every
// answer, however it is written: JSON in any shape, attributes of XML, whole e7 numbers, encoded
// polylines. An operation that is not in stranger_calls.hpp fails the test: add it, with how to
// call it.
#include "rucking/geo.hpp"
#include "rucking/polyline.hpp"
#include "rucking/privacy.hpp"
#include "stranger_calls.hpp"
#include "support/live.hpp"
#include "support/photos.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <charconv>
#include <map>
#include <set>

namespace ruck::test {
namespace {
using rucking::Circle;
using rucking::Position;
using testing::HasSubstr;
using testing::Not;

http::Method method_of(std::string_view name) {
  if (name == "GET") return http::Method::kGet;
  if (name == "POST") return http::Method::kPost;
  if (name == "PUT") return http::Method::kPut;
  if (name == "PATCH") return http::Method::kPatch;
  return http::Method::kDelete;
}

std::string replaced(std::string text, const std::map<std::string, std::string>& by) {
  for (const auto& [name, value] : by) {
    const std::string mark = "{" + name + "}";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

// ---- reading coordinates -----------------------------------------------------------------------

struct Number {
  double value = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};
// Every number of a text that may be degrees, in order; those that can only be 1e-7 degrees as
// degrees.
std::vector<Number> numbers_in(std::string_view text) {
  std::vector<Number> numbers;
  for (std::size_t i = 0; i < text.size();) {
    double value = 0;
    const bool is_number = text[i] == '-' || (text[i] >= '0' && text[i] <= '9');
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
    if (!is_number || error != std::errc()) {
      ++i;
      continue;
    }
    const auto after = static_cast<std::size_t>(end - text.data());
    const bool is_whole = text.substr(i, after - i).find('.') == std::string_view::npos;
    if (!is_whole) numbers.push_back({value, i, after});
    if (is_whole && std::abs(value) > 1e7 && std::abs(value) < 1.8e9) {
      numbers.push_back({value / 1e7, i, after});
    }
    i = after;
  }
  return numbers;
}

bool is_place(double lat, double lng) { return std::abs(lat) <= 90 && std::abs(lng) <= 180; }

// Two numbers beside each other, in one object or list, are a position, either way round.
std::vector<Position> positions_in(std::string_view text) {
  constexpr std::size_t kBetweenMax = 24;
  std::vector<Position> found;
  const std::vector<Number> numbers = numbers_in(text);
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const double a = numbers[i - 1].value;
    const double b = numbers[i].value;
    const std::string_view between =
        text.substr(numbers[i - 1].end, numbers[i].begin - numbers[i - 1].end);
    if (between.size() > kBetweenMax || between.find_first_of("{}[]<>") != between.npos) continue;
    if (is_place(a, b)) found.push_back({a, b});
    if (is_place(b, a)) found.push_back({b, a});
  }
  return found;
}

std::optional<Position> point_of(const json::Tree& tree) {
  for (const auto& [lat, lng] : {std::pair{"lat", "lng"}, std::pair{"latitude", "longitude"}}) {
    if (tree.has(lat) && tree.has(lng)) return Position{tree[lat].number(), tree[lng].number()};
  }
  return std::nullopt;
}

// Lines that an app would draw: lists of points, and texts that decode as a polyline.
void lines_in(const json::Tree& tree, std::vector<std::vector<Position>>& lines) {
  std::vector<Position> line;
  for (const json::Tree& item : tree.items()) {
    if (const auto point = point_of(item)) line.push_back(*point);
    lines_in(item, lines);
  }
  if (line.size() > 1) lines.push_back(line);
  for (const auto& [name, member] : tree.members()) lines_in(member, lines);
  if (tree.text().size() < 8) return;
  for (const auto precision :
       {rucking::PolylinePrecision::kFive, rucking::PolylinePrecision::kSix}) {
    const auto decoded = rucking::decode_polyline(tree.text(), precision);
    if (decoded && decoded->size() > 1) lines.push_back(*decoded);
  }
}

// ---- the test ----------------------------------------------------------------------------------

class StrangerTest : public ApiTest {
 protected:
  static constexpr Position kOpen{47.0123, 8.0457};  // where each ruck begins
  static constexpr Position kFollowers{46.5123, 7.5457};
  static constexpr Position kHidden{48.0123, 9.0457};
  static constexpr Position kUnderWay{45.5123, 7.0457};
  static constexpr double kAreaM = 30'000;  // around a beginning: no other ruck is there

  static Position off(Position from, double east_m, double north_m) {
    return rucking::moved(from, {.east_m = east_m, .north_m = north_m},
                          rucking::local_scale(from.lat_deg));
  }
  // Through the corners, a fix every 14 m and 10 s, ending now.
  static std::string walk(const std::vector<Position>& corners) {
    std::vector<Position> points;
    for (std::size_t leg = 1; leg < corners.size(); ++leg) {
      const double length = rucking::distance_m(corners[leg - 1], corners[leg]);
      for (double at = 0; at < length; at += 14) {
        const double part = at / length;
        points.push_back({std::lerp(corners[leg - 1].lat_deg, corners[leg].lat_deg, part),
                          std::lerp(corners[leg - 1].lng_deg, corners[leg].lng_deg, part)});
      }
    }
    std::int64_t time = now_ms() - std::ssize(points) * 10'000;
    std::string text = "{\"points\":[";
    for (const Position& p : points) {
      text += fmt::format(R"({}{{"lat":{:.7f},"lng":{:.7f},"altitude":400.0,"timestamp":"{}"}})",
                          text.ends_with('[') ? "" : ",", p.lat_deg, p.lng_deg,
                          to_iso8601(utc_ms(time)));
      time += 10'000;
    }
    return text + "]}";
  }
  // North, across a zone at 2 km, east, back past the beginning at 40 m, and south.
  static std::vector<Position> corners(Position home) {
    return {home, off(home, 0, 4000), off(home, 1500, 4000), off(home, 40, 100),
            off(home, 40, -2500)};
  }
  std::string record(ApiClient& owner, Position home, const std::string& visibility,
                     const std::string& marker) {
    const std::string id =
        start_ruck(owner, R"({"ruck_weight_kg":15,"user_weight_kg":83.25,"visibility":")" +
                              visibility + R"(","title":"title )" + marker + "\"}");
    const std::string points = walk(corners(home));
    EXPECT_EQ(owner.post("/api/rucks/" + id + "/location", points).status, 201);
    return id;
  }
  static void complete(ApiClient& owner, const std::string& id, const std::string& marker) {
    const Reply done = owner.post("/api/rucks/" + id + "/complete",
                                  R"({"notes":"secret )" + marker + R"(","tags":["secret tag"]})");
    EXPECT_EQ(done.status, 200) << done.body;
  }

  // What this viewer must not be shown.
  struct Forbidden {
    std::vector<Circle> circles;
    std::vector<std::string> texts;
  };
  static bool is_in(const std::vector<Circle>& circles, Position p) {
    return std::ranges::any_of(
        circles, [&](const Circle& c) { return rucking::distance_m(c.centre, p) < c.radius_m; });
  }
  static bool crosses(const Circle& c, Position a, Position b) {
    const rucking::LocalScale scale = rucking::local_scale(c.centre.lat_deg);
    const rucking::Offset from = rucking::offset(c.centre, a, scale);
    const rucking::Offset to = rucking::offset(c.centre, b, scale);
    const double x = to.east_m - from.east_m;
    const double y = to.north_m - from.north_m;
    const double length2 = x * x + y * y;
    const double at =
        length2 > 0 ? std::clamp(-(from.east_m * x + from.north_m * y) / length2, 0.0, 1.0) : 0;
    return std::hypot(from.east_m + at * x, from.north_m + at * y) < c.radius_m - 2;
  }
  // Nothing, or what is shown that must not be.
  std::optional<std::string> leak_in(const std::string& body, const Forbidden& forbidden) {
    for (const std::string& text : forbidden.texts) {
      if (body.contains(text)) return "the text \"" + text + "\"";
    }
    for (const Position& p : positions_in(body)) {
      if (rucking::distance_m(p, kOpen) < kAreaM) ++coordinates_seen_;
      if (is_in(forbidden.circles, p)) {
        return fmt::format("the position {:.5f}, {:.5f}", p.lat_deg, p.lng_deg);
      }
    }
    std::vector<std::vector<Position>> lines;
    lines_in(json::Tree::parse(body), lines);
    for (const std::vector<Position>& line : lines) {
      for (std::size_t i = 1; i < line.size(); ++i) {
        for (const Circle& c : forbidden.circles) {
          if (crosses(c, line[i - 1], line[i])) {
            return fmt::format("a line across {:.5f}, {:.5f}", c.centre.lat_deg, c.centre.lng_deg);
          }
        }
      }
    }
    return std::nullopt;
  }
  // Circles that the owner's preview of a ruck names, a metre smaller for rounding: those where the
  // ruck is, since each ruck has circles of its own.
  static std::vector<Circle> hidden_of(ApiClient& owner, const std::string& ruck, Position home) {
    std::vector<Circle> circles;
    const json::Tree preview = owner.get("/api/rucks/" + ruck + "/preview").json;
    EXPECT_EQ(preview["data"]["hidden"].size(), 6U) << "four zones and two ends";
    for (const json::Tree& c : preview["data"]["hidden"].items()) {
      const Circle circle{.centre = *point_of(c), .radius_m = c["radius_m"].number() - 1};
      if (rucking::distance_m(circle.centre, home) < kAreaM) circles.push_back(circle);
    }
    return circles;
  }
  static std::string without_request_id(const Reply& reply) {
    const std::size_t at = reply.body.find("\"request_id\"");
    return reply.body.substr(0, at);
  }

  std::size_t coordinates_seen_ = 0;
};

TEST_P(StrangerTest, NoRouteShowsWhatTheOwnerHides) {
  ApiClient owner = user("anna");
  ApiClient stranger = user("stranger");
  ApiClient follower = user("follower");
  ApiClient blocked = user("blocked");
  ApiClient other = user("other");
  ApiClient nobody = client();
  follower.post("/api/users/" + owner.user_id + "/follow", "{}");
  owner.put("/api/users/profile", R"({"live_audience":"followers"})");
  owner.post("/api/users/" + blocked.user_id + "/block", "{}");
  other.post("/api/users/" + owner.user_id + "/follow", "{}");

  // A zone across each ruck's way, two kilometres from its beginning.
  std::vector<Circle> zones;
  std::string zone_id;
  for (const Position home : {kOpen, kFollowers, kHidden, kUnderWay}) {
    const Circle zone{.centre = off(home, 0, 2000), .radius_m = 250};
    const Reply made = owner.post(
        "/api/users/me/privacy-zones",
        fmt::format(R"({{"name":"zone","latitude":{:.7f},"longitude":{:.7f},"radius_m":250}})",
                    zone.centre.lat_deg, zone.centre.lng_deg));
    ASSERT_EQ(made.status, 201) << made.body;
    zone_id = made.json["data"]["id"].text();
    zones.push_back(zone);
  }
  const std::string hidden = record(owner, kHidden, "private", "marker-hidden");
  complete(owner, hidden, "marker-hidden");
  const std::string inner = record(owner, kFollowers, "followers", "marker-followers");
  complete(owner, inner, "marker-followers");
  const std::string open = record(owner, kOpen, "public", "marker-open");
  complete(owner, open, "marker-open");
  const std::string live = record(owner, kUnderWay, "public", "marker-live");
  // Reactions of the owner, so that theirs are told as well if a route forgets to ask.
  for (const auto& [ruck, words] :
       {std::pair{hidden, "secret words"}, std::pair{inner, "marker-followers words"},
        std::pair{live, "marker-live words"}}) {
    EXPECT_EQ(owner.post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}").status, 201);
    EXPECT_EQ(owner
                  .post("/api/rucks/" + ruck + "/comments",
                        std::string(R"({"content":")") + words + "\"}")
                  .status,
              201);
  }
  const Reply comment =
      follower.post("/api/rucks/" + open + "/comments", R"({"content":"well done"})");
  ASSERT_EQ(comment.status, 201);

  // Of each a photo that was taken in its zone, and one at its door.
  std::map<std::string, std::string> photo_of = {
      {"123456", "00000000-0000-4000-8000-000000000000"}};
  std::uint32_t seed = 0;
  for (const auto& [ruck, home] : {std::pair{open, kOpen}, std::pair{inner, kFollowers},
                                   std::pair{hidden, kHidden}, std::pair{live, kUnderWay}}) {
    photo_of[ruck] =
        add_photo(owner, ruck, {.seed = ++seed, .taken = off(home, 0, 2000)})["id"].text();
    ASSERT_FALSE(photo_of[ruck].empty());
    add_photo(owner, ruck, {.seed = ++seed, .taken = home});
  }

  // What nobody but the owner may see, and what of a whole ruck is hidden from whom.
  Forbidden always{.circles = zones, .texts = {"secret", "83.25", "marker-hidden"}};
  for (const auto& [ruck, home] :
       {std::pair{open, kOpen}, std::pair{inner, kFollowers}, std::pair{hidden, kHidden}}) {
    const auto circles = hidden_of(owner, ruck, home);
    ASSERT_EQ(circles.size(), 3U) << "a zone and two ends";
    always.circles.insert(always.circles.end(), circles.begin(), circles.end());
  }
  for (const Position home : {kOpen, kFollowers, kHidden, kUnderWay}) {
    always.circles.push_back({.centre = home, .radius_m = rucking::kEndMarginM});
  }
  always.circles.push_back({.centre = kHidden, .radius_m = kAreaM});
  const auto without = [&](Forbidden from, Position home, const std::string& marker) {
    from.circles.push_back({.centre = home, .radius_m = kAreaM});
    from.texts.push_back(marker);
    return from;
  };
  const Forbidden for_follower = always;
  const Forbidden for_stranger =
      without(without(always, kFollowers, "marker-followers"), kUnderWay, "marker-live");
  const Forbidden for_blocked = without(for_stranger, kOpen, "marker-open");

  // The scanner finds what is there: the owner is shown all of it.
  const std::string own = owner.get("/api/rucks/" + open).body;
  ASSERT_TRUE(leak_in(own, {.circles = zones, .texts = {}}));
  ASSERT_TRUE(
      leak_in(owner.get("/api/ruck-photos?ruck_id=" + open).body, {.circles = zones, .texts = {}}));
  ASSERT_TRUE(leak_in(owner.get("/api/rucks/" + hidden + "/details").body,
                      {.circles = {{.centre = kHidden, .radius_m = 5000}}, .texts = {}}));

  struct Viewer {
    std::string name;
    ApiClient* client;
    const Forbidden* forbidden;
  };
  // A share link shows what a finished ruck would: the place where the owner is stays hidden too.
  const std::string token =
      owner.post("/api/rucks/" + live + "/live/links", "{}").json["data"]["token"].text();
  ASSERT_FALSE(token.empty());
  Forbidden for_link = always;
  for_link.circles.push_back(
      {.centre = corners(kUnderWay).back(), .radius_m = rucking::kEndMarginM});
  EXPECT_FALSE(leak_in(nobody.get("/api/live/" + token).body, for_link));
  const std::vector<Viewer> viewers = {{"stranger", &stranger, &for_stranger},
                                       {"follower", &follower, &for_follower},
                                       {"blocked", &blocked, &for_blocked},
                                       {"nobody", &nobody, &for_blocked}};
  const json::Tree document = nobody.get("/api/openapi.json").json;
  ASSERT_GT(document["paths"].size(), 20U);
  std::set<std::string> known;
  for (const auto& [path, methods] : document["paths"].members()) {
    for (const auto& [method, operation] : methods.members()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(std::toupper(c));
      name += " " + path;
      known.insert(name);
      const auto found = strangers_calls().find(name);
      if (found == strangers_calls().end()) {
        ADD_FAILURE() << name << " is new: say in strangers_calls() how a stranger would call it";
        continue;
      }
      if (found->second.calls.empty()) EXPECT_NE(found->second.no_calls_because, "") << name;
      for (const auto& [target, body] : found->second.calls) {
        const bool is_of_photo = (target + body).contains("{photo}");
        const bool is_of_ruck = is_of_photo || (target + body).contains("{ruck}");
        for (const Viewer& viewer : viewers) {
          coordinates_seen_ = 0;
          std::string unknown;
          for (const std::string& ruck : {std::string("123456"), open, inner, hidden, live}) {
            const std::map<std::string, std::string> values = {
                {"ruck", ruck},
                {"photo", photo_of.at(ruck)},
                {"owner", owner.user_id},
                {"other", other.user_id},
                {"owner_name", "anna"},
                {"zone", zone_id},
                {"token", viewer.client == &nobody ? token : "unknown"},
                {"comment", comment.json["data"]["id"].text()}};
            const bool is_file = target.contains("/gpx/");
            const bool is_form = body.starts_with("--XbX");
            const Reply reply =
                viewer.client->send(method_of(name.substr(0, name.find(' '))),
                                    replaced(target, values), replaced(body, values),
                                    is_form   ? kFormType
                                    : is_file ? "application/gpx+xml"
                                              : http::kJson);
            EXPECT_LT(reply.status, 500) << name << " " << reply.body;
            const bool is_link = target == "/api/live/{token}";
            const auto leak = leak_in(reply.body, is_link ? for_link : *viewer.forbidden);
            EXPECT_FALSE(leak) << name << " shows " << viewer.name << " " << *leak;
            // A ruck that may not be seen is answered as one that does not exist.
            if (ruck == "123456")
              unknown = std::to_string(reply.status) + without_request_id(reply);
            // To follow live has answers of its own for who may see the ruck (contract core §11).
            const bool may_know_live = (target.contains("/live") || target.contains("/messages")) &&
                                       viewer.forbidden != &for_blocked;
            // A photo of a ruck for everybody is seen without signing in.
            const bool is_everybodys =
                target == "/media/{photo}/large.jpg" || target == "/media/{photo}/small";
            const bool is_unknown =
                ruck == hidden || (ruck == live && !may_know_live) ||
                (ruck == inner && viewer.forbidden != &for_follower) ||
                (ruck == open && viewer.forbidden == &for_blocked && !is_everybodys);
            if (is_of_ruck && is_unknown) {
              EXPECT_EQ(std::to_string(reply.status) + without_request_id(reply), unknown)
                  << name << " as " << viewer.name;
            }
            if (!is_of_ruck) break;
          }
          const bool shows_lines = name == "GET /api/rucks/{id}" ||
                                   name == "GET /api/rucks/{id}/details" ||
                                   target == "/api/ruck-buddies?per_page=50";
          if (shows_lines && viewer.forbidden != &for_blocked) {
            EXPECT_GT(coordinates_seen_, 20U) << name << ": what may be seen is to be seen";
          }
        }
      }
    }
  }
  for (const auto& [name, operation] : strangers_calls()) {
    EXPECT_TRUE(known.contains(name)) << name << " does not exist any longer";
  }
  EXPECT_EQ(owner.get("/api/rucks/" + open).status, 200) << "nobody else deleted it";
  EXPECT_EQ(owner.get("/api/ruck-photos?ruck_id=" + open).json["data"].size(), 2U) << "nor these";

  // Every frame of a socket: all rucks and `me`, before and after the owner goes on.
  std::vector<std::unique_ptr<LiveClient>> sockets;
  for (const Viewer& viewer : viewers) {
    if (viewer.client == &nobody) continue;
    sockets.push_back(std::make_unique<LiveClient>(*server_, *viewer.client));
  }
  sockets.push_back(std::make_unique<LiveClient>(*server_));
  sockets.back()->say(R"({"type":"auth","share":")" + token + "\"}");
  EXPECT_EQ(sockets.back()->next()["type"].text(), "ready");
  for (const auto& socket : sockets) {
    for (const std::string& ruck : {open, inner, hidden, live}) {
      socket->subscribe("ruck:" + ruck);
      EXPECT_FALSE(socket->next().is_null());
    }
    socket->subscribe("me");
    EXPECT_FALSE(socket->next().is_null());
  }
  const Position end = corners(kUnderWay).back();
  EXPECT_EQ(owner.post("/api/rucks/" + live + "/location", walk({end, off(end, 0, -700)})).status,
            201);
  for_link.circles.back() = {.centre = off(end, 0, -700), .radius_m = rucking::kEndMarginM};
  const std::vector<const Forbidden*> forbidden = {&for_stranger, &for_follower, &for_blocked,
                                                   &for_link};
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    sockets[i]->next("update", std::chrono::seconds(1));
    std::size_t updates = 0;
    for (const std::string& frame : sockets[i]->heard) {
      const auto leak = leak_in(frame, *forbidden[i]);
      EXPECT_FALSE(leak) << "socket " << i << ": " << *leak << " in " << frame.substr(0, 300);
      updates += frame.contains(R"("type":"update")") ? 1 : 0;
    }
    const bool may_watch = i == 1 || i == 3;
    EXPECT_EQ(updates > 0, may_watch) << "socket " << i;
  }
}

RUCK_ON_BOTH_DATABASES(StrangerTest);

}  // namespace
}  // namespace ruck::test

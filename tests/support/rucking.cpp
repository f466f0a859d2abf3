#include "support/rucking.hpp"

#include "base/clock.hpp"

#include <fmt/format.h>

namespace ruck::test {
namespace {
constexpr double kMetresPerDegreeAt47 = 111'170.851;  // science §2.2
}

std::string Walk::point_json(int index) const {
  const double t = step_s * index;
  const auto time = utc_ms(start_ms + static_cast<std::int64_t>(t * 1000));
  return fmt::format(
      R"({{"lat":{:.7f},"lng":{:.7f},"altitude":{:.1f},"timestamp":"{}","accuracy":5.0,"speed":{:.2f},)"
      R"("unique_id":"{:016x}"}})",
      lat + speed_m_per_s * t / kMetresPerDegreeAt47, lng, 400.0, to_iso8601(time), speed_m_per_s,
      index);
}

std::string Walk::json() const {
  std::string text = "{\"points\":[";
  for (int i = 0; i < count; ++i) text += (i > 0 ? "," : "") + point_json(first + i);
  return text + "]}";
}

std::string heart_rate_json(std::int64_t start_ms, int count, int bpm, bool with_zone) {
  std::string text = "{\"heart_rate_samples\":[";
  for (int i = 0; i < count; ++i) {
    std::string time = to_iso8601(utc_ms(start_ms + i * 1000));
    if (!with_zone) time.pop_back();
    text +=
        fmt::format("{}{{\"timestamp\":\"{}\",\"bpm\":{}}}", i > 0 ? "," : "", time, bpm + i % 5);
  }
  return text + "]}";
}

std::int64_t now_ms() { return to_ms(SystemClock().now()).time_since_epoch().count(); }

std::string start_ruck(ApiClient& user, const std::string& body) {
  const Reply created = user.post("/api/rucks", body);
  EXPECT_EQ(created.status, 201) << created.body;
  const std::string id = std::to_string(created.json["id"].integer());
  const Reply started = user.post("/api/rucks/" + id + "/start", "{}");
  EXPECT_EQ(started.status, 200) << started.body;
  return id;
}

std::string record_ruck(ApiClient& user, const Walk& walk, const std::string& create,
                        const std::string& complete) {
  const std::string id = start_ruck(user, create);
  const Reply stored = user.post("/api/rucks/" + id + "/location", walk.json());
  EXPECT_EQ(stored.status, 201) << stored.body;
  EXPECT_EQ(stored.json["inserted"].integer(), walk.count) << stored.body;
  const Reply done = user.post("/api/rucks/" + id + "/complete", complete);
  EXPECT_EQ(done.status, 200) << done.body;
  return id;
}

Reply enter_ruck(ApiClient& user, const std::string& started_at, double km, int seconds,
                 const std::string& more) {
  return user.post("/api/rucks",
                   fmt::format(R"({{"is_manual":true,"status":"completed","start_time":"{}",)"
                               R"("distance_km":{},"duration_seconds":{},"ruck_weight_kg":10{}}})",
                               started_at, km, seconds, more));
}

}  // namespace ruck::test

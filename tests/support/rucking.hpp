#pragma once
// Rucks as a phone would make them, for API tests.
#include "base/time.hpp"
#include "support/server.hpp"

#include <cstdint>
#include <string>

namespace ruck::test {

// A straight walk to the north, one fix every `step_s` seconds.
struct Walk {
  std::int64_t start_ms = 0;
  int count = 10;
  double step_s = 5;
  double speed_m_per_s = 1.4;
  double lat = 47.0;
  double lng = 8.0;
  int first = 0;  // the number of the first fix: batches of one walk continue each other

  [[nodiscard]] Walk part(int from, int size) const {
    Walk out = *this;
    out.first = first + from;
    out.count = size;
    return out;
  }
  [[nodiscard]] double metres_to(int index) const { return speed_m_per_s * step_s * index; }
  [[nodiscard]] std::string point_json(int index) const;
  [[nodiscard]] std::string json() const;  // {"points":[…]}
};

// {"heart_rate_samples":[…]}, one a second.
std::string heart_rate_json(std::int64_t start_ms, int count, int bpm, bool with_zone = true);

std::int64_t now_ms();

// Creates and starts a ruck; its id.
std::string start_ruck(ApiClient& user, const std::string& body = R"({"ruck_weight_kg":15})");
// A whole recorded ruck that ended now; its id.
std::string record_ruck(ApiClient& user, const Walk& walk,
                        const std::string& create = R"({"ruck_weight_kg":15})",
                        const std::string& complete = "{}");
// A finished ruck that is entered by hand.
Reply enter_ruck(ApiClient& user, const std::string& started_at, double km, int seconds,
                 const std::string& more = "");

}  // namespace ruck::test

#pragma once
// GPX 1.0 and 1.1 (topografix.com) as recorders write it. pugixml is seen only by document.cpp.
//
// Reading is forgiving about everything but XML: unknown elements are skipped, a point without a
// position is dropped and counted, times that cannot be are reported and taken for missing.
// Entities are not expanded and nothing is fetched.
#include "base/error.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::gpx {

inline constexpr std::size_t kBytesMax = 50 << 20;  // a week at 1 Hz with every extension
inline constexpr std::size_t kFixesMax = 1'000'000;

struct Fix {
  double lat_deg = 0;
  double lng_deg = 0;
  std::optional<UtcMs> time;
  std::optional<double> altitude_m;
  std::optional<double> accuracy_m;
  std::optional<double> speed_m_per_s;
  std::optional<int> heart_rate_bpm;
};

struct Document {
  std::string creator;
  std::string name;                        // of the first track that has one
  std::optional<UtcMs> time;               // of the file itself
  std::vector<std::vector<Fix>> segments;  // of all tracks, in order; none is empty
  std::size_t dropped = 0;                 // points without a usable position
  std::size_t odd_times = 0;               // before 2000 or in the future: left out
};

// kInvalidInput with the place for what is not XML or not GPX, kPayloadTooLarge for too much.
// Times later than `latest` are odd.
[[nodiscard]] Result<Document> read(std::string_view xml, UtcMs latest);

[[nodiscard]] std::string write(const Document& document);

}  // namespace ruck::gpx

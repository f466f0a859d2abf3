#pragma once
// Work that follows from a cheer (jobs/job.hpp), written in the unit of work that delivers it. Who
// does it registers the kind.
#include "base/ids.hpp"

#include <boost/describe/class.hpp>

#include <string_view>

namespace ruck::live {

inline constexpr std::string_view kCheeredJob = "live.cheered";
struct Cheered {
  UserId rucker;
  RuckId ruck;
  Uuid cheer;
};
BOOST_DESCRIBE_STRUCT(Cheered, (), (rucker, ruck, cheer))

}  // namespace ruck::live

#pragma once
// Work that follows from what becomes of a ruck (jobs/job.hpp), written in the unit of work of its
// cause. Who does it registers the kind.
#include "base/ids.hpp"
#include "base/time.hpp"

#include <boost/describe/class.hpp>

#include <string_view>

namespace ruck::db {
class Session;
}

namespace ruck::rucks {

// A ruck is under way that was not before. One that a phone recorded offline starts when it is
// uploaded; its time of start tells.
inline constexpr std::string_view kStartedJob = "rucks.started";
// One that was left open was completed or cancelled for its owner.
inline constexpr std::string_view kClosedJob = "rucks.closed";
inline constexpr std::string_view kImportedJob = "rucks.imported";

struct RuckNews {
  UserId owner;
  RuckId ruck;
};
BOOST_DESCRIBE_STRUCT(RuckNews, (), (owner, ruck))

void enqueue_news(db::Session& q, std::string_view kind, const RuckNews& news, UtcUs now);

}  // namespace ruck::rucks

#pragma once
// Work that follows from what people do to each other (jobs/job.hpp), written in the unit of work
// of its cause. Who does it registers the kind.
#include "base/ids.hpp"
#include "http/json/values.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace ruck::people {

inline constexpr std::string_view kFollowChangedJob = "people.follow_changed";

enum class FollowNews : std::uint8_t {
  kFollowed,
  kRequested,  // it waits to be approved
  kApproved,
  kEnded,  // neither a follow nor a request is left
};
struct FollowChanged {
  FollowNews news = FollowNews::kEnded;
  UserId follower;
  UserId followed;
};
BOOST_DESCRIBE_STRUCT(FollowChanged, (), (news, follower, followed))

}  // namespace ruck::people

template <>
struct ruck::json::EnumNames<ruck::people::FollowNews> {
  using enum ruck::people::FollowNews;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::people::FollowNews, std::string_view>>(
          {{kFollowed, "followed"},
           {kRequested, "requested"},
           {kApproved, "approved"},
           {kEnded, "ended"}});
};

#pragma once
// Work that follows from likes and comments (jobs/job.hpp), written in the unit of work of its
// cause. Who does it registers the kind, and looks at how things stand then.
#include "base/ids.hpp"
#include "services/feed/types.hpp"

#include <boost/describe/class.hpp>

#include <string_view>

namespace ruck::feed {

// There is one more like, or one less.
inline constexpr std::string_view kLikeChangedJob = "feed.like_changed";
struct LikeChanged {
  RuckId ruck;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(LikeChanged, (), (ruck, user))

// A comment has been written, or is gone.
inline constexpr std::string_view kCommentChangedJob = "feed.comment_changed";
struct CommentChanged {
  CommentId comment;
  RuckId ruck;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(CommentChanged, (), (comment, ruck, user))

}  // namespace ruck::feed

#pragma once
// For services without the feed.
#include "services/rucks/service.hpp"

namespace ruck::test {

class NoReactions final : public rucks::ReactionSource {
 public:
  [[nodiscard]] rucks::Reactions of(db::Session&, UserId, RuckId) override { return {}; }
};

}  // namespace ruck::test

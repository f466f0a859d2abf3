#pragma once
// For services without those that stand on them.
#include "services/rucks/service.hpp"

namespace ruck::test {

class NoReactions final : public rucks::ReactionSource {
 public:
  [[nodiscard]] rucks::Reactions of(db::Session&, UserId, RuckId) override { return {}; }
};

class NoPhotos final : public rucks::PhotoSource {
 public:
  [[nodiscard]] std::vector<rucks::RuckPhoto> of(db::Session&, UserId, const std::vector<RuckId>&,
                                                 std::int64_t) override {
    return {};
  }
  void remove(db::Session&, RuckId, UtcUs) override {}
};

}  // namespace ruck::test

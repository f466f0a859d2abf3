#pragma once
// For tests of what needs people, and no rucks of theirs.
#include "services/people/service.hpp"

namespace ruck::test {

class NoRecentRucks final : public people::RecentRucks {
 public:
  [[nodiscard]] std::vector<json::Raw> of(db::Session&, UserId, UserId, std::size_t) override {
    return {};
  }
};

}  // namespace ruck::test

#include "services/people/bulk.hpp"

#include "services/people/store.hpp"

namespace ruck::people {

void add_follows(db::Session& q, std::span<const BulkFollow> follows) {
  for (const BulkFollow& follow : follows) {
    store::add_follow(q, {follow.follower, follow.followed}, follow.at);
  }
}

void recount(db::Session& q) { store::recount(q); }

}  // namespace ruck::people

#include "services/people/bulk.hpp"

#include "services/people/store.hpp"
#include "services/profile/service.hpp"
#include "support/databases.hpp"

#include <gtest/gtest.h>

namespace ruck::people {
namespace {

class BulkTest : public test::OnBothDatabases {};

TEST_P(BulkTest, CountsAreThoseOfTheFollows) {
  migrate();
  const auto done = database().write_now([&](db::Session& q) -> Result<> {
    std::vector<UserId> users;
    for (const char* name : {"anna", "berta", "carla"}) {
      users.push_back(
          profile::create_user(q, {.email = std::string(name) + "@example.org", .username = name},
                               clock_.now())
              .id);
    }
    store::follow(q, {users[2], users[0]}, clock_.now());
    const std::vector<BulkFollow> follows = {{users[0], users[1], clock_.now()},
                                             {users[2], users[1], clock_.now()},
                                             {users[2], users[0], clock_.now()}};
    add_follows(q, follows);
    add_follows(q, follows);
    recount(q);
    EXPECT_EQ(store::followers_count(q, users[0]), 1);
    EXPECT_EQ(store::followers_count(q, users[1]), 2);
    EXPECT_EQ(store::followers_count(q, users[2]), 0);
    EXPECT_EQ(store::page(q, users[0], users[2])->following, 2);
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
}

RUCK_ON_BOTH_DATABASES(BulkTest);

}  // namespace
}  // namespace ruck::people

#include "services/profile/store.hpp"

#include "db/migrations.hpp"
#include "support/databases.hpp"

#include <gtest/gtest.h>

namespace ruck::profile {
namespace {

class ProfileStoreTest : public test::OnBothDatabases {
 protected:
  void SetUp() override { migrate(); }
  UserRow add(const std::string& name) {
    UserRow row{
        .id = UserId(Uuid::make_v7(utc_ms(1))), .email = name + "@example.org", .username = name};
    row.weight_kg = 81.5;
    row.date_of_birth = *parse_date("1990-02-28");
    row.time_zone = "Europe/Zurich";
    row.created_at = row.updated_at = clock_.now();
    EXPECT_TRUE(database().write_now([&](db::Session& q) { store::insert(q, row, "secret"); }));
    return row;
  }
  std::optional<UserRow> find(UserId user) {
    return *database().read_now([&](db::Session& q) { return store::find(q, user); });
  }
};

TEST_P(ProfileStoreTest, ARowComesBackAsItWentIn) {
  const UserRow row = add("anna");
  const auto found = find(row.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->email, row.email);
  EXPECT_EQ(found->weight_kg, 81.5);
  EXPECT_EQ(found->date_of_birth, row.date_of_birth);
  EXPECT_EQ(found->created_at, row.created_at);
  EXPECT_EQ(found->gender, std::nullopt);
}

TEST_P(ProfileStoreTest, AnIdBelongsToOneUser) {
  UserRow other = add("anna");
  other.username = "bert";
  EXPECT_FALSE(database().write_now([&](db::Session& q) { store::insert(q, other, "secret"); }));
  EXPECT_EQ(find(other.id)->username, "anna");
}

TEST_P(ProfileStoreTest, OnlyTheUserThatIsRemovedGoes) {
  const UserRow anna = add("anna");
  const UserRow bert = add("bert");
  EXPECT_TRUE(*database().write_now([&](db::Session& q) { return store::remove(q, anna.id); }));
  EXPECT_FALSE(*database().write_now([&](db::Session& q) { return store::remove(q, anna.id); }));
  EXPECT_FALSE(find(anna.id));
  EXPECT_TRUE(find(bert.id));
}

RUCK_ON_BOTH_DATABASES(ProfileStoreTest);

}  // namespace
}  // namespace ruck::profile

// Two instances over one database, as their tokens see it.
#include "services/auth/token_upkeep.hpp"

#include "services/auth/store.hpp"
#include "support/databases.hpp"

#include <gtest/gtest.h>

namespace ruck::auth {
namespace {

class TokenUpkeepTest : public test::OnBothDatabases {
 protected:
  void SetUp() override { migrate(); }
  void load(Tokens& tokens) {
    const Result<> loaded = load_keys(database(), tokens, "", clock_.now());
    ASSERT_TRUE(loaded) << loaded.error().client_text();
  }
  // Whether `reader` takes what `signer` signs now.
  bool takes(const Tokens& reader, const Tokens& signer) {
    const auto issued = signer.issue(
        {.user = UserId(Uuid::make_v7(to_ms(clock_.now()))), .session = {}}, clock_.now());
    return reader.authenticate(issued.token, clock_.now()).has_value();
  }
  std::size_t keys() {
    return database().read_now([](db::Session& q) { return store::keys(q).size(); }).value_or(0);
  }

  Tokens one_;
  Tokens other_;
};

TEST_P(TokenUpkeepTest, AKeyThatHasGrownOldIsReplacedAndNoTokenIsEverRefused) {
  load(one_);
  load(other_);
  EXPECT_EQ(keys(), 1U) << "the second takes the key of the first";
  EXPECT_TRUE(takes(other_, one_));
  clock_.advance(kKeyRotation + std::chrono::hours(1));
  const auto before =
      one_.issue({.user = UserId(Uuid::make_v7(to_ms(clock_.now()))), .session = {}}, clock_.now());
  load(one_);
  EXPECT_EQ(keys(), 2U);
  EXPECT_TRUE(takes(other_, one_)) << "the new key does not sign before others have read it";
  clock_.advance(kTokenReload);
  load(other_);
  EXPECT_EQ(keys(), 2U);
  clock_.advance(kKeyWarmUp);
  load(one_);
  EXPECT_TRUE(takes(other_, one_)) << "signed with the new key, which the other has read";
  EXPECT_TRUE(takes(one_, other_)) << "signed with the old one";
  EXPECT_TRUE(other_.authenticate(before.token, clock_.now()));
  Tokens late;
  load(late);
  EXPECT_TRUE(takes(late, other_)) << "the old key is kept while it may have signed";
  clock_.advance(kKeyRotation);
  load(one_);
  EXPECT_EQ(keys(), 2U) << "the first is gone, a third has come";
}

TEST_P(TokenUpkeepTest, AnInstanceThatHasNotReadTheNewKeyRefusesIt) {
  load(one_);
  load(other_);
  clock_.advance(kKeyRotation + std::chrono::hours(1));
  load(one_);
  clock_.advance(kKeyWarmUp);
  load(one_);
  EXPECT_FALSE(takes(other_, one_)) << "which is why keys are read again and again";
}

TEST_P(TokenUpkeepTest, ConfiguredKeysLeaveTheDatabaseAlone) {
  const std::string keys_of_two =
      "a:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,b:"
      "OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg=";
  ASSERT_TRUE(load_keys(database(), one_, keys_of_two, clock_.now()));
  EXPECT_EQ(keys(), 0U);
  EXPECT_TRUE(takes(one_, one_));
  EXPECT_FALSE(load_keys(database(), other_, "a:short", clock_.now()));
}

RUCK_ON_BOTH_DATABASES(TokenUpkeepTest);

}  // namespace
}  // namespace ruck::auth

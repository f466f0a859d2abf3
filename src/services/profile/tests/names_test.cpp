#include "services/profile/names.hpp"

#include <gmock/gmock.h>

namespace ruck::profile {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Names, AreLookedForInLowerCase) { EXPECT_EQ(name_key("  Anna-B "), "anna-b"); }

TEST(Names, TrigramsBeginWithTheBlankBeforeTheName) {
  EXPECT_THAT(name_trigrams("anna"), ElementsAre(" an", "ann", "nna"));
  EXPECT_THAT(name_trigrams("aaaa"), ElementsAre(" aa", "aaa")) << "each one once";
  EXPECT_THAT(name_trigrams("ab"), ElementsAre(" ab"));
  EXPECT_THAT(name_trigrams("a"), IsEmpty());
}

TEST(Names, TrigramsAreWholeCodePoints) {
  EXPECT_THAT(name_trigrams("zoë"), ElementsAre(" zo", "zoë"));
}

}  // namespace
}  // namespace ruck::profile

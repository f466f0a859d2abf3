// Links that end mails: what they are good for, and what they are not.
#include "services/notify/mail_links.hpp"

#include <gtest/gtest.h>

namespace ruck::notify {
namespace {

UserId user_of(std::uint8_t last) {
  Uuid::Bytes bytes{};
  bytes.back() = last;
  return UserId(Uuid(bytes));
}
std::string token_in(const std::string& url) { return url.substr(url.find("?token=") + 7); }

class MailLinksTest : public testing::Test {
 protected:
  std::string token(const MailKind& kind) const { return token_in(links_.unsubscribe_url(kind)); }
  MailLinks links_{"a key of this server", "https://ruck.example.org"};
};

TEST_F(MailLinksTest, ALinkNamesThePersonAndTheKindOfMail) {
  const MailKind likes{.user = user_of(1), .setting = Setting::kRuckLike};
  const std::string url = links_.unsubscribe_url(likes);
  EXPECT_TRUE(url.starts_with("https://ruck.example.org/api/notifications/unsubscribe?token="));
  EXPECT_LE(token(likes).size(), kMailTokenMax);
  const auto read = links_.read(token(likes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, user_of(1));
  EXPECT_EQ(read->setting, Setting::kRuckLike);
  const auto digest = links_.read(token({.user = user_of(2), .setting = {}}));
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->user, user_of(2));
  EXPECT_FALSE(digest->setting);
}

TEST_F(MailLinksTest, EveryTypeOfThePreferencesHasOne) {
  for (const KindRow& row : all_kinds()) {
    const auto read = links_.read(token({.user = user_of(1), .setting = row.setting}));
    ASSERT_TRUE(read) << row.name;
    EXPECT_EQ(read->setting, row.setting);
  }
}

TEST_F(MailLinksTest, NoLinkCanBeMadeOfAnother) {
  const std::string likes = token({.user = user_of(1), .setting = Setting::kRuckLike});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = likes;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  EXPECT_FALSE(links_.read(with("ruck_like", "follow"))) << "of another kind";
  EXPECT_FALSE(links_.read(with("ruck_like", "weekly_digest")));
  EXPECT_FALSE(links_.read(with("000000000001", "000000000002"))) << "of somebody else";
  for (std::size_t i = 0; i < likes.size(); ++i) {
    std::string changed = likes;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(links_.read(changed)) << i;
    EXPECT_FALSE(links_.read(likes.substr(0, i))) << i;
  }
  EXPECT_FALSE(links_.read(likes + "="));
  EXPECT_FALSE(links_.read(""));
  EXPECT_FALSE(links_.read(std::string(95, '.')));
}

TEST_F(MailLinksTest, AnotherServersLinksAreNotOurs) {
  const MailLinks other("another key", "https://ruck.example.org");
  const MailKind kind{.user = user_of(1), .setting = Setting::kFollow};
  EXPECT_FALSE(links_.read(token_in(other.unsubscribe_url(kind))));
  const MailLinks again("a key of this server", "https://elsewhere.example.org");
  EXPECT_TRUE(links_.read(token_in(again.unsubscribe_url(kind)))) << "wherever it is reached";
}

TEST(OneClick, IsTheFormOfRfc8058) {
  EXPECT_TRUE(is_one_click("List-Unsubscribe=One-Click"));
  EXPECT_TRUE(
      is_one_click("--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                   "One-Click\r\n--b--\r\n"));
  EXPECT_FALSE(is_one_click(""));
  EXPECT_FALSE(is_one_click("List-Unsubscribe="));
  EXPECT_FALSE(is_one_click("One-Click=List-Unsubscribe"));
}

}  // namespace
}  // namespace ruck::notify

#include "services/notify/entries.hpp"

#include "http/json/tree.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ruck::notify {
namespace {

UserId user(int number) {
  Uuid::Bytes bytes{};
  bytes[15] = static_cast<std::uint8_t>(number);
  return UserId(Uuid(bytes));
}
store::NotificationRow row(std::int64_t id, std::string kind, int actor, std::int64_t ruck = 0) {
  store::NotificationRow out{.id = NotificationId(id),
                             .kind = std::move(kind),
                             .actor_id = user(actor),
                             .data = "{}",
                             .created_at = utc_us(1'763'800'123'456'789),
                             .actor_name = "user" + std::to_string(actor)};
  if (ruck > 0) out.ruck_id = RuckId(ruck);
  return out;
}

TEST(NotifyKinds, EveryOneHasANameTextsAndATypeThatTheAppKnows) {
  const std::set<std::string_view> known = {"ruck_started", "ruck_message",  "ruck_like",
                                            "ruck_comment", "ruck_activity", "follow",
                                            "system"};
  std::set<std::string_view> names;
  for (const KindRow& kind : all_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_TRUE(known.contains(type_of(kind.setting))) << kind.name;
    EXPECT_FALSE(kind.title.empty()) << kind.name;
    EXPECT_FALSE(text_of(kind, "anna", 1, "x").empty()) << kind.name;
    EXPECT_EQ(find_kind(kind.name), &row_of(kind.kind));
    if (kind.groups) EXPECT_NE(text_of(kind, "anna", 3, "x").find("anna and 2"), std::string::npos);
  }
  EXPECT_EQ(find_kind("of_tomorrow"), nullptr);
}

TEST(NotifyEntries, UnreadOnesAboutTheSameRuckAreOneLine) {
  std::vector<store::NotificationRow> rows = {
      row(9, "ruck_like", 4, 7), row(8, "ruck_like", 3, 7), row(7, "ruck_comment", 3, 7),
      row(6, "ruck_like", 2, 8), row(5, "ruck_like", 2, 7), row(4, "ruck_like", 1, 7)};
  rows.back().read_at = utc_us(1);
  const auto entries = entries_of(rows);
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(message_of(entries[0]), "user4 and 2 others liked your ruck");
  EXPECT_EQ(entries[0].newest.id.value(), 9);
  EXPECT_EQ(entries[0].count, 3);
  EXPECT_EQ(message_of(entries[1]), "user3 commented on your ruck");
  EXPECT_EQ(message_of(entries[2]), "user2 liked your ruck") << "another ruck";
  EXPECT_EQ(message_of(entries[3]), "user1 liked your ruck") << "one that was read";
}

TEST(NotifyEntries, OnePersonIsCountedOnce) {
  const auto twice = entries_of({row(2, "ruck_comment", 1, 7), row(1, "ruck_comment", 1, 7)});
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_EQ(message_of(twice[0]), "user1 commented on your ruck");
  const auto two = entries_of({row(2, "follow", 1), row(1, "follow", 2)});
  EXPECT_EQ(message_of(two.at(0)), "user1 and 1 other follow you");
}

TEST(NotifyEntries, AKindOfAnotherVersionIsLeftOut) {
  EXPECT_TRUE(entries_of({row(1, "of_tomorrow", 1)}).empty());
}

TEST(NotifyEntries, DataIsTextAndNamesWhereToGo) {
  const UserId me = user(99);
  store::NotificationRow cheer = row(1, "ruck_message", 1, 7);
  cheer.data = R"({"message":"Go \"on\"!","has_audio":"false"})";
  const NotificationView view = view_of(entries_of({cheer}).at(0), me);
  EXPECT_EQ(view.message, "user1: Go \"on\"!");
  const json::Tree data = json::Tree::parse(view.data.text);
  for (const auto& [name, value] : data.members()) {
    EXPECT_EQ(value.kind(), json::Kind::kString) << name;
  }
  EXPECT_EQ(data["ruck_id"].text(), "7");
  EXPECT_EQ(data["sender_name"].text(), "user1");
  EXPECT_EQ(data["type"].text(), "ruck_message");
  const json::Tree follow =
      json::Tree::parse(to_json(data_of(entries_of({row(1, "follow", 1)}).at(0), me)));
  EXPECT_EQ(follow["type"].text(), "follow");
  EXPECT_EQ(follow["kind"].text(), "follow");
  EXPECT_EQ(follow["follower_id"].text(), user(1).value().to_string());
  EXPECT_EQ(follow["user_id"].text(), user(1).value().to_string());
  const json::Tree request =
      json::Tree::parse(to_json(data_of(entries_of({row(1, "follow_request", 1)}).at(0), me)));
  EXPECT_EQ(request["type"].text(), "follow");
  EXPECT_EQ(request["kind"].text(), "follow_request") << "it is answered elsewhere";
}

TEST(NotifyEntries, OfOnesOwnDoingHasNoSender) {
  const NotificationView view =
      view_of(entries_of({row(1, "ruck_completed", 1, 7)}).at(0), user(1));
  EXPECT_FALSE(view.sender_id);
  EXPECT_EQ(view.type, "system");
}

// With the moment of the start, and that of appearing on the map, the way to the door is known.
TEST(NotifyEntries, AStartNamesTheHour) {
  const UserId me = user(99);
  EXPECT_EQ(view_of(entries_of({row(1, "ruck_started", 1, 7)}).at(0), me).created_at,
            utc_us(1'763'798'400'000'000));
  EXPECT_EQ(view_of(entries_of({row(1, "ruck_like", 1, 7)}).at(0), me).created_at,
            utc_us(1'763'800'123'456'789));
}

}  // namespace
}  // namespace ruck::notify

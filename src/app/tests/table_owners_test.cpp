// A table belongs to one feature. Who else names it in SQL stands here, with the reason: the rest
// asks the owner's service.
#include "base/embedded.hpp"
#include "db/sql.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>

namespace ruck::app {
namespace {

// The tables of a feature; its statements are named `feature.…`.
const std::map<std::string, std::set<std::string>>& owners() {
  static const std::map<std::string, std::set<std::string>> all = {
      {"db", {"schema_migrations"}},
      {"jobs", {"jobs"}},
      {"cache", {"meeting_places", "revision_doubts"}},
      {"profile", {"users", "name_trigrams"}},
      {"auth",
       {"credentials", "login_sessions", "refresh_tokens", "password_resets", "signing_keys",
        "email_changes", "account_deletions", "known_devices"}},
      {"stats", {"user_days"}},
      {"people",
       {"follows", "follow_requests", "user_counts", "blocks", "privacy_zones", "former_zones",
        "privacy_anchors", "privacy_refreshes"}},
      {"rucks",
       {"rucks", "ruck_owners", "ruck_progress", "recent_batches", "track_chunks",
        "heart_rate_chunks", "ruck_events", "splits", "ruck_lines"}},
      {"feed", {"likes", "comments", "ruck_counts"}},
      {"live", {"cheers", "live_links"}},
      {"media", {"media", "media_blobs", "media_keys"}},
      {"notify", {"notifications", "push_devices", "notification_settings", "push_keys"}},
  };
  return all;
}

struct Guest {
  std::string_view feature;
  std::string_view table;
  bool writes;
  std::string_view why;
};
constexpr auto kGuests = std::to_array<Guest>({
    {"cache", "users", true, "one's revision is bumped in the transaction of each change"},
    {"rucks", "users", false, "the owner's privacy epoch, in the snapshot of what it labels"},
    {"rucks", "follows", false, "who may see it: the condition is people/visibility's"},
    {"rucks", "blocks", false, "likewise"},
    {"rucks", "account_deletions", false, "likewise"},
    {"feed", "users", false, "names beside each ruck and comment of a page"},
    {"feed", "rucks", false, "a feed is a sorted page of rucks"},
    {"feed", "ruck_owners", false, "whose ruck an id is"},
    {"feed", "ruck_lines", false, "the line on each card of a page"},
    {"feed", "follows", false, "the page of those one follows"},
    {"feed", "blocks", false, "nobody who is blocked is on a page"},
    {"feed", "account_deletions", false, "nor who has deleted their account"},
    {"live", "users", false, "names beside cheers, and the rights to many rooms in one statement"},
    {"live", "rucks", false, "the rights to many rooms in one statement"},
    {"live", "ruck_owners", false, "likewise"},
    {"live", "follows", false, "likewise"},
    {"live", "blocks", false, "nobody who is blocked cheers"},
    {"live", "account_deletions", false, "nor who has deleted their account"},
    {"media", "users", false, "whether everybody may see the rucks of a page with their photos"},
    {"media", "rucks", false, "likewise"},
    {"media", "account_deletions", false, "who has deleted their account is seen by nobody"},
    {"notify", "users", false, "names beside each notification, and whom a start is told"},
    {"notify", "follows", false, "a start is told to a page of followers; a follow may have ended"},
    {"notify", "follow_requests", false, "a request may have been answered since"},
    {"notify", "blocks", false, "what may be shown is asked of a whole list in one statement"},
    {"notify", "account_deletions", false, "likewise"},
    {"notify", "rucks", false, "likewise: the condition is people/visibility's"},
    {"notify", "ruck_owners", false, "whose ruck an id is"},
    {"notify", "likes", false, "a like may have been taken back"},
    {"notify", "comments", false, "a comment may have been deleted"},
    {"people", "users", true, "names, who may see what, and the privacy epoch that a zone ends"},
    {"people", "rucks", false, "whose ruck is live, in the list of those one follows"},
    {"people", "ruck_owners", false, "may this person see that ruck: one statement"},
    {"people", "name_trigrams", false, "a search of people is paged beside blocks and counts"},
    {"people", "account_deletions", false, "who has deleted their account is seen by nobody"},
});

// The tables a statement names, and whether it changes them.
std::map<std::string, bool> tables_in(const std::string& sql) {
  static const std::regex use(
      R"((INSERT INTO|DELETE FROM|UPDATE|FROM|JOIN)\s+(?:ONLY\s+)?([a-z_]+))");
  std::map<std::string, bool> found;
  for (std::sregex_iterator it(sql.begin(), sql.end(), use), end; it != end; ++it) {
    const std::string verb = (*it)[1].str();
    found[(*it)[2].str()] |= verb != "FROM" && verb != "JOIN";
  }
  return found;
}

std::set<std::string> tables_of_migrations() {
  static const std::regex create(R"(CREATE TABLE (?:IF NOT EXISTS )?([a-z_]+))");
  std::set<std::string> found;
  for (const embedded::File& file : embedded::migrations()) {
    const std::string text(file.bytes);
    for (std::sregex_iterator it(text.begin(), text.end(), create), end; it != end; ++it) {
      found.insert((*it)[1].str());
    }
  }
  return found;
}

TEST(TableOwners, EveryTableHasOne) {
  std::set<std::string> owned;
  for (const auto& [feature, tables] : owners()) owned.insert(tables.begin(), tables.end());
  std::set<std::string> made = tables_of_migrations();
  made.insert("schema_migrations");
  EXPECT_EQ(owned, made);
}

TEST(TableOwners, NoFeatureNamesAnothersTableUnlessItStandsHere) {
  std::map<std::string, std::string> owner_of;
  for (const auto& [feature, tables] : owners()) {
    for (const std::string& table : tables) owner_of[table] = feature;
  }
  std::set<const Guest*> met;
  std::size_t looked_at = 0;
  for (const db::Sql* sql : db::Sql::all()) {
    const std::string feature = sql->name().substr(0, sql->name().find('.'));
    if (!owners().contains(feature) && feature != "cache") continue;  // a test's own
    ++looked_at;
    for (const auto& [table, writes] : tables_in(sql->text())) {
      const auto owner = owner_of.find(table);
      if (owner == owner_of.end() || owner->second == feature) continue;
      const auto* guest = std::ranges::find_if(
          kGuests, [&](const Guest& g) { return g.feature == feature && g.table == table; });
      if (guest == kGuests.end()) {
        ADD_FAILURE() << sql->name() << " names " << table << " of " << owner->second
                      << ": ask its service.hpp, or say here why not";
        continue;
      }
      EXPECT_TRUE(guest->writes || !writes)
          << sql->name() << " changes " << table << " of " << owner->second;
      met.insert(guest);
    }
  }
  EXPECT_GT(looked_at, 100U);
  for (const Guest& guest : kGuests) {
    EXPECT_TRUE(met.contains(&guest))
        << guest.feature << " does not name " << guest.table << " any more: strike it out";
  }
}

}  // namespace
}  // namespace ruck::app

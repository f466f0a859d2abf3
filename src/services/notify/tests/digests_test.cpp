// The weekly digest: who gets one, when, and what it says; and links that end mails.
#include "services/notify/digests.hpp"

#include "services/auth/account_store.hpp"
#include "services/notify/tests/fixture.hpp"
#include "services/profile/service.hpp"
#include "services/stats/service.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

namespace ruck::notify {
namespace {
using namespace std::chrono_literals;
using std::chrono::days;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kOneClick = "List-Unsubscribe=One-Click";
// The Monday after the one on which the tests begin.
constexpr Day kMonday = Day(std::chrono::year(2025) / 12 / 1);

class NotifyDigestsTest : public NotifyTest {
 protected:
  void SetUp() override {
    NotifyTest::SetUp();
    anna_ = add_user("anna");
    bert_ = add_user("bert");
    clock_.set(to_us(UtcMs(kMonday - days(5))));
  }
  void put_day(UserId user, Day day, const stats::DayTotals& totals) {
    change([&](db::Session& q) { stats::put_day(q, user, day, {totals, {}}); });
  }
  // A ruck of ten kilometres with 15 kg.
  void ruck_on(UserId user, Day day) {
    put_day(user, day,
            {.rucks = 1,
             .distance_m = 10'000,
             .duration_s = 7500,
             .moving_s = 7200,
             .elevation_gain_m = 250,
             .calories_kcal = 900,
             .load_distance_kg_km = 150});
  }
  // What is due is planned and sent.
  std::vector<std::string> mails_at(UtcUs time) {
    clock_.set(time);
    mailer_.sent.clear();
    plan();
    run_jobs();
    std::vector<std::string> to;
    for (const mail::Message& each : mailer_.sent) to.push_back(each.to);
    std::ranges::sort(to);
    return to;
  }
  void plan() {
    const jobs::Outcome outcome = run(std::string(kDigestsJob), "");
    EXPECT_EQ(outcome.kind, jobs::Outcome::Kind::kAgain);
    EXPECT_EQ(outcome.next_at, clock_.now() + kDigestsEvery);
  }
  static UtcUs at(Day day, std::chrono::minutes of_day) { return to_us(UtcMs(day) + of_day); }
  static std::string token_in(const std::string& url) {
    return url.substr(url.find("?token=") + 7);
  }
  Result<MailsEnded> end_mails(const std::string& token, std::string_view body = kOneClick) {
    return cores_.run(service_->end_mails({{.token = token}}, {.bytes = std::string(body)}));
  }
  UserId anna_;
  UserId bert_;
};

TEST_P(NotifyDigestsTest, ComesOnMondayMorningAndOnceAWeek) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  ruck_on(bert_, kMonday - days(1));
  EXPECT_THAT(mails_at(at(kMonday, 7h + 59min)), IsEmpty());
  EXPECT_THAT(mails_at(at(kMonday, 8h)), ElementsAre("anna@example.org"));
  EXPECT_THAT(mails_at(at(kMonday, 8h)), IsEmpty()) << "a job that runs again";
  EXPECT_THAT(mails_at(at(kMonday, 8h + 5min)), IsEmpty());
  ruck_on(anna_, kMonday + days(3));
  EXPECT_THAT(mails_at(at(kMonday + days(6), 12h)), IsEmpty());
  EXPECT_THAT(mails_at(at(kMonday + days(7), 8h + 4min)), ElementsAre("anna@example.org"));
}

TEST_P(NotifyDigestsTest, TwoRunnersAtATimeSendOne) {
  for (int i = 0; i < 30; ++i) {
    const UserId user = add_user("user" + std::to_string(i));
    choose(user, {.weekly_digest = true});
    ruck_on(user, kMonday - days(1));
  }
  clock_.set(at(kMonday, 8h));
  test::RunningCores others;
  const auto kind = std::ranges::find(kinds_, kDigestsJob, &jobs::Kind::name);
  std::thread other([&] { others.run(kind->run(jobs::RunningJob{})); });
  cores_.run(kind->run(jobs::RunningJob{}));
  other.join();
  plan();
  run_jobs();
  EXPECT_EQ(mailer_.sent.size(), 30U);
}

TEST_P(NotifyDigestsTest, ManyUsersArePlannedInSteps) {
  const std::int64_t count = kDigestsPlannedAtOnce * 2 + 10;
  std::vector<UserId> users;
  for (std::int64_t i = 0; i < count; ++i) users.push_back(add_user("u" + std::to_string(i)));
  for (const UserId user : users) choose(user, {.weekly_digest = true});
  clock_.set(at(kMonday, 8h));
  plan();
  EXPECT_EQ(std::ssize(waiting_jobs()), count);
  plan();
  EXPECT_EQ(std::ssize(waiting_jobs()), count);
}

TEST_P(NotifyDigestsTest, SaysWhatTheWeekWasBesideTheWeekBefore) {
  choose(anna_, {.weekly_digest = true});
  change_user(anna_, [](profile::UserRow& row) { row.prefer_metric = true; });
  ruck_on(anna_, kMonday - days(1));
  ruck_on(anna_, kMonday - days(7));
  put_day(anna_, kMonday - days(8),
          {.rucks = 1, .distance_m = 4000, .duration_s = 1800, .load_distance_kg_km = 40});
  put_day(anna_, kMonday, {.rucks = 1, .distance_m = 99'000});
  EXPECT_THAT(mails_at(at(kMonday, 8h)), ElementsAre("anna@example.org"));
  const mail::Message& mail = mailer_.sent.at(0);
  EXPECT_EQ(mail.subject, "Your week: 2 rucks, 20.0 km");
  EXPECT_THAT(mail.text, AllOf(HasSubstr("Hello anna,"), HasSubstr("24 November"),
                               HasSubstr("30 November"), HasSubstr("Rucks: 2 (week before: 1)\r\n"),
                               HasSubstr("Distance: 20.0 km (week before: 4.0 km)\r\n"),
                               HasSubstr("Time: 4 h 10 min (week before: 30 min)\r\n"),
                               HasSubstr("Climb: 500 m (week before: 0 m)\r\n"),
                               HasSubstr("Energy: 1800 kcal (week before: 0 kcal)\r\n"),
                               HasSubstr("Load on average: 15.0 kg (week before: 10.0 kg)\r\n")));
  EXPECT_THAT(mail.text, HasSubstr("\r\nhttps://ruck.example.org/statistics\r\n"));
  EXPECT_THAT(mail.text, Not(HasSubstr("Likes")));
  EXPECT_THAT(mail.html, AllOf(HasSubstr("<strong>20.0 km</strong>"),
                               HasSubstr("href=\"https://ruck.example.org/statistics\"")));
  EXPECT_TRUE(mail.unsubscribe_url.starts_with(
      "https://ruck.example.org/api/notifications/unsubscribe?token="));
}

TEST_P(NotifyDigestsTest, InTheUnitsOfThePerson) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  mails_at(at(kMonday, 8h));
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_EQ(mailer_.sent[0].subject, "Your week: 1 ruck, 6.2 mi");
  EXPECT_THAT(mailer_.sent[0].text,
              AllOf(HasSubstr("Distance: 6.2 mi (week before: 0.0 mi)"), HasSubstr("Climb: 820 ft"),
                    HasSubstr("Load on average: 33.1 lb (week before: -)")));
}

TEST_P(NotifyDigestsTest, CountsWhatOthersSaidInThatWeek) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  clock_.set(at(kMonday - days(8), 12h));
  const RuckId ruck = add_ruck(anna_);
  const UserId carl = add_user("carl");
  const UserId dora = add_user("dora");
  like(dora, ruck);  // in the week before
  clock_.set(at(kMonday - days(7), 0min));
  like(bert_, ruck);
  clock_.set(at(kMonday - days(1), 23h + 59min));
  like(carl, ruck);
  comment(carl, ruck);
  like(anna_, ruck);
  comment(anna_, ruck);
  run_jobs();
  clock_.set(at(kMonday, 0min));
  comment(bert_, ruck);
  run_jobs();
  mails_at(at(kMonday, 8h));
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_THAT(mailer_.sent[0].text, AllOf(HasSubstr("Likes: 2\r\n"), HasSubstr("Comments: 1\r\n")));
}

TEST_P(NotifyDigestsTest, NoRuckNoMail) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(8));
  EXPECT_THAT(mails_at(at(kMonday, 8h)), IsEmpty());
  EXPECT_THAT(waiting_jobs(), IsEmpty());
}

TEST_P(NotifyDigestsTest, WhoHasChangedTheirMindMeanwhileGetsNone) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  clock_.set(at(kMonday, 8h));
  plan();
  choose(anna_, {.weekly_digest = false});
  run_jobs();
  EXPECT_THAT(mailer_.sent, IsEmpty());
  choose(anna_, {.weekly_digest = true});
  EXPECT_THAT(mails_at(at(kMonday, 9h)), IsEmpty()) << "from the next Monday on";
}

TEST_P(NotifyDigestsTest, AnAccountThatIsBeingDeletedGetsNone) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  change([&](db::Session& q) {
    EXPECT_TRUE(auth::store::add_deletion(
        q, {.user = anna_, .requested_at = clock_.now(), .final_at = clock_.now() + days(30)}));
  });
  EXPECT_THAT(mails_at(at(kMonday, 8h)), IsEmpty());
}

TEST_P(NotifyDigestsTest, WithoutAMailServerThereIsNone) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  mailer_.is_delivering = false;
  EXPECT_THAT(mails_at(at(kMonday, 8h)), IsEmpty());
  mailer_.is_delivering = true;
  EXPECT_THAT(mails_at(at(kMonday + days(7), 8h)), IsEmpty()) << "no ruck in that week";
}

TEST_P(NotifyDigestsTest, IsOnMondayMorningOfTheZoneThatTheyHaveNow) {
  change_user(anna_, [](profile::UserRow& row) { row.time_zone = "Europe/Berlin"; });
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  change_user(anna_, [](profile::UserRow& row) { row.time_zone = "Asia/Tokyo"; });
  change([&](db::Session& q) {
    on_zone_changed(q, anna_, calendar::TimeZone::find("Asia/Tokyo").value());
    on_zone_changed(q, bert_, calendar::TimeZone::find("Asia/Tokyo").value());
  });
  EXPECT_THAT(mails_at(at(kMonday - days(1), 22h + 59min)), IsEmpty());
  EXPECT_THAT(mails_at(at(kMonday - days(1), 23h)), ElementsAre("anna@example.org"));
  EXPECT_FALSE(preferences(bert_).weekly_digest);
}

TEST_P(NotifyDigestsTest, WaitsForTheEndOfQuietHours) {
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{22 * 60, 10 * 60}},
                 .weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  EXPECT_THAT(mails_at(at(kMonday, 8h)), IsEmpty());
  EXPECT_THAT(mails_at(at(kMonday, 9h + 59min)), IsEmpty());
  EXPECT_THAT(mails_at(at(kMonday, 10h)), ElementsAre("anna@example.org"));
}

TEST_P(NotifyDigestsTest, ItsLinkEndsIt) {
  choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.email = true}}, .weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  mails_at(at(kMonday, 8h));
  ASSERT_EQ(mailer_.sent.size(), 1U);
  const std::string token = token_in(mailer_.sent[0].unsubscribe_url);
  EXPECT_FALSE(end_mails(token, "")) << "no click";
  EXPECT_FALSE(end_mails(token + "x"));
  EXPECT_TRUE(preferences(anna_).weekly_digest);
  const MailsEnded ended = good(end_mails(token));
  EXPECT_EQ(ended.type, "weekly_digest");
  EXPECT_FALSE(preferences(anna_).weekly_digest);
  EXPECT_TRUE(preferences(anna_).types.ruck_like.email) << "and nothing else";
  EXPECT_TRUE(end_mails(token)) << "again is the same";
  ruck_on(anna_, kMonday);
  EXPECT_THAT(mails_at(at(kMonday + days(7), 8h)), IsEmpty());
}

TEST_P(NotifyDigestsTest, TheLinkOfANotificationEndsMailsOfItsType) {
  const RuckId ruck = add_ruck(anna_);
  choose(anna_,
         {.types = ChoicesUpdate{.ruck_like = {.email = true}, .ruck_comment = {.email = true}},
          .weekly_digest = true});
  choose(bert_, {.types = ChoicesUpdate{.ruck_like = {.email = true}}});
  like(bert_, ruck);
  run_jobs();
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_THAT(mailer_.sent[0].text, HasSubstr(mailer_.sent[0].unsubscribe_url));
  EXPECT_EQ(good(end_mails(token_in(mailer_.sent[0].unsubscribe_url))).type, "ruck_like");
  const NotificationPreferences now = preferences(anna_);
  EXPECT_FALSE(now.types.ruck_like.email);
  EXPECT_TRUE(now.types.ruck_like.push);
  EXPECT_TRUE(now.types.ruck_comment.email);
  EXPECT_TRUE(now.weekly_digest);
  EXPECT_TRUE(preferences(bert_).types.ruck_like.email) << "another person's are theirs";
  like(add_user("carl"), ruck);
  run_jobs();
  EXPECT_EQ(mailer_.sent.size(), 1U);
}

TEST_P(NotifyDigestsTest, ALinkIsGoodForAnAccountThatIsHiddenAndNotForOneThatIsGone) {
  choose(anna_, {.weekly_digest = true});
  ruck_on(anna_, kMonday - days(1));
  mails_at(at(kMonday, 8h));
  ASSERT_EQ(mailer_.sent.size(), 1U);
  const std::string token = token_in(mailer_.sent[0].unsubscribe_url);
  change([&](db::Session& q) {
    EXPECT_TRUE(auth::store::add_deletion(
        q, {.user = anna_, .requested_at = clock_.now(), .final_at = clock_.now() + days(7)}));
  });
  EXPECT_TRUE(end_mails(token));
  change([&](db::Session& q) {  // and it is kept after all
    EXPECT_TRUE(auth::store::take_due_deletion(q, anna_, clock_.now() + days(7)));
  });
  EXPECT_FALSE(preferences(anna_).weekly_digest);
  change([&](db::Session& q) { profile::remove_user(q, anna_); });
  EXPECT_FALSE(end_mails(token));
}

RUCK_ON_BOTH_DATABASES(NotifyDigestsTest);

}  // namespace
}  // namespace ruck::notify

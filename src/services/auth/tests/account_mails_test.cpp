// Mails about an account: sent for what is still so, each attempt with a link of its own.
#include "services/auth/account_mails.hpp"

#include "crypto/digest.hpp"
#include "services/auth/limits.hpp"
#include "services/profile/service.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ruck::auth {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = jobs::Outcome::Kind;

class FakeMailer final : public mail::Mailer {
 public:
  [[nodiscard]] Result<> send(const mail::Message& message) override {
    if (answer) sent.push_back(message);
    return answer;
  }
  std::vector<mail::Message> sent;
  Result<> answer;
};

struct JobRow {
  std::int64_t id = 0;
  std::string kind;
  std::string payload;
};
BOOST_DESCRIBE_STRUCT(JobRow, (), (id, kind, payload))
const db::Sql kJobs{"test.account_jobs", "SELECT id, kind, payload FROM jobs ORDER BY id"};
const db::Sql kDropJobs{"test.drop_account_jobs", "DELETE FROM jobs WHERE id > 0"};

class AccountMailsTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    mails_ = std::make_unique<AccountMails>(
        AccountMails::Dependencies{.database = database(),
                                   .clock = clock_,
                                   .pool = pool_,
                                   .mailer = mailer_,
                                   .public_url = "https://ruck.example.org"});
    change([&](db::Session& q) {
      anna_ =
          profile::create_user(q, {.email = "anna@example.org", .username = "anna"}, clock_.now())
              .id;
    });
  }
  void change(const std::function<void(db::Session&)>& fn) {
    const auto done = database().write_now(fn);
    ASSERT_TRUE(done) << done.error().detail;
  }
  std::vector<JobRow> waiting() {
    return *database().read_now([](db::Session& q) { return q.many<JobRow>(kJobs); });
  }
  // Runs what waits, and says how it ended; all of it goes if `are_done`, as if the runner had been
  // told; else it stays, as after a crash.
  std::vector<Kind> run(bool are_done = true) {
    std::vector<Kind> ends;
    std::vector<jobs::Kind> kinds = mails_->kinds();
    for (const JobRow& job : waiting()) {
      const auto kind = std::ranges::find(kinds, job.kind, &jobs::Kind::name);
      EXPECT_NE(kind, kinds.end()) << job.kind;
      const jobs::Outcome outcome = cores_.run(kind->run({.payload = job.payload}));
      EXPECT_FALSE(outcome.effect) << "what it does is a mail";
      ends.push_back(outcome.kind);
    }
    if (are_done) change([](db::Session& q) { q.execute(kDropJobs); });
    return ends;
  }
  store::NewEmail ask_for(const std::string& email) {
    clock_.advance(std::chrono::seconds(1));
    store::NewEmail wanted{
        .user = anna_, .email = email, .expires_at = clock_.now() + kEmailChangeLifetime};
    change([&](db::Session& q) {
      store::put_email_change(q, wanted);
      enqueue_email_change_mails(q, wanted, clock_.now());
    });
    return wanted;
  }
  void ask_for_deletion() {
    const UtcUs final_at = clock_.now() + kDeletionDelay;
    change([&](db::Session& q) {
      EXPECT_TRUE(store::add_deletion(
          q, {.user = anna_, .requested_at = clock_.now(), .final_at = final_at}));
      enqueue_deletion_mail(q, anna_, final_at, clock_.now());
    });
  }
  std::vector<std::string> recipients() const {
    std::vector<std::string> out;
    for (const mail::Message& each : mailer_.sent) out.push_back(each.to);
    std::ranges::sort(out);
    return out;
  }
  // The token in the last mail to an address.
  std::string token_to(const std::string& to) const {
    std::string token;
    for (const mail::Message& each : mailer_.sent) {
      const std::size_t at = each.text.find("?token=");
      if (each.to == to && at != std::string::npos) token = each.text.substr(at + 7, 43);
    }
    return token;
  }
  bool confirms(const std::string& token) {
    bool is_good = false;
    change([&](db::Session& q) {
      is_good = store::take_email_change(q, crypto::sha256(token), clock_.now()).has_value();
    });
    return is_good;
  }

  UserId anna_;
  FakeMailer mailer_;
  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "mails", .threads = 1, .queue_max = 4}};
  std::unique_ptr<AccountMails> mails_;
};

TEST_P(AccountMailsTest, ANewAddressIsAskedAndTheOldOneIsTold) {
  ask_for("new@example.org");
  EXPECT_THAT(run(), ElementsAre(Kind::kDone, Kind::kDone));
  EXPECT_THAT(recipients(), ElementsAre("anna@example.org", "new@example.org"));
  EXPECT_THAT(mailer_.sent[0].text, HasSubstr("https://ruck.example.org/confirm-email?token=" +
                                              token_to("new@example.org")));
  EXPECT_TRUE(confirms(token_to("new@example.org")));
}

TEST_P(AccountMailsTest, NoSecretIsInAJob) {
  ask_for("new@example.org");
  ask_for_deletion();
  const std::vector<JobRow> jobs = waiting();
  EXPECT_EQ(jobs.size(), 3U);
  run(false);
  const std::string confirm = token_to("new@example.org");
  const std::string undo = token_to("anna@example.org");
  ASSERT_EQ(confirm.size(), 43U);
  ASSERT_EQ(undo.size(), 43U);
  for (const JobRow& job : jobs) {
    EXPECT_FALSE(job.payload.contains(confirm) || job.payload.contains(undo)) << job.payload;
    EXPECT_FALSE(job.payload.contains("@")) << job.payload;
  }
}

TEST_P(AccountMailsTest, AJobThatRunsAgainMakesTheLinkBeforeVoid) {
  ask_for("new@example.org");
  run(false);
  const std::string first = token_to("new@example.org");
  run();
  const std::string second = token_to("new@example.org");
  EXPECT_NE(first, second);
  EXPECT_FALSE(confirms(first));
  EXPECT_TRUE(confirms(second));
  EXPECT_FALSE(confirms(second)) << "it is used up";
}

TEST_P(AccountMailsTest, AChangeThatIsNotWantedAnyMoreIsNotMailed) {
  ask_for("first@example.org");
  ask_for("second@example.org");
  EXPECT_THAT(run(), ElementsAre(Kind::kDone, Kind::kDone, Kind::kDone, Kind::kDone));
  EXPECT_THAT(recipients(), ElementsAre("anna@example.org", "second@example.org"))
      << "the first one's place was taken";
  mailer_.sent.clear();
  ask_for("third@example.org");
  change([&](db::Session& q) { store::clear_email_change(q, anna_); });
  run();
  EXPECT_THAT(recipients(), IsEmpty());
  ask_for("late@example.org");
  clock_.advance(kEmailChangeLifetime);
  run();
  EXPECT_THAT(recipients(), IsEmpty()) << "the link would be too old";
}

TEST_P(AccountMailsTest, AChangeThatHasBeenConfirmedIsNotAnnounced) {
  ask_for("new@example.org");
  run(false);
  ASSERT_TRUE(confirms(token_to("new@example.org")));
  mailer_.sent.clear();
  run();
  EXPECT_THAT(recipients(), IsEmpty());
}

TEST_P(AccountMailsTest, ADeletionIsMailedWithItsLinkAsLongAsItWaits) {
  ask_for_deletion();
  mailer_.answer = fail(ErrorCode::kUnavailable, "down");
  EXPECT_THAT(run(false), ElementsAre(Kind::kRetry));
  mailer_.answer = {};
  clock_.advance(std::chrono::hours(5));
  EXPECT_THAT(run(false), ElementsAre(Kind::kDone));
  EXPECT_THAT(recipients(), ElementsAre("anna@example.org"));
  const std::string token = token_to("anna@example.org");
  change([&](db::Session& q) {
    EXPECT_FALSE(store::undo_deletion(q, crypto::sha256("another"), clock_.now()));
    EXPECT_EQ(store::undo_deletion(q, crypto::sha256(token), clock_.now()), anna_);
  });
  EXPECT_THAT(run(), ElementsAre(Kind::kDone));
  EXPECT_EQ(mailer_.sent.size(), 1U) << "it was taken back";
}

TEST_P(AccountMailsTest, WhatHasHappenedIsToldToTheAddressOfThatTime) {
  change([&](db::Session& q) {
    enqueue_password_changed_mail(q, {.user = anna_, .to = "anna@example.org"}, clock_.now());
    enqueue_email_changed_mail(q, {.user = anna_, .to = "anna@example.org"}, clock_.now());
    profile::set_email(q, anna_, "new@example.org", clock_.now());
  });
  run();
  EXPECT_THAT(recipients(), ElementsAre("anna@example.org", "anna@example.org"));
  EXPECT_THAT(mailer_.sent[0].subject, HasSubstr("password has changed"));
  EXPECT_THAT(mailer_.sent[1].subject, HasSubstr("address has changed"));
}

TEST_P(AccountMailsTest, AnAddressThatIsRefusedForGoodIsADeadLetter) {
  ask_for("nobody@example.org");
  mailer_.answer = fail(ErrorCode::kInvalidInput, "no such mailbox");
  EXPECT_THAT(run(), ElementsAre(Kind::kDead, Kind::kDead));
}

TEST_P(AccountMailsTest, NothingIsMailedForAnAccountThatIsGone) {
  ask_for("new@example.org");
  change([&](db::Session& q) { profile::remove_user(q, anna_); });
  EXPECT_THAT(waiting(), IsEmpty());
}

RUCK_ON_BOTH_DATABASES(AccountMailsTest);

}  // namespace
}  // namespace ruck::auth

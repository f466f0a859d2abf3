// Mail servers that misbehave; one that behaves, with TLS and credentials, is in tests/mail.
#include "mail/smtp.hpp"

#include "support/process.hpp"
#include "support/scripted_server.hpp"
#include "support/until.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <map>

namespace ruck::mail {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ScriptedServer;
using testing::HasSubstr;
using testing::Not;
using Peer = ScriptedServer::Peer;

const Message kMessage{.to = "anna@example.org",
                       .subject = "Secret subject",
                       .text = "Secret text\n.\n..\nQUIT\n",
                       .html = {}};

// Answers commands by their first word, "END" being the end of the message; "" is silence.
using Answers = std::map<std::string, std::string>;
ScriptedServer::Script smtp(Answers answers, std::string* content = nullptr) {
  return [answers = std::move(answers), content](Peer& peer) {
    const auto answer = [&](const std::string& to, const std::string& usual) {
      const auto found = answers.find(to);
      const std::string line = found == answers.end() ? usual : found->second;
      if (line.empty()) peer.hold();
      peer.send(line + "\r\n");
    };
    answer("HELLO", "220 sink ESMTP");
    for (std::string line; !(line = peer.read_line()).empty();) {
      const std::string word = line.substr(0, line.find_first_of(" :"));
      if (word == "DATA") {
        answer("DATA", "354 go on");
        if (answers.contains("DATA")) continue;
        std::string body;
        // An empty line is no end of the connection here: the header ends with one.
        for (std::string each; (each = peer.read_line()) != ".";) {
          body += each + "\n";
          if (body.size() > 10'000) return;
        }
        if (content != nullptr) *content = body;
        answer("END", "250 taken");
      } else {
        answer(word, "250 fine");
      }
      if (word == "QUIT") return;
    }
  };
}

class SmtpTest : public testing::Test {
 protected:
  static SmtpMailer::Options options(int port) {
    return {.url = fmt::format("smtp://127.0.0.1:{}", port),
            .from = "RuckingApp <ruck@example.org>",
            .connect_max = milliseconds(500),
            .reply_max = seconds(1),
            .total_max = seconds(3)};
  }
  static Result<> send_to(const ScriptedServer& server) {
    SmtpMailer mailer(options(server.port()));
    return mailer.send(kMessage);
  }
  static void expect_error(const Result<>& sent, ErrorCode code, const std::string& reason) {
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().code, code) << sent.error().message;
    EXPECT_THAT(sent.error().message, HasSubstr(reason));
    EXPECT_THAT(sent.error().message, Not(HasSubstr("anna")));
  }
};

TEST_F(SmtpTest, AMessageIsSentAsItIs) {
  std::string content;
  const ScriptedServer server(smtp({}, &content));
  const Result<> sent = send_to(server);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_THAT(content, HasSubstr("Subject: Secret subject\n"));
  EXPECT_THAT(content, HasSubstr("\n\nSecret text\n..\n...\nQUIT\n"))
      << "a dot at a line's start is doubled on the wire";
}

TEST_F(SmtpTest, ItGreetsWithTheSendersDomainAndNotWithThisMachinesName) {
  std::string greeting;
  const ScriptedServer server([&](Peer& peer) {
    peer.send("220 sink\r\n");
    greeting = peer.read_line();
    peer.send("421 enough\r\n");
  });
  EXPECT_FALSE(send_to(server));
  EXPECT_EQ(greeting, "EHLO example.org");
}

TEST_F(SmtpTest, ARecipientWhoIsRefusedForGoodIsToldApart) {
  const ScriptedServer nobody(smtp({{"RCPT", "550 5.1.1 <anna@example.org>: no such user"}}));
  expect_error(send_to(nobody), ErrorCode::kInvalidInput,
               "the mail server refuses the recipient: 550 5.1.1");
  const ScriptedServer full(smtp({{"RCPT", "452 4.2.2 anna@example.org is over quota"}}));
  expect_error(send_to(full), ErrorCode::kUnavailable,
               "the mail server refuses the recipient: 452 4.2.2");
  const ScriptedServer terse(smtp({{"RCPT", "550"}}));
  expect_error(send_to(terse), ErrorCode::kInvalidInput, "550");
}

TEST_F(SmtpTest, SoIsAMessage) {
  const ScriptedServer spam(smtp({{"END", "554 5.7.1 looks like spam to anna"}}));
  expect_error(send_to(spam), ErrorCode::kInvalidInput, "refuses the message: 554 5.7.1");
  const ScriptedServer busy(smtp({{"END", "451 4.3.0 queue file write error"}}));
  expect_error(send_to(busy), ErrorCode::kUnavailable, "refuses the message: 451 4.3.0");
  const ScriptedServer no_data(smtp({{"DATA", "451 try again"}}));
  expect_error(send_to(no_data), ErrorCode::kUnavailable, "refuses the message: 451");
}

// An operator's mistake is not the recipient's: it is tried again once it is mended.
TEST_F(SmtpTest, WhatIsWrongWithUsIsTriedAgain) {
  const ScriptedServer sender(smtp({{"MAIL", "553 5.7.1 not your address"}}));
  expect_error(send_to(sender), ErrorCode::kUnavailable, "refuses the sender, mail_from: 553");
  const ScriptedServer closed(smtp({{"HELLO", "554 go away"}}));
  expect_error(send_to(closed), ErrorCode::kUnavailable, "");
  const ScriptedServer greylist(smtp({{"HELLO", "421 too busy"}}));
  expect_error(send_to(greylist), ErrorCode::kUnavailable, "");
}

TEST_F(SmtpTest, SilenceAndBrokenConnectionsAreTriedAgain) {
  for (const char* command : {"HELLO", "EHLO", "MAIL", "RCPT", "DATA", "END"}) {
    const ScriptedServer server(smtp({{command, ""}}));
    expect_error(send_to(server), ErrorCode::kUnavailable, "");
  }
  const ScriptedServer cut([](Peer& peer) { peer.send("220 sink\r\n"); });
  expect_error(send_to(cut), ErrorCode::kUnavailable, "");
  const ScriptedServer noise([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  expect_error(send_to(noise), ErrorCode::kUnavailable, "");
  SmtpMailer nowhere(options(test::free_port()));
  expect_error(nowhere.send(kMessage), ErrorCode::kUnavailable, "no connection");
}

TEST_F(SmtpTest, CredentialsAndMessagesWithTlsAreNeverSentInTheClear) {
  std::string said;
  const auto listening = [&](Peer& peer) {
    peer.send("220 sink\r\n");
    for (std::string line; !(line = peer.read_line()).empty();) {
      said += line + "\n";
      peer.send(line.starts_with("EHLO") ? "250-sink\r\n250 AUTH PLAIN LOGIN\r\n" : "250 fine\r\n");
    }
  };
  const ScriptedServer server(listening);
  for (const char* url : {"smtp://user:pass@127.0.0.1:{}", "smtp://127.0.0.1:{}?tls=required"}) {
    SmtpMailer::Options with = options(server.port());
    with.url = fmt::format(fmt::runtime(url), server.port());
    SmtpMailer mailer(with);
    expect_error(mailer.send(kMessage), ErrorCode::kUnavailable, "offers no TLS");
  }
  EXPECT_THAT(said, Not(HasSubstr("AUTH")));
  EXPECT_THAT(said, Not(HasSubstr("MAIL")));
}

TEST_F(SmtpTest, AnAddressThatIsNoneReachesNoServer) {
  const ScriptedServer server(smtp({}));
  SmtpMailer mailer(options(server.port()));
  for (const char* to : {"anna", "anna@b.c>\r\nRCPT TO:<eve@b.c", "anna@b.c,eve@b.c"}) {
    Message message = kMessage;
    message.to = to;
    expect_error(mailer.send(message), ErrorCode::kInvalidInput, "no address");
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(SmtpTest, AStopDoesNotWaitForASlowServer) {
  const ScriptedServer server(smtp({{"RCPT", ""}}));
  SmtpMailer::Options slow = options(server.port());
  slow.reply_max = seconds(60);
  slow.total_max = seconds(60);
  SmtpMailer mailer(slow);
  std::future<Result<>> sent =
      std::async(std::launch::async, [&] { return mailer.send(kMessage); });
  EXPECT_TRUE(test::until([&] { return server.connections() == 1; }));
  const auto start = std::chrono::steady_clock::now();
  mailer.stop();
  expect_error(sent.get(), ErrorCode::kUnavailable, "stopping");
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST_F(SmtpTest, NothingOfAMessageIsLogged) {
  const test::TemporaryFolder folder;
  const int log = ::open((folder.path() + "/log").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  telemetry::set_log_descriptor(log);
  const ScriptedServer fine(smtp({}));
  EXPECT_TRUE(send_to(fine));
  const ScriptedServer nobody(smtp({{"RCPT", "550 5.1.1 <anna@example.org>: no such user"}}));
  EXPECT_FALSE(send_to(nobody));
  telemetry::set_log_descriptor(STDOUT_FILENO);
  ::close(log);
  const std::string logged = test::read_file(folder.path() + "/log");
  EXPECT_THAT(logged, HasSubstr("mail.sent"));
  EXPECT_THAT(logged, HasSubstr("mail.not_sent"));
  EXPECT_THAT(logged, HasSubstr("550 5.1.1"));
  EXPECT_THAT(logged, Not(HasSubstr("anna")));
  EXPECT_THAT(logged, Not(HasSubstr("ecret")));
}

TEST(MakeMailer, DeliversWhereThereIsAMailServer) {
  EXPECT_TRUE(make_mailer({.smtp_url = "smtp://localhost", .mail_from = "a@b.c"})->delivers());
  EXPECT_FALSE(make_mailer({.outbox_folder = "outbox"})->delivers());
}

TEST(MakeMailer, AnUnusableUrlFailsEachMessageWithItsReason) {
  for (const char* url : {"nonsense", "http://localhost", "smtp://"}) {
    const auto mailer = make_mailer({.smtp_url = url, .mail_from = "a@b.c"});
    const Result<> sent = mailer->send(kMessage);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(sent.error().message, HasSubstr("smtp_url"));
  }
}

TEST(Outbox, WritesAWholeMessageWithBothForms) {
  const test::TemporaryFolder folder;
  OutboxMailer mailer(folder.path() + "/outbox");
  ASSERT_TRUE(mailer.send({.to = "anna@example.org", .subject = "S", .text = "T", .html = "<p>H"}));
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder.path() + "/outbox")) {
    files.push_back(file.path());
  }
  ASSERT_EQ(files.size(), 1U);
  EXPECT_TRUE(files[0].ends_with(".eml"));
  const std::string text = test::read_file(files[0]);
  EXPECT_THAT(text, HasSubstr("To: anna@example.org\r\n"));
  EXPECT_THAT(text, HasSubstr("<ruckingapp@localhost>\r\n"));
  EXPECT_THAT(text, HasSubstr("multipart/alternative"));
  EXPECT_EQ(mailer.send({.to = "anna"}).error().code, ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace ruck::mail

// Questions to a real redis-server that is hung, killed and started again.
#include "redis/client.hpp"

#include "support/redis.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace ruck::redis {
namespace {
using testing::ElementsAre;

// Of a machine that does much else no answer is late.
constexpr Client::Options kPatient{.ask_time = std::chrono::seconds(60),
                                   .hung_time = std::chrono::seconds(60)};

class RedisClientTest : public testing::Test {
 protected:
  // A server of this program, as far as it asks Redis.
  struct Server {
    Server(test::RunningCores& cores, const std::string& url, Client::Options options = kPatient)
        : client(*parse_address(url), options, metrics), cores(cores) {
      client.start(cores.all());
    }
    ~Server() { client.stop(); }
    std::optional<Answer> ask(std::vector<std::string> words) {
      return cores.run(client.ask(std::move(words)));
    }
    bool is_ready() { return cores.run(ready(client)); }
    bool becomes(bool wanted) {
      return test::until([&] { return is_ready() == wanted; });
    }
    static task<bool> ready(Client& client) { co_return client.is_ready(); }

    telemetry::Metrics metrics;
    Client client;
    test::RunningCores& cores;
  };
  std::uint64_t count(Server& server, const std::string& outcome) {
    return server.metrics.counter("ruck_redis_asks_total", "", {{"outcome", outcome}}).value();
  }

  test::RunningCores cores_{2};
  test::RedisServer redis_;
};

TEST_F(RedisClientTest, AnswersAreWhatRedisSays) {
  Server server(cores_, redis_.url());
  ASSERT_TRUE(server.becomes(true));
  const std::string bytes("a\0\r\n$5", 6);
  EXPECT_EQ(server.ask({"SET", bytes, bytes})->text, "OK");
  EXPECT_EQ(server.ask({"GET", bytes})->text, bytes);
  EXPECT_TRUE(server.ask({"GET", "nowhere"})->is_nothing);
  EXPECT_FALSE(server.ask({"GET", bytes})->is_nothing);
  EXPECT_THAT(server.ask({"EVAL", "return {1,-2,3}", "0"})->numbers, ElementsAre(1, -2, 3));
  EXPECT_TRUE(server.ask({"NONSENSE"})->is_error);
  EXPECT_EQ(count(server, "answered"), 6U);
  EXPECT_EQ(count(server, "late") + count(server, "away"), 0U);
}

TEST_F(RedisClientTest, EachCoreHasAConnectionOfItsOwn) {
  Server server(cores_, redis_.url());
  ASSERT_TRUE(server.becomes(true));
  ASSERT_TRUE(test::until([&] { return cores_.run(Server::ready(server.client), 1); }));
  const auto here = cores_.run(server.client.ask({"CLIENT", "ID"}), 0);
  const auto there = cores_.run(server.client.ask({"CLIENT", "GETNAME"}), 1);
  ASSERT_TRUE(here && there);
  EXPECT_EQ(server.metrics.gauge("ruck_redis_ready_cores", "").value(), 2);
}

TEST_F(RedisClientTest, ARedisThatHangsCostsOneQuestionItsTimeAndNoOtherAnything) {
  Server server(cores_, redis_.url(), {.ask_time = std::chrono::milliseconds(100)});
  ASSERT_TRUE(server.becomes(true));
  redis_.hang();
  EXPECT_FALSE(server.ask({"GET", "a"}));
  EXPECT_EQ(count(server, "late"), 1U);
  EXPECT_FALSE(server.is_ready());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(server.ask({"GET", "a"}));
  EXPECT_EQ(count(server, "away"), 10U);
  EXPECT_EQ(count(server, "late"), 1U);
  redis_.go_on();
  ASSERT_TRUE(server.becomes(true));
}

// What comes late answers the question it belongs to, and no other.
TEST_F(RedisClientTest, AnswersStayWithTheirQuestions) {
  Server server(cores_, redis_.url(), {.ask_time = std::chrono::milliseconds(300)});
  ASSERT_TRUE(server.becomes(true));
  for (int round = 0; round < 3; ++round) {
    redis_.hang();
    EXPECT_FALSE(server.ask({"ECHO", "late"}));
    redis_.go_on();
    ASSERT_TRUE(server.becomes(true));
    for (int i = 0; i < 20; ++i) {
      const std::string text = std::to_string(round) + "." + std::to_string(i);
      if (const auto answer = server.ask({"ECHO", text})) EXPECT_EQ(answer->text, text);
    }
  }
  EXPECT_GE(count(server, "late"), 3U);
}

TEST_F(RedisClientTest, ARedisThatWasKilledIsUsedAgain) {
  Server server(cores_, redis_.url());
  ASSERT_TRUE(server.becomes(true));
  redis_.kill();
  ASSERT_TRUE(server.becomes(false));
  EXPECT_FALSE(server.ask({"PING"}));
  redis_.start();
  ASSERT_TRUE(server.becomes(true));
  EXPECT_TRUE(server.ask({"PING"}));
}

TEST_F(RedisClientTest, WhoAsksWhenItStopsIsToldThatThereIsNothing) {
  Server server(cores_, redis_.url());
  ASSERT_TRUE(server.becomes(true));
  redis_.hang();
  std::atomic<int> told{0};
  const auto ask = [](Client& client, std::atomic<int>& count) -> task<> {
    client.ask({"PING"},
               [&count](const std::optional<Answer>& answer) { count += answer ? 100 : 1; });
    co_return;
  };
  for (int i = 0; i < 3; ++i) cores_.run(ask(server.client, told));
  server.client.stop();
  EXPECT_EQ(told, 3);
  EXPECT_FALSE(server.is_ready());
}

TEST_F(RedisClientTest, PasswordAndDatabaseAreThoseOfTheAddress) {
  test::RedisServer locked("open sesame");
  const std::string host = "127.0.0.1:" + std::to_string(locked.port());
  Server one(cores_, "redis://:open%20sesame@" + host + "/1");
  Server two(cores_, "redis://:open%20sesame@" + host + "/2");
  Server wrong(cores_, "redis://:guess@" + host);
  Server none(cores_, "redis://" + host);
  ASSERT_TRUE(one.becomes(true) && two.becomes(true));
  ASSERT_TRUE(one.ask({"SET", "a", "1"}) && two.ask({"SET", "a", "2"}));
  EXPECT_EQ(one.ask({"GET", "a"})->text, "1");
  EXPECT_EQ(two.ask({"GET", "a"})->text, "2");
  EXPECT_FALSE(wrong.is_ready());
  EXPECT_FALSE(none.is_ready());
}

// As an operator lists them where a sentinel makes another one the primary.
TEST_F(RedisClientTest, OfSeveralHostsThePrimaryIsUsed) {
  test::RedisServer other;
  const auto at = [](const test::RedisServer& redis) {
    return "127.0.0.1:" + std::to_string(redis.port());
  };
  static_cast<void>(other.say("REPLICAOF 127.0.0.1 " + std::to_string(redis_.port()) + "\r\n"));
  const std::string nobody = "127.0.0.1:1";
  Server server(cores_, "redis://" + nobody + "," + at(other) + "," + at(redis_));
  ASSERT_TRUE(server.becomes(true));
  EXPECT_EQ(server.ask({"SET", "a", "1"})->text, "OK") << "a replica would refuse it";
  // The primary is gone, and the other takes its place.
  redis_.kill();
  ASSERT_TRUE(server.becomes(false));
  static_cast<void>(other.say("REPLICAOF NO ONE\r\n"));
  ASSERT_TRUE(server.becomes(true));
  EXPECT_EQ(server.ask({"SET", "a", "2"})->text, "OK");
  EXPECT_EQ(other.say("GET a\r\n").substr(0, 8), "$1\r\n2\r\n+");
}

}  // namespace
}  // namespace ruck::redis

// No memory to compress with: one large answer must not end the server. Before, an assertion did.
#include "http/compress.hpp"
#include "support/raw_connection.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class MemoryTest : public ApiTest {
 protected:
  void SetUp() override { start({}); }
  void take_memory_away() {
    ASSERT_EQ(server_->stop(), 0);
    server_->settings().extra_env = {"RUCK_TEST_SABOTAGE=no-memory"};
    server_->start();
  }
  std::string get_gzip(const std::string& target, const ApiClient& viewer) {
    RawConnection connection(server_->port());
    connection.send("GET " + target +
                    " HTTP/1.1\r\nHost: ruck\r\nAccept-Encoding: gzip\r\nConnection: close\r\n"
                    "Authorization: Bearer " +
                    viewer.token + "\r\n\r\n");
    return connection.read_to_end();
  }
};

TEST_P(MemoryTest, AnswersGoOutAsTheyAre) {
  ApiClient anna = user("anna");
  const std::string id =
      record_ruck(anna, {.start_ms = now_ms() - 10 * 3'600'000, .count = 2000, .step_s = 10});
  const std::string ruck = "/api/rucks/" + id;
  const std::vector<std::string> targets = {
      "/api/openapi.json",   // compressed by the pool
      "/api/users/profile",  // on the core, and kept for the next who asks
      ruck + "/details"};
  for (const std::string& target : targets) {
    EXPECT_THAT(get_gzip(target, anna), HasSubstr("Content-Encoding: gzip")) << target;
  }
  take_memory_away();
  for (const std::string& target : targets) {
    const std::string answer = get_gzip(target, anna);
    EXPECT_THAT(answer.substr(0, 2000), StartsWith("HTTP/1.1 200 OK")) << target;
    EXPECT_THAT(answer, Not(HasSubstr("Content-Encoding"))) << target;
    EXPECT_THAT(answer.substr(answer.size() - 1), "}") << target;
  }
  EXPECT_THAT(get_gzip(ruck, anna), StartsWith("HTTP/1.1 503"))
      << "its track cannot be unpacked now; before, the data was called damaged";
  EXPECT_EQ(server_->stop(), 0) << server_->log();
}

// A phone takes a 4xx for an answer and drops its data: what cannot be unpacked now is not wrong.
TEST_P(MemoryTest, APackedBatchThatCannotBeUnpackedIsSentAgain) {
  ApiClient anna = user("anna");
  const std::string target = "/api/rucks/" + start_ruck(anna) + "/location";
  const std::string packed = http::gzip(Walk{.start_ms = now_ms() - 3'600'000, .count = 50}.json());
  const auto send = [&] {
    RawConnection connection(server_->port());
    connection.send("POST " + target + " HTTP/1.1\r\nHost: ruck\r\nConnection: close\r\n" +
                    "Content-Type: application/json\r\nContent-Encoding: gzip\r\n" +
                    "Authorization: Bearer " + anna.token +
                    "\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n" + packed);
    return connection.read_to_end();
  };
  take_memory_away();
  const std::string refused = send();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  ASSERT_EQ(server_->stop(), 0) << server_->log();
  server_->settings().extra_env.clear();
  server_->start();
  EXPECT_THAT(send(), StartsWith("HTTP/1.1 201"));
}

// Where data is taken in, 503 says: send it again.
TEST_P(MemoryTest, ARuckThatCannotBePackedIsNotLost) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 300};
  ASSERT_EQ(anna.post("/api/rucks/" + id + "/location", walk.json()).status, 201);
  take_memory_away();
  const Reply refused = anna.post("/api/rucks/" + id + "/complete", "{}");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_NE(refused.raw.header("Retry-After"), "");
  EXPECT_EQ(anna.get("/livez").status, 200);
  ASSERT_EQ(server_->stop(), 0) << server_->log();
  server_->settings().extra_env.clear();
  server_->start();
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/complete", "{}").status, 200);
  EXPECT_EQ(anna.get("/api/rucks/" + id).json["route"].size(), 300U);
}

RUCK_ON_BOTH_DATABASES(MemoryTest);

}  // namespace
}  // namespace ruck::test

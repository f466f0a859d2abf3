#include "http/session/request_parser.hpp"

#include <gmock/gmock.h>

namespace ruck::http::session {
namespace {
using testing::HasSubstr;

class RequestParserTest : public testing::Test {
 protected:
  // What comes of the bytes, cut into pieces; "waits" while more would be needed.
  std::string outcome(std::string_view input, std::size_t piece, std::size_t body_max = 1 << 20) {
    RequestParser parser(budget_);
    std::string waiting;
    most_waiting_ = 0;
    bool is_decided = false;
    while (!input.empty() && !parser.is_complete() && !parser.has_failed()) {
      waiting += input.substr(0, piece);
      input.remove_prefix(std::min(piece, input.size()));
      for (bool goes_on = true; goes_on;) {
        waiting.erase(0, parser.feed(waiting));
        goes_on = parser.is_head_done() && !parser.has_failed() && !is_decided;
        if (!goes_on) continue;
        is_decided = true;
        parser.accept_body(body_max, RequestParser::Keep::kWhole);
      }
      most_waiting_ = std::max(most_waiting_, waiting.size());
    }
    if (parser.has_failed()) return std::string(error_row(parser.problem().code).id);
    if (!parser.is_complete()) return "waits";
    return "body:" + std::string(parser.padded_body());
  }
  // The same in every cut.
  std::string outcome(const std::string& input) {
    const std::string whole = outcome(input, input.size());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{4096}}) {
      EXPECT_EQ(outcome(input, piece), whole) << piece;
    }
    return whole;
  }

  telemetry::Metrics metrics_;
  BodyBudget budget_{4 << 20, metrics_};
  std::size_t most_waiting_ = 0;
};

const std::string kHead = "POST /a HTTP/1.1\r\nHost: x\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";

TEST_F(RequestParserTest, TheHeadComesBeforeAnythingOfTheBody) {
  RequestParser parser(budget_);
  const std::string input = kHead + "Content-Length: 5\r\n\r\nhello";
  EXPECT_EQ(parser.feed(input), input.size() - 5);
  ASSERT_TRUE(parser.is_head_done());
  const Request head = parser.head();
  EXPECT_TRUE(head.has_body);
  EXPECT_EQ(head.body_length, 5U);
  EXPECT_EQ(parser.feed("hello"), 0U) << "nobody has said yet that it may come";
  parser.accept_body(5, RequestParser::Keep::kPieces);
  EXPECT_EQ(parser.feed("hel"), 3U);
  EXPECT_EQ(parser.take_piece(), "hel");
  EXPECT_EQ(parser.feed("loGET"), 2U);
  EXPECT_EQ(parser.take_piece(), "lo");
  EXPECT_TRUE(parser.is_complete());
}

TEST_F(RequestParserTest, ADroppedBodyTakesNoMemoryAndNoBudget) {
  RequestParser parser(budget_);
  const std::string head = kHead + "Content-Length: 10\r\n\r\n";
  parser.feed(head);
  parser.drop_body(100);
  parser.feed("01234567");
  EXPECT_EQ(budget_.used(), 0U);
  parser.feed("89");
  EXPECT_TRUE(parser.is_complete());
  EXPECT_EQ(parser.take_piece(), "");
}

TEST_F(RequestParserTest, ChunksAreOneBody) {
  EXPECT_EQ(outcome(kChunked + "3\r\nabc\r\n1;a=b;c=\"d\"\r\nd\r\n0\r\nX-T: 1\r\n\r\n"),
            "body:abcd");
  EXPECT_EQ(outcome(kChunked + "0\r\n\r\n"), "body:");
}

TEST_F(RequestParserTest, WhatIsBetweenChunksIsBounded) {
  const std::string much(20'000, 'a');
  EXPECT_EQ(outcome(kChunked + "2;" + much), "malformed_request") << "a line without an end";
  EXPECT_EQ(outcome(kChunked + "2;" + much + "\r\nab\r\n0\r\n\r\n"), "malformed_request");
  EXPECT_EQ(outcome(kChunked + "0;" + much), "malformed_request");
  EXPECT_EQ(outcome(kChunked + std::string(20'000, '0')), "malformed_request");
  std::string trailers;
  while (trailers.size() < 20'000) trailers += "X-Trailer: " + std::string(50, 'a') + "\r\n";
  EXPECT_EQ(outcome(kChunked + "0\r\n" + trailers), "malformed_request");
  EXPECT_EQ(outcome(kChunked + "0\r\n" + trailers + "\r\n"), "malformed_request");
  EXPECT_LE(most_waiting_, kFramingBytesMax + 4096);
}

TEST_F(RequestParserTest, ManyLinesForFewBytesAreRefused) {
  std::string honest = kChunked;
  std::string body;
  for (int i = 0; i < 20'000; ++i) {
    honest += "1\r\nx\r\n";
    body += 'x';
  }
  EXPECT_EQ(outcome(honest + "0\r\n\r\n"), "body:" + body) << "a chunk of each byte";
  std::string attack = kChunked;
  for (int i = 0; i < 1000; ++i) attack += "1;" + std::string(100, 'a') + "\r\nx\r\n";
  EXPECT_EQ(outcome(attack + "0\r\n\r\n"), "malformed_request");
}

TEST_F(RequestParserTest, AHeadIsBoundedHoweverItComes) {
  std::string fields;
  while (fields.size() < 15'000) fields += "X-Forwarded-For: 192.0.2.1\r\n";
  EXPECT_EQ(outcome(kHead + fields + "\r\n"), "body:");
  while (fields.size() < 17'000) fields += "X-Forwarded-For: 192.0.2.1\r\n";
  EXPECT_EQ(outcome(kHead + fields + "\r\n"), "headers_too_large");
  RequestParser parser(budget_);
  std::string waiting = kHead;
  std::size_t lines = 0;
  for (; lines < 5000 && !parser.has_failed(); ++lines) {
    waiting.erase(0, parser.feed(waiting));
    waiting += "X-A: 192.0.2.1\r\n";
  }
  EXPECT_TRUE(parser.has_failed()) << "each line in a packet of its own";
  EXPECT_LT(waiting.size(), kHeaderBytesMax + 100);
}

TEST_F(RequestParserTest, LinesOfAListAreJoined) {
  RequestParser parser(budget_);
  parser.feed(
      "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: a, b\r\nForwarded: for=1\r\n"
      "x-forwarded-for: c\r\nFORWARDED: for=2\r\nX-Forwarded-Proto: https\r\n\r\n");
  const Request head = parser.head();
  EXPECT_EQ(head.header(Header::kForwardedFor), "a, b, c");
  EXPECT_EQ(head.header(Header::kForwarded), "for=1, for=2");
  EXPECT_EQ(head.header(Header::kForwardedProto), "https");
}

TEST_F(RequestParserTest, ABodyKeepsToItsLimitAndToTheBudget) {
  EXPECT_EQ(outcome(kChunked + "6\r\nabcdef\r\n0\r\n\r\n", 5, 5), "payload_too_large");
  EXPECT_EQ(outcome(kHead + "Content-Length: 6\r\n\r\nabcdef", 100, 5), "payload_too_large");
  BodyCharge others(budget_);
  ASSERT_TRUE(others.cover((4 << 20) - 5));
  EXPECT_EQ(outcome(kHead + "Content-Length: 6\r\n\r\nabcdef"), "retry_later");
  EXPECT_EQ(outcome(kHead + "Content-Length: 5\r\n\r\nabcde"), "body:abcde");
  EXPECT_EQ(budget_.used(), (4U << 20) - 5) << "given back";
}

TEST_F(RequestParserTest, FoldsAndHostsAreStrict) {
  for (const char* field :
       {"X-A: b\r\n c\r\n", "X-A:\r\n c\r\n", "X-A: b\r\n \r\n", "X-A: \r\n\t\r\n", "Host: y\r\n",
        "Content-Length: 0\r\n Host: y\r\n"}) {
    EXPECT_EQ(outcome(kHead + field + "\r\n"), "malformed_request") << field;
  }
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), "malformed_request");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "malformed_request");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "body:") << "empty is allowed";
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), "body:");
  EXPECT_EQ(outcome("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "malformed_request");
}

}  // namespace
}  // namespace ruck::http::session

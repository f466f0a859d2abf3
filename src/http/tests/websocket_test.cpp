#include "http/websocket.hpp"

#include "http/socket.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

namespace ruck::http {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

class Feeder {
 public:
  explicit Feeder(std::size_t max = 4096) : reader_(FrameReader::Side::kServer, max) {}
  std::optional<std::uint16_t> feed(std::string bytes) {
    return reader_.feed(bytes, [this](Opcode opcode, std::string_view payload) {
      got.push_back(std::to_string(static_cast<int>(opcode)) + ":" + std::string(payload));
    });
  }
  std::vector<std::string> got;

 private:
  FrameReader reader_;
};

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload, 0x12345678);
  return out;
}

// A frame with other bits than ours.
std::string with_first_byte(int byte, std::string_view payload) {
  std::string out = frame(Opcode::kText, payload);
  out[0] = static_cast<char>(byte);
  return out;
}

TEST(WebSocket, TheAcceptKeyIsTheRfcsExample) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, FramesAreTheRfcsExamples) {
  std::string out;
  append_frame(out, Opcode::kText, "Hello");
  EXPECT_EQ(out, "\x81\x05Hello");
  Feeder feeder;
  EXPECT_FALSE(feeder.feed("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
  EXPECT_THAT(feeder.got, ElementsAre("1:Hello"));
}

TEST(WebSocket, EveryLengthFormIsWrittenAndRead) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{125}, std::size_t{126},
                                 std::size_t{65'535}, std::size_t{65'536}}) {
    Feeder feeder(70'000);
    EXPECT_FALSE(feeder.feed(frame(Opcode::kText, std::string(size, 'x'))));
    EXPECT_THAT(feeder.got, ElementsAre("1:" + std::string(size, 'x')));
  }
}

TEST(WebSocket, FragmentsAreOneMessageAndControlFramesMayComeBetween) {
  Feeder feeder;
  EXPECT_FALSE(feeder.feed(with_first_byte(0x01, "Hel")));
  EXPECT_FALSE(feeder.feed(frame(Opcode::kPing, "p")));
  EXPECT_FALSE(feeder.feed(with_first_byte(0x00, "lo ")));
  EXPECT_FALSE(feeder.feed(frame(Opcode::kContinuation, "you")));
  EXPECT_THAT(feeder.got, ElementsAre("9:p", "1:Hello you"));
}

TEST(WebSocket, ALetterMayBeCutByFragmentsButNotByTheMessage) {
  Feeder feeder;
  EXPECT_FALSE(feeder.feed(with_first_byte(0x01, "\xc3")));
  EXPECT_FALSE(feeder.feed(frame(Opcode::kContinuation, "\xa4")));
  EXPECT_THAT(feeder.got, ElementsAre("1:ä"));
  EXPECT_EQ(feeder.feed(frame(Opcode::kText, "\xc3")), close_code::kNotUtf8);
}

TEST(WebSocket, WhatBreaksTheProtocolIsClosedWithItsCode) {
  const std::pair<std::string, std::uint16_t> cases[] = {
      {std::string("\x81\x02{}", 4), close_code::kProtocolError},  // not masked
      {with_first_byte(0xc1, "x"), close_code::kProtocolError},    // a reserved bit
      {with_first_byte(0x83, "x"), close_code::kProtocolError},    // an unknown opcode
      {with_first_byte(0x8b, "x"), close_code::kProtocolError},    // an unknown control
      {with_first_byte(0x09, "x"), close_code::kProtocolError},    // a ping in fragments
      {frame(Opcode::kPing, std::string(126, 'x')), close_code::kProtocolError},
      {frame(Opcode::kContinuation, "x"), close_code::kProtocolError},  // of nothing
      {with_first_byte(0x01, "a") + frame(Opcode::kText, "b"), close_code::kProtocolError},
      {frame(Opcode::kClose, "x"), close_code::kProtocolError},  // half a code
      {frame(Opcode::kText, std::string(4097, 'x')), close_code::kTooBig},
      {with_first_byte(0x01, std::string(4000, 'x')) +
           frame(Opcode::kContinuation, std::string(97, 'x')),
       close_code::kTooBig}};
  for (const auto& [bytes, code] : cases) {
    Feeder feeder;
    EXPECT_EQ(feeder.feed(bytes), code);
    EXPECT_THAT(feeder.got, IsEmpty());
  }
}

TEST(WebSocket, ALengthBeyondAnyMemoryIsRefusedByItsHeader) {
  Feeder feeder;
  EXPECT_EQ(feeder.feed(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14)),
            close_code::kTooBig);
}

TEST(WebSocket, HoweverBytesAreCutTheMessagesAreTheSame) {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("RUCK_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::string stream;
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string text(random() % 300, static_cast<char>('a' + random() % 26));
    const bool is_ping = text.size() <= kControlBytesMax && random() % 4 == 0;
    stream += frame(is_ping ? Opcode::kPing : Opcode::kText, text);
    expected.push_back((is_ping ? "9:" : "1:") + text);
  }
  Feeder feeder;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 97, stream.size() - at);
    EXPECT_FALSE(feeder.feed(stream.substr(at, size)));
    at += size;
  }
  EXPECT_EQ(feeder.got, expected);
}

// Fragments without a byte pass every limit of size: one message went on for ever.
TEST(WebSocket, EmptyFragmentsAreCounted) {
  Feeder feeder;
  EXPECT_FALSE(feeder.feed(with_first_byte(0x01, "")));
  std::optional<std::uint16_t> flaw;
  for (int i = 0; i < 1000 && !flaw; ++i) flaw = feeder.feed(with_first_byte(0x00, ""));
  EXPECT_EQ(flaw, close_code::kTooBig);
  Feeder patient;
  for (int message = 0; message < 3; ++message) {
    EXPECT_FALSE(patient.feed(with_first_byte(0x01, "a")));
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(patient.feed(with_first_byte(0x00, "b")));
    EXPECT_FALSE(patient.feed(with_first_byte(0x80, "c"))) << "each message has its own count";
  }
  EXPECT_EQ(patient.got.size(), 3U);
}

}  // namespace
}  // namespace ruck::http

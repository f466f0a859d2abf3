#include "app/control.hpp"

#include "support/process.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace ruck::app {
namespace {
using testing::HasSubstr;

// The control thread has nobody above it: what left a command ended the server.
TEST(Control, ACommandThatThrowsIsRefusedAndTheNextOneRuns) {
  Control control;
  control.add("bad",
              [](const json::Tree&) -> Result<std::string> { throw std::runtime_error("x"); });
  control.add("good", [](const json::Tree&) -> Result<std::string> { return "[1]"; });
  EXPECT_THAT(control.answer(R"({"command":"bad"})"), HasSubstr(R"({"message":")"));
  EXPECT_EQ(control.answer(R"({"command":"good"})"), R"({"data":[1]})");

  const test::TemporaryFolder folder;
  const auto socket = ControlSocket::open(folder.path(), control);
  ASSERT_TRUE(socket);
  EXPECT_EQ(ask_server(folder.path(), R"({"command":"bad"})").error().code,
            ErrorCode::kInvalidInput);
  EXPECT_EQ((*ask_server(folder.path(), R"({"command":"good"})"))[std::size_t{0}].integer(), 1);
}

TEST(Control, WhatIsNoCommandIsRefused) {
  const Control control;
  for (const char* request : {"", "no JSON", "[]", R"({"command":"lost"})"}) {
    EXPECT_THAT(control.answer(request), HasSubstr("no such command")) << request;
  }
}

}  // namespace
}  // namespace ruck::app

#include "http/json/element.hpp"
#include "http/json/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::json {
namespace {

std::string flaw_of(std::string_view text) {
  const auto flaw = find_flaw(text);
  if (!flaw) return "none";
  return std::to_string(flaw->offset) + ": " + std::string(flaw->expected);
}

TEST(JsonFlaw, FindsNoneInJson) {
  for (const char* text :
       {"{}", "[]", " 1 ", "null", "[1,2,[3,{\"a\":[]}],{}]", R"({"a":{"b":[1,{"c":"\u00e4\n"}]}})",
        "-0.5e+10", "[[],[]]", "[{},{}]", "\"\"", "[true,false,null]", "{\"a\":[],\"b\":{}}"}) {
    EXPECT_EQ(flaw_of(text), "none") << text;
    EXPECT_TRUE(parse(text)) << text;
  }
}

TEST(JsonFlaw, NamesThePlaceAndWhatWasExpected) {
  EXPECT_EQ(flaw_of(""), "0: a value");
  EXPECT_EQ(flaw_of("{\"a\":1,}"), "7: a string as the name of a member");
  EXPECT_EQ(flaw_of("[1 2]"), "3: ',' or a closing bracket");
  EXPECT_EQ(flaw_of("[1,]"), "3: a value");
  EXPECT_EQ(flaw_of("{\"a\" 1}"), "5: ':'");
  EXPECT_EQ(flaw_of("{\"a\":NaN}"), "5: a value");
  EXPECT_EQ(flaw_of("{\"a\":01}"), "6: ',' or a closing bracket");
  EXPECT_EQ(flaw_of("{\"a\":\"x"), "7: '\"'");
  EXPECT_EQ(flaw_of("{\"a\":\"\\x\"}"), "7: an escape character");
  EXPECT_EQ(flaw_of("{} {}"), "3: the end of the text");
  EXPECT_EQ(flaw_of("[1,2"), "4: ',' or a closing bracket");
  EXPECT_EQ(flaw_of("1."), "2: a digit");
  EXPECT_EQ(flaw_of("[\"\xff\"]"), "2: UTF-8");
}

TEST(JsonFlaw, CountsLinesAndColumns) {
  const auto flaw = find_flaw("{\n  \"a\": 1,\n  \"b\": ?\n}");
  ASSERT_TRUE(flaw);
  EXPECT_EQ(flaw->line, 3U);
  EXPECT_EQ(flaw->column, 8U);
}

TEST(JsonFlaw, AgreesWithTheParserOnEveryPrefixAndMutation) {
  const std::string good =
      R"({"points":[{"lat":1.5e3,"t":"a\"b","n":null},{"x":[true,[]]}],"z":-0})";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'{', '}', '[', ']', ',', ':', '"', '0', 'x', ' ', '\\'}) {
      std::string mutated = good;
      mutated[i] = c;
      EXPECT_EQ(parse(mutated).has_value(), !find_flaw(mutated)) << mutated;
    }
    EXPECT_EQ(parse(good.substr(0, i)).has_value(), !find_flaw(good.substr(0, i)));
  }
}

TEST(JsonElement, ReadsEachKind) {
  const auto root =
      parse(R"({"i":-3,"r":1.5,"s":"x","b":true,"n":null,"a":[1,2],"o":{"k":1},"i":4})");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("r")->number(), 1.5);
  EXPECT_EQ(root->find("r")->integer(), std::nullopt);
  EXPECT_EQ(root->find("i")->number(), 4.0) << "of duplicate keys the last counts";
  EXPECT_EQ(root->find("s")->string(), "x");
  EXPECT_EQ(root->find("b")->boolean(), true);
  EXPECT_TRUE(root->find("n")->is_null());
  EXPECT_FALSE(root->find("missing"));
  EXPECT_EQ(root->find("o")->to_text(), "{\"k\":1}");
  std::vector<double> items;
  const Element array = *root->find("a");
  for (Items it(array); it.next();) items.push_back(*it.value().number());
  EXPECT_THAT(items, testing::ElementsAre(1, 2));
}

TEST(JsonElement, RefusesDeepNestingWithoutRunningOutOfStack) {
  const auto deep = parse(std::string(1'000'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, ErrorCode::kMalformedJson);
  EXPECT_TRUE(parse(std::string(20, '[') + std::string(20, ']')));
  EXPECT_FALSE(parse(std::string(40, '[') + std::string(40, ']')));
}

struct Inner {
  std::string name;
  Omittable<int> left_out;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, left_out))
struct Outer {
  int a = 1;
  std::optional<double> b;
  std::vector<Inner> list;
  UtcMs at = utc_ms(0);
  Raw raw{"{\"x\":[1]}"};
};
BOOST_DESCRIBE_STRUCT(Outer, (), (a, b, list, at, raw))

TEST(JsonWriter, WritesDescribedStructs) {
  const Outer outer{.list = {{.name = "q\"\n\x01", .left_out = {}}, {.name = "ü", .left_out = 3}}};
  EXPECT_EQ(to_text(outer),
            "{\"a\":1,\"b\":null,\"list\":[{\"name\":\"q\\\"\\n\\u0001\"},{\"name\":\"ü\","
            "\"left_out\":3}],\"at\":\"1970-01-01T00:00:00Z\",\"raw\":{\"x\":[1]}}");
}

TEST(JsonWriter, NumbersReadBackEqual) {
  for (const double value : {0.1, 1e300, -5.0, 47.3769123, 1.0 / 3.0}) {
    EXPECT_EQ(parse(to_text(value))->number(), value);
  }
  EXPECT_EQ(to_text(std::nan("")), "null");
}

}  // namespace
}  // namespace ruck::json

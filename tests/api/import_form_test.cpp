// The fields of an upload's form pass the same door as the query of an upload without one.
#include "base/text.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::AllOf;
using testing::HasSubstr;

// A walk of its own for each, so that none is taken for a file that was imported before.
std::string file(int number, const std::string& name = "w", const std::string& more = {}) {
  std::string xml = "<?xml version=\"1.0\"?><gpx creator=\"t\"><trk><name>" + name + "</name>" +
                    more + "<trkseg>";
  for (int i = 0; i < 60; ++i) {
    xml += "<trkpt lat=\"" + std::to_string(47 + i * 0.00012) +
           "\" lon=\"8\"><ele>400</ele><time>" +
           to_iso8601(utc_ms(1'700'000'000'000 + number * 86'400'000LL + i * 10'000)) +
           "</time></trkpt>";
  }
  return xml + "</trkseg></trk></gpx>";
}

class ImportFormTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
  }
  Reply import(const std::string& field, const std::string& value) {
    const std::string body = "--XbX\r\nContent-Disposition: form-data; name=\"" + field +
                             "\"\r\n\r\n" + value +
                             "\r\n--XbX\r\nContent-Disposition: form-data; name=\"file\"; "
                             "filename=\"a.gpx\"\r\n\r\n" +
                             file(++files_) + "\r\n--XbX--\r\n";
    return anna_->send(http::Method::kPost, "/api/gpx/import", body,
                       "multipart/form-data; boundary=XbX");
  }
  void expect_refused(const std::string& field, const std::string& value,
                      const std::string& expected) {
    const Reply r = import(field, value);
    EXPECT_EQ(r.status, 400) << value << r.body;
    EXPECT_THAT(r.json["message"].text(), AllOf(HasSubstr(field), HasSubstr(expected))) << value;
    EXPECT_TRUE(is_utf8(r.body)) << value;
  }

  std::unique_ptr<ApiClient> anna_;
  int files_ = 0;
};

// form-load-9999, form-load-negative, form-load-1e300: 201, and a year's total of
// -9223372036854775808 power points.
TEST_P(ImportFormTest, ALoadThatNobodyCarriesIsRefusedAsInTheQuery) {
  for (const char* load : {"9999", "-5", "1e300", "-1e300", "120.1", "NaN", "inf", "1e999",
                           "-0.001", "9223372036854775808", "0x10", "", "heavy", "12,5", "12 5"}) {
    expect_refused("ruck_weight_kg", load, "expected a number between 0 and 120");
    expect_refused("load_kg", load, "expected a number between 0 and 120");
  }
  const Reply in_query = anna_->send(http::Method::kPost, "/api/gpx/import?ruck_weight_kg=9999",
                                     file(++files_), "application/gpx+xml");
  EXPECT_EQ(in_query.status, 400);
  EXPECT_THAT(in_query.json["message"].text(), HasSubstr("expected a number between 0 and 120"));
  EXPECT_EQ(anna_->get("/api/rucks").json.size(), 0U) << "nothing of it was stored";
  EXPECT_EQ(import("ruck_weight_kg", " 12.5 ").json["ruck"]["ruck_weight_kg"].number(), 12.5);
  const Reply year = anna_->get("/api/stats/yearly");
  EXPECT_GE(year.json["data"]["total_power_points"].integer(), 0) << year.body;
}

// form-title-100000: 201 with a title of 100,000 characters.
TEST_P(ImportFormTest, ATitleHasAtMostTwoHundredCharacters) {
  expect_refused("title", std::string(100'000, 'x'), "0 to 200 characters");
  expect_refused("title", std::string(201, 'x'), "0 to 200 characters");
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "ü";
  EXPECT_EQ(import("title", accents).json["ruck"]["title"].text(), accents)
      << "characters, not bytes";
}

// form-title-not-utf8: 201, and the reply and every list with it were no UTF-8.
TEST_P(ImportFormTest, ATitleThatIsNoUtf8IsNeverStoredAsItIs) {
  expect_refused("title", "S\xfc\xff\xc1", "text in UTF-8");
  const Reply list = anna_->get("/api/rucks");
  EXPECT_TRUE(is_utf8(list.body));
  EXPECT_EQ(list.json.size(), 0U);
}

TEST_P(ImportFormTest, ItsOtherFieldsSayWhatTheyExpect) {
  expect_refused("is_public", "perhaps", "true or false");
  expect_refused("visibility", "friends", "one of public, followers, private");
  EXPECT_EQ(import("is_public", "false").json["ruck"]["visibility"].text(), "private");
  EXPECT_EQ(import("visibility", "followers").json["ruck"]["visibility"].text(), "followers");
  EXPECT_EQ(import("what is this", "x").status, 201) << "an unknown field is nobody's business";
}

TEST_P(ImportFormTest, TheNameInAFileIsCleanedAndCut) {
  const auto title_of = [&](const std::string& name) {
    const Reply r = anna_->send(http::Method::kPost, "/api/gpx/import", file(++files_, name),
                                "application/gpx+xml");
    EXPECT_EQ(r.status, 201) << r.body;
    EXPECT_TRUE(is_utf8(r.body)) << name;
    return r.json["ruck"]["title"].text();
  };
  EXPECT_EQ(title_of("  Over\n the&#9;hill "), "Over  the hill");
  EXPECT_EQ(title_of("gpx\xe2\x80\xaeknurt"), "gpxknurt") << "a bidi override";
  EXPECT_EQ(title_of("a\x07"
                     "b&#7;c"),
            "abc");
  EXPECT_EQ(title_of("S\xfc"
                     "d"),
            "S\xef\xbf\xbd"
            "d")
      << "windows-1252-name: the rest of the name was dropped";
  std::string long_name;
  for (int i = 0; i < 300; ++i) long_name += "ü";
  EXPECT_EQ(title_of(long_name), long_name.substr(0, 400)) << "200 characters";
  EXPECT_EQ(title_of("\xe2\x80\x8b \xe2\x80\x8d"), "") << "nothing that can be seen: no title";
}

// Numbers in a file that no ruck has: the rest of the file counts.
TEST_P(ImportFormTest, ImpossibleNumbersInAFileAreLeftOut) {
  std::string xml = file(++files_);
  for (const char* number : {"1e300", "-1e300", "NaN", "1e999", "99999999999999999999"}) {
    const std::string of_point = std::string("<ele>") + number + "</ele><speed>" + number +
                                 "</speed><extensions><hr>" + number +
                                 "</hr><accuracy_horizontal>" + number +
                                 "</accuracy_horizontal></extensions><time>";
    std::string hostile = file(++files_);
    for (std::size_t at = 0;
         (at = hostile.find("<ele>400</ele><time>", at)) != std::string::npos;) {
      hostile.replace(at, std::string_view("<ele>400</ele><time>").size(), of_point);
      at += of_point.size();
    }
    const Reply r =
        anna_->send(http::Method::kPost, "/api/gpx/import", hostile, "application/gpx+xml");
    ASSERT_EQ(r.status, 201) << number << r.body;
    EXPECT_NEAR(r.json["ruck"]["distance_km"].number(), 0.79, 0.03) << number;
    EXPECT_EQ(r.json["ruck"]["elevation_gain_m"].number(), 0) << number;
  }
}

// export-with-a-control-character: <name>a U+0007 b</name> in the exported file.
TEST_P(ImportFormTest, AnExportIsWellFormedWhateverTheTitleIs) {
  const Reply made = import("title", "w");
  const std::string id = std::to_string(made.json["ruck"]["id"].integer());
  const auto name_in_export = [&] {
    const Reply gpx = anna_->get("/api/rucks/" + id + "/gpx");
    EXPECT_EQ(gpx.status, 200);
    const std::size_t from = gpx.body.find("<name>") + 6;
    return gpx.body.substr(from, gpx.body.find("</name>") - from);
  };
  EXPECT_EQ(anna_->patch("/api/rucks/" + id, R"({"title":"a\u0007b"})").status, 200);
  EXPECT_EQ(name_in_export(), "ab");
  EXPECT_EQ(anna_->patch("/api/rucks/" + id, R"({"title":"a\ufffeb\uffff<&\"]]>"})").status, 200);
  EXPECT_EQ(name_in_export(),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd&lt;&amp;&quot;]]&gt;");
  EXPECT_EQ(anna_->patch("/api/rucks/" + id, R"({"title":"a\ud800b\udc00"})").status, 200)
      << "half of an emoji that an app cut";
  EXPECT_EQ(name_in_export(),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

RUCK_ON_BOTH_DATABASES(ImportFormTest);

}  // namespace
}  // namespace ruck::test

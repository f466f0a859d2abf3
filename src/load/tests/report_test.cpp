#include "load/report.hpp"

#include "base/random.hpp"
#include "http/json/tree.hpp"
#include "load/chart.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>

namespace ruck::load {
namespace {
using testing::HasSubstr;
using testing::Not;

Report small_report() {
  Report report{.machine = "1 × <slow> machine", .started_at = "2026-11-22T10:00:00Z"};
  report.settings.url_text = "http://127.0.0.1:1/?a&b";
  Measured& m = report.runs.emplace_back();
  m.users = 1234;
  m.measured_s = 3;
  EndpointTally& location = m.tally.of(Endpoint::kLocation);
  location.requests = 1000;
  location.answers[201] = 990;
  location.answers[503] = 8;
  location.shed = 7;
  location.broken = 2;
  for (Micros i = 1; i <= 990; ++i) location.latency.record(i * 100);
  for (int i = 1; i <= 3; ++i) m.seconds.push_back({.at_s = static_cast<double>(i)});
  return report;
}

TEST(Report, CountsAsErrorsWhatWasNotPutOff) {
  const Report report = small_report();
  EXPECT_EQ(report.runs[0].tally.errors(), 3U) << "one 503 without Retry-After, two silences";
  EXPECT_EQ(report.runs[0].tally.shed(), 7U);
}

TEST(Report, JsonHasWhatTheTableSays) {
  const Report report = small_report();
  const json::Tree tree = json::Tree::parse(to_json(report));
  const json::Tree& location = tree["runs"][0]["endpoints"]["location"];
  EXPECT_EQ(location["requests"].integer(), 1000);
  EXPECT_EQ(location["answers"]["503"].integer(), 8);
  EXPECT_NEAR(location["latency_ms"]["p50"].number(), 49.5, 0.5);
  EXPECT_TRUE(tree["ok"].boolean());
  EXPECT_THAT(to_table(report), HasSubstr("ok: 0 errors"));
}

TEST(Report, AFailureIsSaidInEveryForm) {
  Report report = small_report();
  report.problems.emplace_back("1234 users: 3 requests failed & more");
  EXPECT_FALSE(json::Tree::parse(to_json(report))["ok"].boolean());
  EXPECT_THAT(to_table(report), HasSubstr("FAILED  1234 users: 3 requests failed & more"));
  EXPECT_THAT(to_html(report), HasSubstr("3 requests failed &amp; more"));
}

TEST(Report, TheHtmlFetchesNothingAndEscapesWhatItIsTold) {
  const std::string html = to_html(small_report());
  EXPECT_THAT(html, HasSubstr("&lt;slow&gt; machine"));
  EXPECT_THAT(html, HasSubstr("?a&amp;b"));
  for (const char* banned : {"<script", "src=", "href=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(banned)));
  }
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(Chart, ThinningALongLineKeepsItsPeak) {
  Series series{.name = "s"};
  for (int i = 0; i < 100'000; ++i) series.points.emplace_back(i, i == 54'321 ? 900.0 : 1.0);
  const std::string svg = render({.title = "t", .series = {series}});
  EXPECT_LT(svg.size(), 120'000U);
  EXPECT_THAT(svg, HasSubstr("s: 900"));
}

TEST(Chart, NothingToDrawIsNothing) {
  EXPECT_EQ(render({.title = "t", .series = {Series{.name = "s"}}}), "");
  EXPECT_EQ(render_spread("t", "", {}), "");
}

TEST(Accounts, AreKeptForTheirOwnerOnly) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("accounts-" + std::to_string(random_u64())))
          .string();
  ASSERT_TRUE(write_accounts(path, {{.email = "a@b.c", .user_id = "1", .token = "x"},
                                    {.email = "", .user_id = "2", .token = "y"}}));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto read = read_accounts(path);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].email, "a@b.c");
  EXPECT_EQ((*read)[1].token, "y");
  std::filesystem::remove(path);
  EXPECT_TRUE(read_accounts(path)->empty());
}

// Sixty thousand and a hundred thousand are close to each other on a logarithmic axis.
TEST(Chart, LabelsDoNotRunIntoEachOther) {
  LineChart chart{.title = "ramp", .x_unit = Unit::kCount, .log_x = true};
  Series& series = chart.series.emplace_back(Series{.name = "p99"});
  for (const int users : {100, 1000, 10'000, 30'000, 60'000, 100'000}) {
    series.points.emplace_back(users, 1);
    chart.x_ticks.emplace_back(users, fmt::format("{}", users));
  }
  const std::string drawn = render(chart);
  const std::regex label(R"(class="tick mid" x="([0-9.]+)\"[^>]*>([^<]+)<)");
  double right_of_label = 541;  // the picture's own edge
  int labels = 0;
  for (std::sregex_iterator it(drawn.begin(), drawn.end(), label), end; it != end; ++it) {
    const double half = 3 * static_cast<double>((*it)[2].length());
    const double middle = std::stod((*it)[1]);
    EXPECT_LT(middle + half, right_of_label) << (*it)[2];
    right_of_label = middle - half;
    ++labels;
  }
  EXPECT_EQ(labels, 5);
  EXPECT_THAT(drawn, HasSubstr(">100000<"));
}

TEST(Accounts, ATokenSaysWhenItEnds) {
  EXPECT_EQ(expiry_of("e30.eyJleHAiOjE3MDAwMDAwMDB9.sig"),
            std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
  EXPECT_FALSE(expiry_of("opaque"));
}

TEST(ProcessWatch, SeesItself) {
  const auto use = use_of(static_cast<int>(::getpid()));
  ASSERT_TRUE(use.has_value());
  EXPECT_GT(use->resident_bytes, 1U << 20);
  EXPECT_FALSE(use_of(-1));
}

}  // namespace
}  // namespace ruck::load

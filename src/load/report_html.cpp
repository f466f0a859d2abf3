#include "base/text.hpp"
#include "load/chart.hpp"
#include "load/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ruck::load {
namespace {
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;
--bg:#fbfbfa;--card:#fff;--ink:#1d2327;--dim:#667078;--rule:#e3e6e8;
--c1:#2266cc;--c2:#d9731a;--c3:#12875a;--c4:#8a4bc2;--c5:#c2346a;
--c6:#8b949b;--bad:#c62828;--good:#12875a}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2125;--ink:#e7eaec;--dim:#98a3ab;
--rule:#30373d;--c1:#6aa5ff;--c2:#f2a04f;--c3:#4fc893;--c4:#c19af0;--c5:#f07ba6;--c6:#7d878f;
--bad:#ff7b72;--good:#4fc893}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:26px;margin:0 0 2px}h2{font-size:19px;margin:38px 0 12px}
.dim{color:var(--dim)}.bad{color:var(--bad)}.good{color:var(--good)}
.verdict{margin:16px 0;padding:12px 16px;border-radius:8px;background:var(--card);
border-left:5px solid var(--good)}.verdict.bad{border-color:var(--bad);color:inherit}
.verdict ul{margin:4px 0 0;padding-left:20px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(155px,1fr));gap:12px;margin:14px 0}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:23px;line-height:1.25;font-variant-numeric:tabular-nums}
.card span{color:var(--dim);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr));gap:14px}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px}
figure.wide{grid-column:1/-1}figcaption span{color:var(--dim);font-size:13px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--dim);margin:4px 0 6px}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;
vertical-align:-1px;background:currentColor}
svg{width:100%;height:auto;display:block}.grid{stroke:var(--rule);stroke-width:1}
.tick,.name{font-size:12px;fill:var(--dim);font-variant-numeric:tabular-nums}.name{fill:var(--ink)}
.end{text-anchor:end}.mid{text-anchor:middle}.line{fill:none;stroke:currentColor;stroke-width:1.8;
stroke-linejoin:round}.area{fill:currentColor;opacity:.13}.dot{fill:currentColor}
.span{stroke:var(--rule);stroke-width:4;stroke-linecap:round}.bare{fill:transparent}
.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}
.c6{color:var(--c6)}.hit rect{fill:transparent}.hit line{stroke:var(--dim);opacity:0}
.hit:hover line{opacity:.6}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;background:var(--card);
font-variant-numeric:tabular-nums;font-size:14px}th,td{padding:7px 10px;text-align:right;
border-bottom:1px solid var(--rule);white-space:nowrap}th{color:var(--dim);font-weight:500}
th:first-child,td:first-child{text-align:left}dl{display:grid;grid-template-columns:max-content 1fr;
gap:4px 18px;margin:0;font-size:14px}dt{color:var(--dim)}dd{margin:0}
pre{white-space:pre-wrap;font-size:13px;background:var(--card);padding:12px;border-radius:8px}
)";

double ms(Micros value) { return static_cast<double>(value) / 1000; }
double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

void card(std::string& out, std::string_view name, const std::string& value, bool is_bad = false) {
  out += fmt::format("<div class=\"card\"><span>{}</span><b{}>{}</b></div>", name,
                     is_bad ? " class=\"bad\"" : "", value);
}

void cards(std::string& out, const Measured& m) {
  const Histogram& location = m.tally.of(Endpoint::kLocation).latency;
  const double seconds = std::max(0.001, m.measured_s);
  out += "<div class=\"cards\">";
  card(out, "batch, median", duration_text(location.quantile(0.5)));
  card(out, "batch, p99", duration_text(location.quantile(0.99)));
  card(out, "batch, p99.9", duration_text(location.quantile(0.999)));
  card(out, "requests a second",
       with_commas(static_cast<std::uint64_t>(static_cast<double>(m.tally.requests()) / seconds)));
  card(out, "points stored", with_commas(m.tally.points_acknowledged));
  const std::uint64_t wrong = m.setup.errors() + m.tally.errors() + m.completion.errors();
  card(out, "errors", with_commas(wrong), wrong > 0);
  const std::uint64_t lost = m.verified.lost + m.tally.points_missing + m.tally.points_refused;
  const std::uint64_t doubled = m.verified.doubled + m.tally.points_doubled;
  card(out, "points lost / doubled", fmt::format("{} / {}", lost, doubled), lost + doubled > 0);
  if (m.server_cpu_s) {
    card(out, "server, cores", fmt::format("{:.2f}", *m.server_cpu_s / seconds));
    card(out, "server, memory", fmt::format("{:.0f} MiB", mib(m.server_bytes_max)));
    card(out, "server, CPU a batch", fmt::format("{:.0f} µs", m.server_us_per_batch().value_or(0)));
  }
  card(out, "generator, cores", fmt::format("{:.2f}", m.generator_cpu_s / seconds));
  out += "</div>\n";
}

// The calls that happened, in their order.
std::vector<Endpoint> calls_of(const Tally& tally) {
  std::vector<Endpoint> out;
  for (std::size_t i = 0; i < kEndpoints; ++i) {
    if (tally.endpoints[i].requests > 0) out.push_back(static_cast<Endpoint>(i));
  }
  return out;
}

std::string spread_chart(const Measured& m) {
  std::vector<SpreadRow> rows;
  for (const Endpoint call : calls_of(m.tally)) {
    const Histogram& h = m.tally.of(call).latency;
    if (h.count() == 0) continue;
    rows.push_back({.name = std::string(name_of(call)),
                    .p50 = ms(h.quantile(0.5)),
                    .p99 = ms(h.quantile(0.99)),
                    .p999 = ms(h.quantile(0.999)),
                    .max = ms(h.max())});
  }
  return render_spread("Latency by call", "from when it was due to its answer; logarithmic", rows);
}

// The x axis counts nines: 90 %, 99 %, 99.9 %.
std::string percentile_chart(const Measured& m) {
  constexpr double kMedian = 0.30103;
  LineChart chart{
      .title = "Percentiles",
      .note = "what share of the calls was answered within which time",
      .x_unit = Unit::kNines,
      .y_unit = Unit::kMs,
      .log_y = true,
      .x_ticks = {{kMedian, "50 %"}, {1, "90 %"}, {2, "99 %"}, {3, "99.9 %"}, {4, "99.99 %"}}};
  int color = 0;
  for (const Endpoint call : {Endpoint::kLocation, Endpoint::kRejoined, Endpoint::kBacklog,
                              Endpoint::kHeartRate, Endpoint::kProfile}) {
    const Histogram& h = m.tally.of(call).latency;
    if (h.count() < 10) continue;
    Series series{.name = std::string(name_of(call)), .color = ++color};
    const double last = std::min(4.0, std::log10(static_cast<double>(h.count())));
    for (double nines = kMedian; nines <= last; nines += 0.05) {
      series.points.emplace_back(nines, ms(h.quantile(1 - std::pow(10, -nines))));
    }
    chart.series.push_back(std::move(series));
  }
  for (Series& series : chart.series) {
    for (auto& [at, value] : series.points) value = std::max(value, 0.01);
  }
  return render(chart);
}

template <class Value>
Series over_time(const Measured& m, std::string name, int color, Value value) {
  Series series{.name = std::move(name), .color = color};
  for (const Second& s : m.seconds) series.points.emplace_back(s.at_s, value(s));
  return series;
}

std::string latency_chart(const Measured& m) {
  const auto location = static_cast<std::size_t>(Endpoint::kLocation);
  const auto at_least = [](Micros value) { return std::max(0.01, ms(value)); };
  return render(
      {.title = "Batches over time",
       .note = "latency of each second; logarithmic",
       .y_unit = Unit::kMs,
       .log_y = true,
       .series = {
           over_time(m, "p99", 2, [&](const Second& s) { return at_least(s.parts[location].p99); }),
           over_time(m, "p50", 1,
                     [&](const Second& s) { return at_least(s.parts[location].p50); })}});
}

std::string throughput_chart(const Measured& m) {
  Series requests = over_time(m, "requests a second", 1,
                              [](const Second& s) { return static_cast<double>(s.requests); });
  requests.is_filled = true;
  LineChart chart{.title = "Throughput", .series = {std::move(requests)}};
  if (m.tally.shed() > 0) {
    chart.series.push_back(over_time(m, "put off (503)", 2,
                                     [](const Second& s) { return static_cast<double>(s.shed); }));
  }
  chart.series.push_back(
      over_time(m, "errors", 5, [](const Second& s) { return static_cast<double>(s.errors); }));
  return render(chart);
}

std::string cpu_chart(const Measured& m) {
  LineChart chart{.title = "Processor", .note = "cores busy", .y_unit = Unit::kCores};
  if (m.server_cpu_s) {
    chart.series.push_back(
        over_time(m, "server", 1, [](const Second& s) { return s.server_cores; }));
    chart.series.front().is_filled = true;
  }
  chart.series.push_back(
      over_time(m, "generator", 6, [](const Second& s) { return s.generator_cores; }));
  return render(chart);
}

std::string memory_chart(const Measured& m) {
  if (!m.server_cpu_s) return {};
  Series resident =
      over_time(m, "resident", 3, [](const Second& s) { return mib(s.server_bytes); });
  resident.is_filled = true;
  return render(
      {.title = "Memory of the server", .y_unit = Unit::kMiB, .series = {std::move(resident)}});
}

void call_table(std::string& out, const Tally& tally) {
  out +=
      "<div class=\"scroll\"><table><tr><th>call<th>requests<th>p50<th>p90<th>p99<th>p99.9"
      "<th>max<th>service p99<th>errors<th>put off</tr>";
  for (const Endpoint call : calls_of(tally)) {
    const EndpointTally& e = tally.of(call);
    out +=
        fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td{}>{}<td>{}</tr>",
                    name_of(call), with_commas(e.requests), duration_text(e.latency.quantile(0.5)),
                    duration_text(e.latency.quantile(0.9)), duration_text(e.latency.quantile(0.99)),
                    duration_text(e.latency.quantile(0.999)), duration_text(e.latency.max()),
                    duration_text(e.service.quantile(0.99)), e.errors() > 0 ? " class=\"bad\"" : "",
                    with_commas(e.errors()), with_commas(e.shed));
  }
  out += "</table></div>\n";
}

void facts(std::string& out, const Measured& m) {
  const auto fact = [&](std::string_view name, const std::string& value) {
    out += fmt::format("<dt>{}<dd>{}", name, escape_markup(value));
  };
  out += "<dl style=\"margin-top:14px\">";
  fact("Points",
       fmt::format("{} acknowledged, {} sent again, {} refused",
                   with_commas(m.tally.points_acknowledged), with_commas(m.tally.points_resent),
                   with_commas(m.tally.points_refused)));
  fact("Read back",
       fmt::format("{} rucks with {} points: {} lost, {} doubled", m.verified.rucks,
                   with_commas(m.verified.points), m.verified.lost, m.verified.doubled));
  if (m.tally.backlogs > 0) {
    fact("Backlogs",
         fmt::format("{} of {} offline periods worked off; half within {}, the last "
                     "after {}",
                     with_commas(m.tally.backlogs), with_commas(m.tally.offline_periods),
                     duration_text(m.tally.backlog_time.quantile(0.5)),
                     duration_text(m.tally.backlog_time.max())));
  }
  fact("Apart", fmt::format("rucks created in {:.1f} s, drained in {:.1f} s, completed in {:.1f} s",
                            m.setup_s, m.drain_s, m.complete_s));
  fact("Generator", fmt::format("{} requests a core-second, late by {} (p99)",
                                with_commas(static_cast<std::uint64_t>(m.generator_rate())),
                                duration_text(m.tally.lag.quantile(0.99))));
  if (m.server_rate()) {
    fact("Server", fmt::format("{} requests a core-second",
                               with_commas(static_cast<std::uint64_t>(*m.server_rate()))));
  }
  out += "</dl>\n";
}

void run_section(std::string& out, const Measured& m) {
  out += fmt::format("<h2>{} users over {} connections, {:.0f} s</h2>\n", with_commas(m.users),
                     with_commas(m.connections), m.measured_s);
  cards(out, m);
  out += "<div class=\"charts\">";
  out += spread_chart(m) + percentile_chart(m) + latency_chart(m) + throughput_chart(m) +
         cpu_chart(m) + memory_chart(m);
  out += "</div>\n<h2>Calls</h2>\n";
  call_table(out, m.tally);
  facts(out, m);
}

void ramp_section(std::string& out, const Report& report) {
  LineChart cost{.title = "Server CPU a batch",
                 .note = "all it did, divided by the batches",
                 .y_unit = Unit::kUs,
                 .log_x = true,
                 .series = {{.name = "CPU", .color = 1, .has_dots = true}}};
  LineChart tail{.title = "Batch latency",
                 .y_unit = Unit::kMs,
                 .log_x = true,
                 .log_y = true,
                 .series = {{.name = "p99", .color = 2, .has_dots = true},
                            {.name = "p50", .color = 1, .has_dots = true}}};
  out +=
      "<h2>How cost grows</h2>\n<div class=\"scroll\"><table><tr><th>ruckers<th>batches/s"
      "<th>server cores<th>CPU a batch<th>p50<th>p99<th>memory</tr>";
  for (const Measured& m : report.runs) {
    const Histogram& h = m.tally.of(Endpoint::kLocation).latency;
    const auto users = static_cast<double>(m.users);
    const double seconds = std::max(0.001, m.measured_s);
    out += fmt::format("<tr><td>{}<td>{:.0f}<td>{:.2f}<td>{:.0f} µs<td>{}<td>{}<td>{:.0f} MiB</tr>",
                       with_commas(m.users), static_cast<double>(m.batches()) / seconds,
                       m.server_cpu_s.value_or(0) / seconds, m.server_us_per_batch().value_or(0),
                       duration_text(h.quantile(0.5)), duration_text(h.quantile(0.99)),
                       mib(m.server_bytes_max));
    cost.x_ticks.emplace_back(users, with_commas(m.users));
    if (m.server_cpu_s) {
      cost.series[0].points.emplace_back(users, m.server_us_per_batch().value_or(0));
    }
    tail.series[0].points.emplace_back(users, std::max(0.01, ms(h.quantile(0.99))));
    tail.series[1].points.emplace_back(users, std::max(0.01, ms(h.quantile(0.5))));
  }
  tail.x_ticks = cost.x_ticks;
  out += "</table></div>\n<div class=\"charts\" style=\"margin-top:14px\">" + render(cost) +
         render(tail) + "</div>\n";
}

void verdict(std::string& out, const Report& report) {
  if (report.problems.empty()) {
    out +=
        "<div class=\"verdict\"><b class=\"good\">Passed:</b> no errors, nothing lost, nothing "
        "doubled.</div>\n";
    return;
  }
  out += "<div class=\"verdict bad\"><b class=\"bad\">Failed</b><ul>";
  for (const std::string& problem : report.problems) out += "<li>" + escape_markup(problem);
  out += "</ul></div>\n";
}

void settings(std::string& out, const Report& report) {
  const Behaviour& b = report.behaviour;
  const auto fact = [&](std::string_view name, const std::string& value) {
    out += fmt::format("<dt>{}<dd>{}", name, escape_markup(value));
  };
  const bool by_second = b.sampling == rucking::SimulationSettings::Sampling::kEverySecond;
  out += "<h2>Settings</h2><dl>";
  fact("Server", report.settings.url_text);
  fact("Machine", report.machine);
  fact("Started", report.started_at);
  fact("Scenario", report.settings.scenario);
  fact("Batches",
       b.closed_loop
           ? fmt::format("{} points, as fast as they are answered", b.batch_points_max)
           : fmt::format("every {:g} s, points {}", static_cast<double>(b.batch_every) / 1e6,
                         by_second ? "every second" : "as the phone samples"));
  fact("Fields of a point",
       b.fields == PointFields::kApp ? "all that the app sends" : "one name each");
  fact("Heart rate", b.heart_rate ? "1 Hz, in chunks of 100 or every two minutes" : "none");
  fact("Offline", b.online_mean == 0 ? "never by chance"
                                     : fmt::format("every {:.0f} min or so, for {:.0f} to {:.0f} s",
                                                   static_cast<double>(b.online_mean) / 60e6,
                                                   static_cast<double>(b.offline_min) / 1e6,
                                                   static_cast<double>(b.offline_max) / 1e6));
  fact("Sent again", fmt::format("{:g} % of acknowledged batches", b.resend_chance * 100));
  fact("Generator",
       fmt::format("threads: {}, seed {}", report.settings.threads, report.settings.seed));
  if (report.accounts_registered > 0) {
    fact("Accounts", fmt::format("{} registered in {:.1f} s",
                                 with_commas(report.accounts_registered), report.register_s));
  }
  out += "</dl>\n";
}

void samples(std::string& out, const Report& report) {
  std::string text;
  for (const Measured& m : report.runs) {
    for (const Tally* tally : {&m.setup, &m.tally, &m.completion}) {
      for (const std::string& sample : tally->samples) text += escape_markup(sample) + "\n";
    }
  }
  if (!text.empty()) out += "<h2>Of what went wrong</h2><pre>" + text + "</pre>\n";
}
}  // namespace

std::string to_html(const Report& report) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<title>ruck load: {0}</title>\n<style>{1}"
      "</style>\n<main>\n<h1>ruck load: {0}</h1>\n<div class=\"dim\">{2} · {3} · {4}</div>\n",
      escape_markup(report.settings.scenario), kStyle, escape_markup(report.settings.url_text),
      report.started_at, escape_markup(report.machine));
  verdict(out, report);
  if (report.was_interrupted) out += "<p class=\"bad\">Interrupted: of the part that ran.</p>";
  if (report.behaviour.closed_loop) {
    out += "<p class=\"dim\">Closed loop: the latencies are those of a server at its limit.</p>";
  }
  if (report.runs.size() > 1) ramp_section(out, report);
  for (const Measured& m : report.runs) run_section(out, m);
  samples(out, report);
  settings(out, report);
  return out + "</main></html>\n";
}

}  // namespace ruck::load

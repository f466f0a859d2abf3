#include "load/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::load {
namespace {
void endpoint_rows(std::string& out, const Tally& tally) {
  for (std::size_t i = 0; i < kEndpoints; ++i) {
    const EndpointTally& e = tally.endpoints[i];
    if (e.requests == 0) continue;
    out += fmt::format(
        "  {:<19}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>8}\n",
        name_of(static_cast<Endpoint>(i)), with_commas(e.requests),
        duration_text(e.latency.quantile(0.5)), duration_text(e.latency.quantile(0.9)),
        duration_text(e.latency.quantile(0.99)), duration_text(e.latency.quantile(0.999)),
        duration_text(e.latency.max()), with_commas(e.errors()), with_commas(e.shed));
  }
}

void points_line(std::string& out, const Measured& m) {
  const Tally& t = m.tally;
  out += fmt::format(
      "\n  points     {} acknowledged, {} sent again, {} refused, {} missing, {} "
      "doubled\n",
      with_commas(t.points_acknowledged), with_commas(t.points_resent),
      with_commas(t.points_refused), with_commas(t.points_missing), with_commas(t.points_doubled));
  if (t.backlogs > 0) {
    out += fmt::format("  backlogs   {} worked off, half of them within {}, the last after {}\n",
                       with_commas(t.backlogs), duration_text(t.backlog_time.quantile(0.5)),
                       duration_text(t.backlog_time.max()));
  }
  out +=
      fmt::format("  read back  {} rucks with {} points: {} lost, {} doubled\n", m.verified.rucks,
                  with_commas(m.verified.points), m.verified.lost, m.verified.doubled);
}

void cost_lines(std::string& out, const Measured& m) {
  out += fmt::format("  generator  {:.2f} cores, {} requests a core-second, late by {} (p99)\n",
                     m.generator_cpu_s / std::max(0.001, m.measured_s),
                     with_commas(static_cast<std::uint64_t>(m.generator_rate())),
                     duration_text(m.tally.lag.quantile(0.99)));
  if (!m.server_cpu_s) return;
  out += fmt::format(
      "  server     {:.2f} cores, {} requests a core-second, {:.0f} µs a batch, "
      "{:.0f} MiB\n",
      *m.server_cpu_s / std::max(0.001, m.measured_s),
      with_commas(static_cast<std::uint64_t>(m.server_rate().value_or(0))),
      m.server_us_per_batch().value_or(0), static_cast<double>(m.server_bytes_max) / (1 << 20));
}

void ramp_table(std::string& out, const Report& report) {
  out += fmt::format("\n  {:>8}{:>14}{:>16}{:>16}{:>12}{:>12}{:>12}\n", "ruckers", "batches/s",
                     "server cores", "CPU a batch", "p50", "p99", "max RSS");
  for (const Measured& m : report.runs) {
    const Histogram& location = m.tally.of(Endpoint::kLocation).latency;
    out += fmt::format("  {:>8}{:>14.0f}{:>16.2f}{:>13.0f} µs{:>12}{:>12}{:>8.0f} MiB\n",
                       with_commas(m.users),
                       static_cast<double>(m.batches()) / std::max(0.001, m.measured_s),
                       m.server_cpu_s.value_or(0) / std::max(0.001, m.measured_s),
                       m.server_us_per_batch().value_or(0), duration_text(location.quantile(0.5)),
                       duration_text(location.quantile(0.99)),
                       static_cast<double>(m.server_bytes_max) / (1 << 20));
  }
}

void run_section(std::string& out, const Measured& m) {
  out += fmt::format(
      "\n{} users over {} connections, measured {:.0f} s after {:.1f} s of creating "
      "rucks\n\n",
      with_commas(m.users), with_commas(m.connections), m.measured_s, m.setup_s);
  out += fmt::format("  {:<19}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>8}\n", "call", "requests",
                     "p50", "p90", "p99", "p99.9", "max", "errors", "later");
  endpoint_rows(out, m.tally);
  points_line(out, m);
  cost_lines(out, m);
  out += fmt::format(
      "  apart      create {} (p99), start {} (p99), drained in {:.1f} s, all "
      "completed in {:.1f} s\n",
      duration_text(m.setup.of(Endpoint::kCreate).latency.quantile(0.99)),
      duration_text(m.setup.of(Endpoint::kStart).latency.quantile(0.99)), m.drain_s, m.complete_s);
}
}  // namespace

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string duration_text(Micros value) {
  const auto us = static_cast<double>(value);
  if (us < 9'950) return fmt::format("{:.2f} ms", us / 1e3);
  if (us < 99'500) return fmt::format("{:.1f} ms", us / 1e3);
  if (us < 999'500) return fmt::format("{:.0f} ms", us / 1e3);
  return fmt::format("{:.2f} s", us / 1e6);
}

std::string to_table(const Report& report) {
  std::string out = fmt::format("\nruck load {} against {}\n", report.settings.scenario,
                                report.settings.url_text);
  if (report.behaviour.closed_loop) {
    out += "closed loop: latencies are of the server at its limit, not of users\n";
  }
  if (report.accounts_registered > 0) {
    out += fmt::format("{} users registered in {:.1f} s\n", with_commas(report.accounts_registered),
                       report.register_s);
  }
  for (const Measured& m : report.runs) run_section(out, m);
  if (report.runs.size() > 1) ramp_table(out, report);
  for (const Measured& m : report.runs) {
    for (const std::string& sample : m.setup.samples) out += "  creating: " + sample + "\n";
    for (const std::string& sample : m.tally.samples) out += "  " + sample + "\n";
    for (const std::string& sample : m.completion.samples) out += "  completing: " + sample + "\n";
  }
  out += "\n";
  if (report.was_interrupted) out += "interrupted: the figures are of the part that ran\n";
  for (const std::string& problem : report.problems) out += "FAILED  " + problem + "\n";
  if (report.problems.empty()) out += "ok: 0 errors, 0 lost, 0 doubled\n";
  return out;
}

}  // namespace ruck::load

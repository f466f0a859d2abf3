// The report for programs: durations in milliseconds, times in seconds, sizes in bytes.
#include "http/json/writer.hpp"
#include "load/report.hpp"

namespace ruck::load {
namespace {
double ms(Micros value) { return static_cast<double>(value) / 1000; }

void member(json::Writer& w, std::string_view key, double value) {
  w.key(key);
  w.number(value);
}
void member(json::Writer& w, std::string_view key, std::uint64_t value) {
  w.key(key);
  w.integer(static_cast<std::int64_t>(value));
}
void member(json::Writer& w, std::string_view key, std::string_view value) {
  w.key(key);
  w.string(value);
}

void write_histogram(json::Writer& w, std::string_view key, const Histogram& h) {
  w.key(key);
  w.begin_object();
  member(w, "count", h.count());
  member(w, "mean", h.mean() / 1000);
  member(w, "p50", ms(h.quantile(0.5)));
  member(w, "p90", ms(h.quantile(0.9)));
  member(w, "p99", ms(h.quantile(0.99)));
  member(w, "p999", ms(h.quantile(0.999)));
  member(w, "max", ms(h.max()));
  w.end_object();
}

void write_tally(json::Writer& w, std::string_view key, const Tally& tally) {
  w.key(key);
  w.begin_object();
  for (std::size_t i = 0; i < kEndpoints; ++i) {
    const EndpointTally& e = tally.endpoints[i];
    if (e.requests == 0) continue;
    w.key(name_of(static_cast<Endpoint>(i)));
    w.begin_object();
    member(w, "requests", e.requests);
    member(w, "errors", e.errors());
    member(w, "shed", e.shed);
    member(w, "broken", e.broken);
    member(w, "bytes_out", e.bytes_out);
    member(w, "bytes_in", e.bytes_in);
    w.key("answers");
    w.begin_object();
    for (const auto& [status, count] : e.answers) member(w, std::to_string(status), count);
    w.end_object();
    write_histogram(w, "latency_ms", e.latency);
    write_histogram(w, "service_ms", e.service);
    w.end_object();
  }
  w.end_object();
}

void write_points(json::Writer& w, const Measured& m) {
  w.key("points");
  w.begin_object();
  member(w, "acknowledged", m.tally.points_acknowledged);
  member(w, "resent", m.tally.points_resent);
  member(w, "refused", m.tally.points_refused);
  member(w, "missing", m.tally.points_missing);
  member(w, "doubled", m.tally.points_doubled);
  w.end_object();
  w.key("verified");
  w.begin_object();
  member(w, "rucks", m.verified.rucks);
  member(w, "points", m.verified.points);
  member(w, "lost", m.verified.lost);
  member(w, "doubled", m.verified.doubled);
  w.end_object();
}

void write_costs(json::Writer& w, const Measured& m) {
  member(w, "generator_cpu_s", m.generator_cpu_s);
  member(w, "generator_requests_per_core_s", m.generator_rate());
  write_histogram(w, "generator_lag_ms", m.tally.lag);
  w.key("server");
  if (!m.server_cpu_s) {
    w.null();
    return;
  }
  w.begin_object();
  member(w, "cpu_s", *m.server_cpu_s);
  member(w, "cores", *m.server_cpu_s / std::max(0.001, m.measured_s));
  member(w, "requests_per_core_s", m.server_rate().value_or(0));
  member(w, "cpu_us_per_batch", m.server_us_per_batch().value_or(0));
  member(w, "rss_bytes_max", m.server_bytes_max);
  w.end_object();
}

void write_seconds(json::Writer& w, const Measured& m) {
  w.key("seconds");
  w.begin_array();
  const auto location = static_cast<std::size_t>(Endpoint::kLocation);
  for (const Second& s : m.seconds) {
    w.begin_object();
    member(w, "at_s", s.at_s);
    member(w, "requests", s.requests);
    member(w, "errors", s.errors);
    member(w, "shed", s.shed);
    member(w, "points", s.points);
    member(w, "location_p50_ms", ms(s.parts[location].p50));
    member(w, "location_p99_ms", ms(s.parts[location].p99));
    member(w, "server_cores", s.server_cores);
    member(w, "server_rss_bytes", s.server_bytes);
    member(w, "generator_cores", s.generator_cores);
    w.end_object();
  }
  w.end_array();
}

void write_run(json::Writer& w, const Measured& m) {
  w.begin_object();
  member(w, "users", m.users);
  member(w, "connections", m.connections);
  member(w, "setup_s", m.setup_s);
  member(w, "measured_s", m.measured_s);
  member(w, "drain_s", m.drain_s);
  member(w, "complete_s", m.complete_s);
  member(w, "requests", m.tally.requests());
  member(w, "errors", m.setup.errors() + m.tally.errors() + m.completion.errors());
  member(w, "shed", m.tally.shed());
  member(w, "failed_ruckers", m.failed_ruckers);
  member(w, "unfinished_ruckers", m.unfinished_ruckers);
  member(w, "offline_periods", m.tally.offline_periods);
  member(w, "backlogs", m.tally.backlogs);
  write_histogram(w, "backlog_ms", m.tally.backlog_time);
  write_points(w, m);
  write_costs(w, m);
  write_tally(w, "setup", m.setup);
  write_tally(w, "endpoints", m.tally);
  write_tally(w, "completion", m.completion);
  write_seconds(w, m);
  w.end_object();
}
}  // namespace

std::string to_json(const Report& report) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  member(w, "tool", "ruck load");
  member(w, "url", report.settings.url_text);
  member(w, "scenario", report.settings.scenario);
  member(w, "started_at", report.started_at);
  member(w, "machine", report.machine);
  member(w, "users", report.settings.users);
  member(w, "seed", report.settings.seed);
  member(w, "threads", report.settings.threads);
  member(w, "batch_every_s", static_cast<double>(report.behaviour.batch_every) / 1e6);
  w.key("closed_loop");
  w.boolean(report.behaviour.closed_loop);
  member(w, "accounts_registered", report.accounts_registered);
  member(w, "register_s", report.register_s);
  w.key("interrupted");
  w.boolean(report.was_interrupted);
  w.key("ok");
  w.boolean(report.problems.empty());
  w.key("problems");
  json::write(w, report.problems);
  w.key("runs");
  w.begin_array();
  for (const Measured& m : report.runs) write_run(w, m);
  w.end_array();
  w.end_object();
  out += "\n";
  return out;
}

}  // namespace ruck::load

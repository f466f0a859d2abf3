// ruck jobs: what waits, what failed, and trying it again.
#include "app/cli.hpp"
#include "app/job_commands.hpp"
#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "jobs/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace ruck::app {
namespace {
constexpr std::string_view kUsage =
    "usage: ruck jobs list [--kind K] [--dead] [--limit 50] [--json]\n"
    "       ruck jobs show ID\n"
    "       ruck jobs retry ID... | --dead [--kind K]\n"
    "       ruck jobs drop ID... | --dead [--kind K]\n"
    "Works beside a running server and without one. A dead letter is a job that nobody tries any\n"
    "more; retry gives it all its attempts again.\n";
constexpr std::int64_t kListedUsually = 50;

int print_error(std::string_view what) {
  fmt::print(stderr, "ruck jobs: {}\n", what);
  return 1;
}
int print_usage() {
  fmt::print(stderr, "{}", kUsage);
  return 2;
}

Result<json::Tree> ask(const runtime::Config& config, const std::string& request) {
  const SystemClock clock;
  return ask_control(config, request, [&](Control& control, db::Database& database) {
    add_job_commands(control, database, clock);
  });
}

std::string state_of(const json::Tree& job) {
  if (!job["dead_at"].is_null()) return "dead";
  return job["leased_by"].is_null() ? "waits" : "runs";
}

void print_table(const json::Tree& jobs) {
  fmt::print("{:>10}  {:<24} {:<6} {:>8}  {:<24}  {}\n", "id", "kind", "state", "attempts",
             "due or dead since", "last error");
  for (const json::Tree& job : jobs.items()) {
    const json::Tree& at = job["dead_at"].is_null() ? job["run_at"] : job["dead_at"];
    fmt::print("{:>10}  {:<24} {:<6} {:>8}  {:<24}  {}\n", job["id"].integer(), job["kind"].text(),
               state_of(job), job["attempts"].integer(), at.text(), job["last_error"].text());
  }
}

void print_job(const json::Tree& job) {
  fmt::print("id          {}\nkind        {}\nstate       {}\nattempts    {}\n",
             job["id"].integer(), job["kind"].text(), state_of(job), job["attempts"].integer());
  fmt::print("created     {}\ndue         {}\ndead since  {}\n", job["created_at"].text(),
             job["run_at"].text(), job["dead_at"].text());
  fmt::print("payload     {} bytes\nlast error  {}\n", job["payload_bytes"].integer(),
             job["last_error"].text());
}

struct ListRequest {
  std::string command = "jobs.list";
  std::string kind;
  bool dead = false;
  std::int64_t limit = kListedUsually;
};
BOOST_DESCRIBE_STRUCT(ListRequest, (), (command, kind, dead, limit))
struct ShowRequest {
  std::string command = "jobs.show";
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(ShowRequest, (), (command, id))
struct ChangeRequest {
  std::string command;
  std::vector<std::int64_t> ids;
};
BOOST_DESCRIBE_STRUCT(ChangeRequest, (), (command, ids))

struct Asked {
  std::vector<std::int64_t> ids;
  std::string kind;
  bool only_dead = false;
  bool is_json = false;
  std::int64_t limit = kListedUsually;
};

int list(const runtime::Config& config, const Asked& asked) {
  const auto jobs =
      ask(config, json::to_text(ListRequest{
                      .kind = asked.kind, .dead = asked.only_dead, .limit = asked.limit}));
  if (!jobs) return print_error(jobs.error().client_text());
  if (!asked.is_json) {
    print_table(*jobs);
    return 0;
  }
  for (const json::Tree& job : jobs->items()) {
    fmt::print("{{\"id\":{},\"kind\":{},\"state\":\"{}\",\"attempts\":{},\"last_error\":{}}}\n",
               job["id"].integer(), json::to_text(job["kind"].text()), state_of(job),
               job["attempts"].integer(), json::to_text(job["last_error"].text()));
  }
  return 0;
}

int show(const runtime::Config& config, std::int64_t id) {
  const auto job = ask(config, json::to_text(ShowRequest{.id = id}));
  if (!job) return print_error(job.error().client_text());
  print_job(*job);
  return 0;
}

int change(const runtime::Config& config, std::string_view verb, Asked asked) {
  if (asked.only_dead) {
    const auto dead = ask(
        config, json::to_text(ListRequest{.kind = asked.kind,
                                          .dead = true,
                                          .limit = static_cast<std::int64_t>(jobs::kListedMax)}));
    if (!dead) return print_error(dead.error().client_text());
    for (const json::Tree& job : dead->items()) asked.ids.push_back(job["id"].integer());
  }
  const auto done =
      ask(config,
          json::to_text(ChangeRequest{.command = fmt::format("jobs.{}", verb), .ids = asked.ids}));
  if (!done) return print_error(done.error().client_text());
  fmt::print("{} of {} jobs {}\n", (*done)["changed"].integer(), asked.ids.size(),
             verb == "retry" ? "are due again" : "dropped");
  for (const json::Tree& id : (*done)["left"].items()) {
    fmt::print("job {} was left: it is not there, it runs, or a living job has its key\n",
               id.integer());
  }
  return (*done)["left"].items().empty() ? 0 : 1;
}

// The words after the verb are ids.
bool read_ids(const std::vector<std::string>& words, std::vector<std::int64_t>& ids) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto id = parse_number<std::int64_t>(words[i]);
    if (!id) return false;
    ids.push_back(*id);
  }
  return true;
}
}  // namespace

int jobs(Arguments arguments) {
  Asked asked;
  asked.kind = arguments.take("kind").value_or("");
  asked.only_dead = arguments.take("dead").has_value();
  asked.is_json = arguments.take("json").has_value();
  const auto limit =
      parse_number<std::int64_t>(arguments.take("limit").value_or(std::to_string(kListedUsually)));
  const std::vector<std::string>& words = arguments.words();
  if (words.empty() || !limit || *limit < 1 || !read_ids(words, asked.ids)) return print_usage();
  asked.limit = *limit;
  const std::string_view verb = words[0];
  const bool names_some = !asked.ids.empty();
  const auto config = config_from(arguments);
  if (!config) return 2;
  if (verb == "list" && !names_some) return list(*config, asked);
  if (verb == "show" && asked.ids.size() == 1) return show(*config, asked.ids[0]);
  if ((verb == "retry" || verb == "drop") && names_some != asked.only_dead) {
    return change(*config, verb, std::move(asked));
  }
  return print_usage();
}

}  // namespace ruck::app

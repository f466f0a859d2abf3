#include "app/cli.hpp"

#include "app/private_files.hpp"
#include "app/version.hpp"
#include "media/make.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace ruck::app {
namespace {
struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments);
  std::string_view own_switch = {};  // a flag that has no value with this verb
  bool is_internal = false;          // run by the program itself; not in the list of verbs
};
constexpr auto kVerbs = std::to_array<Verb>({
    {"serve", "run the server", serve},
    {"replay", "send a GPX file to a server as a phone would", replay},
    {"watch", "follow a ruck live", watch, "json"},
    {"simulate", "make up a plausible ruck as GPX", simulate, "star"},
    {"load", "many virtual ruckers at once: measure a server", load},
    {"admin", "reset-link EMAIL: a link that sets a new password, for an operator", admin},
    {"push", "test --user EMAIL: whether pushes arrive, and what is missing", push},
    {"jobs", "list | show | retry | drop: work that waits", jobs, "json"},
    {"migrate", "bring the database's schema up to date", migrate},
    {"backup", "copy the embedded database into one file, while the server runs", backup},
    {"restore", "put a verified backup in the place of the embedded database", restore},
    {"check", "compute every ruck anew from its track and report differences", check},
    {"config", "print | check | doc: the settings", config},
    {"openapi", "print the API document", openapi},
    {"version", "print the version", version},
    {"image-worker", "decode one picture; the server runs it", image_worker, "", true},
});
// Flags without a value, of all verbs.
const std::vector<std::string_view> kSwitches = {"now",          "quiet",           "help",
                                                 "every_second", "tolerate_errors", "dead"};

void print_usage(std::FILE* to) {
  fmt::print(to, "ruck {}: record rucks, follow friends live\n\nusage: ruck VERB [...]\n\n",
             kVersion);
  for (const Verb& verb : kVerbs) {
    if (!verb.is_internal) fmt::print(to, "  {:<10} {}\n", verb.name, verb.summary);
  }
  fmt::print(to,
             "\nEvery setting is a flag, a RUCK_ variable and a line in a TOML file (--config "
             "FILE);\n`ruck config doc` lists them.\n");
}
}  // namespace

int run_cli(int argc, const char* const* argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    print_usage(stdout);
    return 0;
  }
  if (name == "--version") return version({});
  const auto* verb = std::ranges::find(kVerbs, name, &Verb::name);
  if (verb == kVerbs.end()) {
    if (!name.empty()) fmt::print(stderr, "ruck: there is no verb \"{}\"\n\n", name);
    print_usage(stderr);
    return 2;
  }
  write_privately();
  std::vector<std::string_view> switches = kSwitches;
  if (!verb->own_switch.empty()) switches.push_back(verb->own_switch);
  auto arguments = Arguments::parse(argc, argv, 2, std::move(switches));
  if (!arguments) {
    fmt::print(stderr, "ruck {}: {}\n", name, arguments.error().client_text());
    return 2;
  }
  return verb->run(std::move(*arguments));
}

std::optional<runtime::Config> config_from(const Arguments& arguments) {
  runtime::ConfigInput input{.flags = arguments.flags(), .env = [](const char* name) {
                               return static_cast<const char*>(std::getenv(name));
                             }};
  if (const auto file = arguments.flag("config")) input.file = *file;
  std::erase_if(input.flags, [](const auto& flag) { return flag.first == "config"; });
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    input.env_names.emplace_back(text.substr(0, text.find('=')));
  }
  runtime::LoadedConfig loaded = runtime::load_config(input);
  for (const std::string& warning : loaded.warnings)
    fmt::print(stderr, "ruck: warning: {}\n", warning);
  for (const std::string& problem : loaded.problems) fmt::print(stderr, "ruck: {}\n", problem);
  if (!loaded.problems.empty()) return std::nullopt;
  return std::move(loaded.config);
}

int image_worker(Arguments) { return media::run_image_worker(); }

int version(Arguments) {
  fmt::print("ruck {}\n", kVersion);
  return 0;
}

int config(Arguments arguments) {
  const std::string_view what =
      arguments.words().empty() ? "print" : std::string_view(arguments.words()[0]);
  if (what == "doc") {
    fmt::print("{}", runtime::config_document());
    return 0;
  }
  if (what != "print" && what != "check") {
    fmt::print(stderr, "usage: ruck config print | check | doc\n");
    return 2;
  }
  if (!config_from(arguments)) return 1;
  if (what == "check") {
    fmt::print("the settings are fine\n");
    return 0;
  }
  runtime::ConfigInput input{.flags = arguments.flags(), .env = [](const char* name) {
                               return static_cast<const char*>(std::getenv(name));
                             }};
  if (const auto file = arguments.take("config")) input.file = *file;
  input.flags = arguments.flags();
  for (const runtime::Origin& origin : runtime::load_config(input).origins) {
    fmt::print("{:<22} {:<40} # {}\n", origin.name, origin.value, origin.source);
  }
  return 0;
}

}  // namespace ruck::app

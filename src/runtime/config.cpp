#include "runtime/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
// Input reaches its assertions ("[=]"), and with NDEBUG it would have the compiler assume them.
// What follows each of them reports the error properly.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#include "base/text.hpp"

#include <toml++/toml.h>

namespace ruck::runtime {
namespace {
using Problem = std::optional<std::string>;

Problem check_listen(std::string_view value) {
  if (parse_listen(value)) return std::nullopt;
  return "must be ADDRESS:PORT, for example 127.0.0.1:8080";
}
Problem check_database(std::string_view value) {
  if (value.starts_with("sqlite:") && value.size() > 7) return std::nullopt;
  if (value.starts_with("postgresql://") || value.starts_with("postgres://")) return std::nullopt;
  return "must begin with sqlite: or postgresql://";
}
Problem check_level(std::string_view value) {
  for (const std::string_view level : {"debug", "info", "warning", "error"}) {
    if (value == level) return std::nullopt;
  }
  return "must be debug, info, warning or error";
}
Problem check_not_empty(std::string_view value) {
  return value.empty() ? Problem("must not be empty") : std::nullopt;
}
Problem check_url(std::string_view value) {
  if (value.empty() || value.starts_with("http://") || value.starts_with("https://"))
    return std::nullopt;
  return "must begin with http:// or https://";
}

const Setting kSettings[] = {
    {.name = "listen",
     .fallback = "127.0.0.1:8080",
     .doc =
         "Address and port to serve on. Where only PORT is set in the environment, 0.0.0.0:$PORT.",
     .member = &Config::listen,
     .check = check_listen},
    {.name = "database_url",
     .fallback = "",
     .doc =
         "sqlite:PATH or postgresql://USER:PASSWORD@HOST/NAME. Empty: sqlite:<data_dir>/ruck.db.",
     .member = &Config::database_url,
     .is_secret = true,
     .check =
         [](std::string_view value) { return value.empty() ? Problem() : check_database(value); }},
    {.name = "data_dir",
     .fallback = "var",
     .doc = "Folder for the embedded database and the mail outbox; made if it is not there.",
     .member = &Config::data_dir,
     .check = check_not_empty},
    {.name = "threads",
     .fallback = "0",
     .doc = "Event loops, one thread each. 0: as many as the machine has processors.",
     .member = &Config::threads,
     .min = 0,
     .max = 64},
    {.name = "database_connections",
     .fallback = "20",
     .doc = "Connections to PostgreSQL, one thread each.",
     .member = &Config::database_connections,
     .min = 3,
     .max = 200},
    {.name = "database_readers",
     .fallback = "2",
     .doc = "Reader threads of the embedded database.",
     .member = &Config::database_readers,
     .min = 1,
     .max = 32},
    {.name = "connections_max",
     .fallback = "20000",
     .doc = "Open client connections; more wait in the listener's queue.",
     .member = &Config::connections_max,
     .min = 10,
     .max = 1'000'000},
    {.name = "shutdown_seconds",
     .fallback = "25",
     .doc = "Hard limit of a graceful shutdown, in seconds.",
     .member = &Config::shutdown_seconds,
     .min = 1,
     .max = 600},
    {.name = "rate_limits",
     .fallback = "on",
     .doc = "on or off. Off is for load tests only, and the log warns of it.",
     .member = &Config::rate_limits},
    {.name = "log_level",
     .fallback = "info",
     .doc = "debug, info, warning or error.",
     .member = &Config::log_level,
     .check = check_level},
    {.name = "cors_origins",
     .fallback = "",
     .doc = "Origins of other web sites that may call the API, separated by commas.",
     .member = &Config::cors_origins},
    {.name = "trusted_proxies",
     .fallback = "",
     .doc =
         "Addresses or ranges (10.0.0.0/8) whose X-Forwarded-For is believed, separated by commas.",
     .member = &Config::trusted_proxies},
    {.name = "public_url",
     .fallback = "",
     .doc = "Where people reach this server, for links in e-mails. Empty: taken from `listen`.",
     .member = &Config::public_url,
     .check = check_url},
    {.name = "tls_cert",
     .fallback = "",
     .doc = "PEM file with the certificate and its chain: `listen` speaks https. Read again on "
            "SIGHUP. Empty: plain http.",
     .member = &Config::tls_cert},
    {.name = "tls_key",
     .fallback = "",
     .doc = "PEM file with the certificate's key.",
     .member = &Config::tls_key},
    {.name = "map_tiles",
     .fallback = "",
     .doc =
         "Map tiles of the web app, for example https://tile.example.org/{z}/{x}/{y}.png. Empty: "
         "maps show the track alone, and nothing is asked of anybody else.",
     .member = &Config::map_tiles,
     .check = check_url},
    {.name = "map_attribution",
     .fallback = "",
     .doc = "What the source of the map tiles wants to be shown on the map.",
     .member = &Config::map_attribution},
    {.name = "token_keys",
     .fallback = "",
     .doc =
         "Keys that sign access tokens: ID:BASE64 of at least 32 bytes, separated by commas; the "
         "first signs, all verify. Empty: made at first start and kept in the database.",
     .member = &Config::token_keys,
     .is_secret = true},
};

std::string env_name(const Setting& setting) {
  std::string name = "RUCK_";
  for (const char c : setting.name) {
    name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "on" || text == "true" || text == "1" || text == "yes") return true;
  if (text == "off" || text == "false" || text == "0" || text == "no") return false;
  return std::nullopt;
}

// Stores the text as the setting's type; gives what is wrong with it.
Problem assign(Config& config, const Setting& setting, std::string_view text) {
  if (const auto* number = std::get_if<std::int64_t Config::*>(&setting.member)) {
    const auto value = parse_number<std::int64_t>(text);
    if (!value || *value < setting.min || *value > setting.max) {
      return fmt::format("must be a whole number from {} to {}", setting.min, setting.max);
    }
    config.*(*number) = *value;
    return std::nullopt;
  }
  if (const auto* flag = std::get_if<bool Config::*>(&setting.member)) {
    const auto value = parse_switch(text);
    if (!value) return "must be on or off";
    config.*(*flag) = *value;
    return std::nullopt;
  }
  if (Problem problem = setting.check ? setting.check(text) : std::nullopt) return problem;
  config.*std::get<std::string Config::*>(setting.member) = text;
  return std::nullopt;
}

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The end of the string or comment that begins at `at`, or `at` where none does.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"}) {
    if (!text.substr(at).starts_with(quote)) continue;
    const bool has_escapes = quote.front() == '"';
    for (std::size_t i = at + quote.size(); i < text.size(); ++i) {
      if (text.substr(i).starts_with(quote)) return i + quote.size();
      if (quote.size() == 1 && text[i] == '\n') return i;
      if (has_escapes && text[i] == '\\') ++i;
    }
    return text.size();
  }
  return at;
}

// The line of a byte that TOML allows in strings and comments only. The parser's own code takes
// such a byte for one that cannot be there.
std::optional<std::int64_t> line_of_stray_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if ((static_cast<unsigned char>(text[at]) & 0x80U) != 0) {
      return 1 + std::ranges::count(text.substr(0, at), '\n');
    }
    at = std::max(at + 1, end_of_quoted(text, at));
  }
  return std::nullopt;
}

using FileValues = std::vector<std::pair<std::string, std::string>>;

FileValues read_file(const std::string& path, LoadedConfig& loaded) {
  FileValues values;
  const auto text = read_text(path);
  if (!text) {
    loaded.problems.push_back("config file " + path + " cannot be read");
    return values;
  }
  if (const auto line = line_of_stray_byte(*text)) {
    loaded.problems.push_back(fmt::format(
        "config file {}, line {}: only ASCII may stand outside of quotes", path, *line));
    return {};
  }
  const toml::parse_result table = toml::parse(*text);
  if (!table) {
    const auto& where = table.error().source().begin;
    loaded.problems.push_back(fmt::format("config file {}, line {}, column {}: {}", path,
                                          where.line, where.column, table.error().description()));
    return values;
  }
  for (const auto& [key, node] : table.table()) {
    std::string value;
    if (const auto* string = node.as_string()) {
      value = string->get();
    } else if (const auto* integer = node.as_integer()) {
      value = std::to_string(integer->get());
    } else if (const auto* flag = node.as_boolean()) {
      value = flag->get() ? "on" : "off";
    } else {
      loaded.problems.push_back(
          fmt::format("config file {}, line {}: {} must be text, a whole number "
                      "or true or false",
                      path, node.source().begin.line, key.str()));
      continue;
    }
    values.emplace_back(std::string(key.str()), std::move(value));
  }
  return values;
}

struct Candidate {
  std::string value;
  std::string source;
};

void check_names(const ConfigInput& input, const FileValues& file, LoadedConfig& loaded) {
  const auto is_known = [](std::string_view name) {
    return std::ranges::any_of(kSettings, [&](const Setting& s) { return s.name == name; });
  };
  for (const auto& [name, value] : file) {
    if (!is_known(name)) loaded.problems.push_back("config file: there is no setting " + name);
  }
  for (const auto& [name, value] : input.flags) {
    if (!is_known(name)) loaded.problems.push_back("there is no flag --" + name);
  }
  for (const std::string& name : input.env_names) {
    // RUCK_CONFIG is read by the caller, RUCK_URL by the clients (replay, load).
    const bool is_setting = name.starts_with("RUCK_") && !name.starts_with("RUCK_TEST_") &&
                            name != "RUCK_CONFIG" && name != "RUCK_URL";
    if (!is_setting) continue;
    std::string setting = ascii_lower(std::string_view(name).substr(5));
    if (setting.ends_with("_file")) setting.resize(setting.size() - 5);
    if (!is_known(setting)) loaded.warnings.push_back("environment: there is no setting " + name);
  }
}

// What the environment says of a setting: itself, a file with it, or PORT for the listener.
std::optional<Candidate> from_env(const Setting& setting, const ConfigInput& input,
                                  LoadedConfig& loaded) {
  const std::string name = env_name(setting);
  if (const char* value = input.env(name.c_str())) return Candidate{.value = value, .source = name};
  const std::string file_name = name + "_FILE";
  if (const char* path = setting.is_secret ? input.env(file_name.c_str()) : nullptr) {
    const auto text = read_text(path);
    if (text) return Candidate{.value = std::string(trim(*text)), .source = file_name};
    loaded.problems.push_back(file_name + ": " + path + " cannot be read");
  }
  const char* port = setting.name == "listen" ? input.env("PORT") : nullptr;
  if (port != nullptr) return Candidate{.value = std::string("0.0.0.0:") + port, .source = "PORT"};
  return std::nullopt;
}

Candidate choose(const Setting& setting, const ConfigInput& input, const FileValues& file,
                 const std::string& file_path, LoadedConfig& loaded) {
  Candidate chosen{.value = std::string(setting.fallback), .source = "default"};
  for (const auto& [name, value] : file) {
    if (name == setting.name) chosen = {.value = value, .source = "file " + file_path};
  }
  if (auto env = from_env(setting, input, loaded)) chosen = std::move(*env);
  for (const auto& [name, value] : input.flags) {
    if (name == setting.name) chosen = {.value = value, .source = "--" + name};
  }
  return chosen;
}
}  // namespace

std::span<const Setting> settings() { return kSettings; }

LoadedConfig load_config(const ConfigInput& input) {
  LoadedConfig loaded;
  std::string path = input.file;
  const char* named = input.env("RUCK_CONFIG");
  if (path.empty() && named != nullptr) path = named;
  const FileValues file = path.empty() ? FileValues() : read_file(path, loaded);
  check_names(input, file, loaded);
  for (const Setting& setting : kSettings) {
    const Candidate chosen = choose(setting, input, file, path, loaded);
    if (const Problem problem = assign(loaded.config, setting, chosen.value)) {
      const std::string shown = setting.is_secret ? "a secret" : '"' + chosen.value + '"';
      loaded.problems.push_back(
          fmt::format("{} ({}): {}, not {}", setting.name, chosen.source, *problem, shown));
    }
    const bool masked = setting.is_secret && !chosen.value.empty();
    loaded.origins.push_back({.name = setting.name,
                              .value = masked ? "********" : chosen.value,
                              .source = chosen.source});
  }
  if (loaded.config.database_url.empty()) {
    loaded.config.database_url = "sqlite:" + loaded.config.data_dir + "/ruck.db";
  }
  return loaded;
}

std::optional<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ListenAddress{.host = std::string(host), .port = *port};
}

std::string config_document() {
  std::string out = "| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Setting& setting : kSettings) {
    std::string doc(setting.doc);
    if (std::holds_alternative<std::int64_t Config::*>(setting.member)) {
      doc += fmt::format(" {} to {}.", setting.min, setting.max);
    }
    if (setting.is_secret)
      doc += fmt::format(" Secret: may be given as {}_FILE.", env_name(setting));
    out += fmt::format("| `{}` | `{}` | `{}` | {} |\n", setting.name, env_name(setting),
                       setting.fallback.empty() ? " " : setting.fallback, doc);
  }
  return out;
}

}  // namespace ruck::runtime

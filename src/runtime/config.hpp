#pragma once
// Every setting of the program, from one table: its name, default, bounds and documentation. A
// value comes from, in rising order: the default, a TOML file, the environment, a flag. Secrets may
// also be read from the file that RUCK_<NAME>_FILE names.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ruck::runtime {

struct Config {
  std::string listen;
  std::string database_url;
  std::string database_replicas;
  std::string redis_url;
  std::string data_dir;
  std::int64_t threads = 0;
  std::int64_t database_connections = 0;
  bool database_prepare = true;
  std::int64_t database_readers = 0;
  std::int64_t connections_max = 0;
  std::int64_t body_memory_mb = 0;
  std::int64_t request_seconds = 0;
  std::int64_t shutdown_seconds = 0;
  std::int64_t shutdown_delay_seconds = 0;
  bool rate_limits = true;
  std::string log_level;
  std::string cors_origins;
  std::string trusted_proxies;
  std::string proxy_header;
  std::string public_url;
  std::string tls_cert;
  std::string tls_key;
  std::string map_tiles;
  std::string map_attribution;
  std::string token_keys;
  std::string metrics_listen;
  std::string smtp_url;
  std::string mail_from;
  bool outbound_private = false;
  std::string outbound_ca;
  std::string push_fcm_credentials;
  std::string push_fcm_endpoint;
  std::string push_subject;
  std::string media_url;
  std::string media_access_key;
  std::string media_secret_key;
  // Not a setting: the files that secrets were read from.
  std::vector<std::string> secret_files;
};

struct Setting {
  std::string_view name;  // "listen": --listen, RUCK_LISTEN, `listen =` in the file
  std::string_view fallback;
  std::string_view doc;
  std::variant<std::string Config::*, std::int64_t Config::*, bool Config::*> member;
  std::int64_t min = 0;  // of numbers
  std::int64_t max = 0;
  bool is_secret = false;
  // More than a type can check; gives what is wrong, or nothing.
  std::optional<std::string> (*check)(std::string_view value) = nullptr;
};
[[nodiscard]] std::span<const Setting> settings();

// Where one setting's value came from.
struct Origin {
  std::string_view name;
  std::string value;   // as text; masked for secrets
  std::string source;  // "default", "file ruck.toml", "RUCK_LISTEN", "--listen"
};

struct LoadedConfig {
  Config config;
  std::vector<Origin> origins;
  std::vector<std::string> problems;  // all of them; empty: the config may be used
  std::vector<std::string> warnings;
};

struct ConfigInput {
  std::vector<std::pair<std::string, std::string>> flags;  // name without dashes, value
  std::string file;                                        // empty: RUCK_CONFIG, else none
  // Looks up an environment variable; null where it is not set. getenv in production.
  std::function<const char*(const char*)> env;
  std::vector<std::string> env_names;  // all that are set, to warn of misspelt RUCK_ ones
};

[[nodiscard]] LoadedConfig load_config(const ConfigInput& input);

// A host:port, taken apart; the host may be an IPv6 address in brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] std::optional<ListenAddress> parse_listen(std::string_view text);

// The settings as a Markdown table.
[[nodiscard]] std::string config_document();

}  // namespace ruck::runtime

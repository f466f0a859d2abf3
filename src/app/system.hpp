#pragma once
// What operators and load balancers ask: is it alive, is it ready, what does it measure.
#include "db/database.hpp"
#include "http/handler.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <string>
#include <utility>

namespace ruck::app {

struct Health {
  std::string status;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(Health, (), (status, version))

struct SystemHealth {
  std::string status;
  std::string version;
  std::string database;
  bool database_ok = true;
};
BOOST_DESCRIBE_STRUCT(SystemHealth, (), (status, version, database, database_ok))

struct VersionQuery {
  std::string platform = "android";
};
BOOST_DESCRIBE_STRUCT(VersionQuery, (), (platform))
struct VersionInfo {
  std::string platform;
  std::string latest_version;
  std::string min_required_version;
  bool force_update = false;
  std::string update_url;
  std::string release_notes;
};
BOOST_DESCRIBE_STRUCT(VersionInfo, (),
                      (platform, latest_version, min_required_version, force_update, update_url,
                       release_notes))

// What the web app has to know of this server before anybody has signed in.
struct WebSettings {
  std::string tiles_url;         // of map tiles, with {z} {x} {y}; empty: maps show the track alone
  std::string attribution;       // what the source of the tiles wants to be shown
  std::string vapid_public_key;  // for browsers that subscribe to pushes; empty: there are none
  bool is_mail_delivered = false;  // false: mails are files on the server
};
struct WebConfig {
  std::string version;
  std::string map_tiles_url;
  std::string map_attribution;
  std::string vapid_public_key;
  bool mail_delivered = false;
};
BOOST_DESCRIBE_STRUCT(WebConfig, (),
                      (version, map_tiles_url, map_attribution, vapid_public_key, mail_delivered))

class System {
 public:
  System(db::Database& database, const telemetry::Metrics& metrics, WebSettings web)
      : database_(database), metrics_(metrics), web_(std::move(web)) {}

  task<Result<Health>> live();
  task<Result<http::Response>> ready();
  task<Result<Health>> health();
  task<Result<SystemHealth>> system_health();
  task<Result<VersionInfo>> version_info(VersionQuery query);
  task<Result<WebConfig>> web_config();
  task<Result<http::Response>> metrics();
  task<Result<http::Response>> openapi();

  // From now on readiness says no.
  void drain() { draining_ = true; }
  void set_document(std::string document) { document_ = std::move(document); }

 private:
  db::Database& database_;
  const telemetry::Metrics& metrics_;
  WebSettings web_;
  std::atomic<bool> draining_{false};
  std::string document_;
};

void add_routes(http::Router& router, System& system);

}  // namespace ruck::app

#include "app/server_app.hpp"

#include "app/admin_commands.hpp"
#include "app/control.hpp"
#include "app/instances.hpp"
#include "app/job_commands.hpp"
#include "app/metrics_listener.hpp"
#include "app/private_files.hpp"
#include "app/push_commands.hpp"
#include "app/system.hpp"
#include "app/version.hpp"
#include "app/wiring.hpp"
#include "base/assert.hpp"
#include "base/embedded.hpp"
#include "cache/response_cache.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "http/client/curl_outbound.hpp"
#include "http/pressure.hpp"
#include "http/server.hpp"
#include "jobs/runner.hpp"
#include "mail/mailer.hpp"
#include "media/make.hpp"
#include "push/push_sender.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/processors.hpp"
#include "services/auth/account.hpp"
#include "services/auth/service.hpp"
#include "services/auth/token_upkeep.hpp"
#include "services/feed/service.hpp"
#include "services/gpx/service.hpp"
#include "services/live/service.hpp"
#include "services/media/service.hpp"
#include "services/media/signing_key.hpp"
#include "services/notify/service.hpp"
#include "services/notify/vapid_key.hpp"
#include "services/people/service.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/service.hpp"
#include "services/stats/service.hpp"
#include "telemetry/log.hpp"
#include "web/pages.hpp"

#include <sodium.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>

namespace ruck::app {
namespace {
constexpr std::size_t kPasswordThreads = 2;     // a login storm may take this much and no more
constexpr std::size_t kPasswordQueueMax = 256;  // about four seconds of waiting
constexpr std::size_t kMailThreads = 2;         // a slow mail server holds up mails and no logins
constexpr std::size_t kMailQueueMax = 256;      // an hour of asking for new passwords
constexpr std::size_t kCompressionQueueMax = 64;
constexpr std::size_t kFilesQueueMax = 16;    // uploads that wait to be read, up to 50 MB each
constexpr std::size_t kMediaThreads = 4;      // a disk has some requests at a time to order
constexpr std::size_t kMediaQueueMax = 1024;  // pieces of uploads, and pictures that are asked for
constexpr std::size_t kThreadsMax = 64;
constexpr auto kMetricsDrain = std::chrono::milliseconds(500);  // a scrape under way ends in it

// A stop in its parts. Requests under way may take all of shutdown_seconds but this, which is for
// what comes after them: refusals, closing of sockets, services, the last checkpoint.
constexpr auto kAfterDrain = std::chrono::seconds(3);
// For runs of jobs under way; what is left is given back, and runs again elsewhere or later.
constexpr auto kJobsTime = std::chrono::milliseconds(1500);
constexpr auto kDrainMin = std::chrono::seconds(1);
// For those who were refused in the end to get their answer.
constexpr auto kRefusalsTime = std::chrono::milliseconds(300);

telemetry::Level level_of(std::string_view name) {
  if (name == "debug") return telemetry::Level::kDebug;
  if (name == "warning") return telemetry::Level::kWarning;
  if (name == "error") return telemetry::Level::kError;
  return telemetry::Level::kInfo;
}

// A descriptor for each connection, as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = text.find(',');
    const std::string_view item = trim(text.substr(0, end));
    if (!item.empty()) items.emplace_back(item);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return items;
}

std::size_t thread_count(const runtime::Config& config) {
  if (config.threads > 0) return static_cast<std::size_t>(config.threads);
  return std::min(runtime::processor_count(), kThreadsMax);
}

http::ProxyHeader proxy_header(const runtime::Config& config) {
  if (config.proxy_header == "forwarded") return http::ProxyHeader::kForwarded;
  return config.proxy_header == "x-forwarded-for" ? http::ProxyHeader::kForwardedFor
                                                  : http::ProxyHeader::kAuto;
}

// The file that runs, also after another has been put in its place.
constexpr const char* kOwnProgram = "/proc/self/exe";

push::EndpointScheme endpoint_scheme(const runtime::Config& config) {
  return config.outbound_private ? push::EndpointScheme::kHttpToo : push::EndpointScheme::kHttps;
}
}  // namespace

// Everything, in the order it is made; destroyed in reverse.
struct ServerApp::Parts {
  explicit Parts(runtime::Config c) : config(std::move(c)), cores(thread_count(config)) {}

  runtime::Config config;
  SystemClock clock;
  telemetry::Metrics metrics;
  runtime::Cores cores;
  std::unique_ptr<runtime::BlockingPool> passwords;
  std::unique_ptr<runtime::BlockingPool> mails;
  std::unique_ptr<runtime::BlockingPool> compression;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<Instances> instances;
  bus::Bus* bus = nullptr;  // theirs
  std::unique_ptr<cache::Revisions> revisions;
  std::unique_ptr<cache::ResponseCache> responses;
  std::unique_ptr<http::RateLimiter> limiter;       // null: off
  std::unique_ptr<http::RateLimiter> push_limiter;  // null: no other server sends
  std::unique_ptr<mail::Mailer> mailer;
  std::unique_ptr<http::CurlOutbound> outbound;
  std::unique_ptr<runtime::BlockingPool> media_files;
  std::unique_ptr<media::BlobStore> blobs;
  std::unique_ptr<media::ImageWorker> images;
  ProfileWiring profile_wiring;
  AccountWiring account_wiring{clock};
  ReactionWiring reaction_wiring;
  RecentRucksWiring recent_rucks_wiring;
  PhotoWiring photo_wiring;
  auth::Tokens tokens;
  std::string vapid_key;  // empty: nothing is sent to browsers
  std::unique_ptr<auth::AuthService> auth;
  std::unique_ptr<auth::TokenUpkeep> token_upkeep;
  std::unique_ptr<jobs::Runner> jobs;
  std::unique_ptr<profile::ProfileService> profile;
  std::unique_ptr<stats::StatsService> stats;
  std::unique_ptr<people::PeopleService> people;
  std::unique_ptr<live::LiveService> live;
  std::unique_ptr<rucks::RuckService> rucks;
  std::unique_ptr<feed::FeedService> feed;
  std::unique_ptr<push::PushSender> push;
  std::unique_ptr<notify::NotifyService> notify;
  std::unique_ptr<auth::AccountService> account;
  std::unique_ptr<photos::MediaService> media;
  std::unique_ptr<runtime::BlockingPool> files;
  std::unique_ptr<gpx_import::GpxService> gpx;
  std::unique_ptr<System> system;
  std::unique_ptr<web::Pages> pages;
  std::unique_ptr<http::Pressure> pressure;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<MetricsListener> metrics_listener;  // null: nobody scrapes
  // What commands started; each waits for its own.
  runtime::TaskGroup commands{"commands",
                              [](std::string_view group, const std::exception_ptr& failure) {
                                telemetry::log_exception("control.command_failed", group, failure);
                              }};
  Control control;
  std::unique_ptr<ControlSocket> control_socket;  // null: it could not be opened

  Result<> open_database();
  Result<> make_instances();
  Result<> load_tokens();
  Result<> make_push();
  Result<> make_blobs();
  void make_services(const std::string& signing_key);
  void make_ruck_services();
  void make_notify_service();
  void make_account_service();
  void make_media_service(const std::string& signing_key);
  void open_control();
  void add_all_routes();
  Result<> make_server();
  void abandon();
  Result<> make_metrics_listener();
};

Result<> ServerApp::Parts::open_database() {
  auto opened =
      db::open({.url = config.database_url,
                .sqlite_readers = static_cast<std::size_t>(config.database_readers),
                .postgres_connections = static_cast<std::size_t>(config.database_connections),
                .postgres_prepares = config.database_prepare,
                .postgres_replicas = db::split_urls(config.database_replicas)},
               metrics);
  if (!opened) return fail(std::move(opened).error());
  database = std::move(*opened);
  const auto report = db::migrate(*database, clock, embedded::migrations());
  if (!report) return fail(report.error());
  return {};
}

Result<> ServerApp::Parts::make_instances() {
  instances = std::make_unique<Instances>(Instances::Dependencies{
      .config = config, .database = *database, .clock = clock, .metrics = metrics});
  if (Result<> made = instances->make(); !made) return made;
  bus = &instances->bus();
  return {};
}

Result<> ServerApp::Parts::load_tokens() {
  if (Result<> ended = auth::load_ended_sessions(*database, tokens, clock.now()); !ended) {
    return ended;
  }
  return auth::load_keys(*database, tokens, config.token_keys, clock.now());
}

Result<> ServerApp::Parts::make_push() {
  if (instances->shares_limits()) push_limiter = instances->make_limiter(cores.size());
  outbound = std::make_unique<http::CurlOutbound>(
      http::CurlOutbound::Options{.allow_private = config.outbound_private,
                                  .ca_file = config.outbound_ca},
      http::CurlOutbound::Dependencies{.clock = clock, .metrics = metrics});
  const std::string own_url = public_url(config);
  const bool is_public = own_url.starts_with("https://");
  auto made = push::PushSender::make(
      {.fcm_credentials_file = config.push_fcm_credentials,
       .fcm_endpoint = config.push_fcm_endpoint,
       .subject = config.push_subject.empty() && is_public ? own_url : config.push_subject,
       .vapid_key = vapid_key,
       .endpoint_scheme = endpoint_scheme(config)},
      {.outbound = *outbound, .clock = clock, .metrics = metrics, .limiter = push_limiter.get()});
  if (!made) return fail(std::move(made).error());
  push = std::move(*made);
  return {};
}

Result<> ServerApp::Parts::make_blobs() {
  media_files = std::make_unique<runtime::BlockingPool>(runtime::BlockingPool::Options{
      .name = "ruck-media", .threads = kMediaThreads, .queue_max = kMediaQueueMax});
  auto made = media::make_blob_store(
      {.url = config.media_url.empty() ? "folder:" + config.data_dir + "/media" : config.media_url,
       .access_key = config.media_access_key,
       .secret_key = config.media_secret_key},
      *media_files, *outbound);
  if (!made) return fail(std::move(made).error());
  blobs = std::move(*made);
  return {};
}

// `signing_key` may be empty: for the document alone.
void ServerApp::Parts::make_services(const std::string& signing_key) {
  passwords = std::make_unique<runtime::BlockingPool>(runtime::BlockingPool::Options{
      .name = "ruck-passwords", .threads = kPasswordThreads, .queue_max = kPasswordQueueMax});
  mails = std::make_unique<runtime::BlockingPool>(runtime::BlockingPool::Options{
      .name = "ruck-mail", .threads = kMailThreads, .queue_max = kMailQueueMax});
  compression = std::make_unique<runtime::BlockingPool>(runtime::BlockingPool::Options{
      .name = "ruck-compress", .threads = 1, .queue_max = kCompressionQueueMax});
  tokens.use_bus(*bus, clock);
  jobs = std::make_unique<jobs::Runner>(
      jobs::Runner::Dependencies{.database = *database, .clock = clock, .metrics = metrics});
  revisions = std::make_unique<cache::Revisions>(*database, instances->agreement());
  responses = std::make_unique<cache::ResponseCache>(cache::ResponseCache::Options{}, *revisions,
                                                     metrics, instances->answers());
  if (config.rate_limits) limiter = instances->make_limiter(cores.size());
  mailer = mail::make_mailer({.smtp_url = config.smtp_url,
                              .mail_from = config.mail_from,
                              .outbox_folder = config.data_dir + "/outbox"});
  auth = std::make_unique<auth::AuthService>(
      auth::AuthService::Dependencies{.database = *database,
                                      .revisions = *revisions,
                                      .clock = clock,
                                      .tokens = tokens,
                                      .password_pool = *passwords,
                                      .mail_pool = *mails,
                                      .mailer = *mailer,
                                      .limiter = limiter.get(),
                                      .public_url = public_url(config)});
  profile = std::make_unique<profile::ProfileService>(
      profile::ProfileService::Dependencies{.database = *database,
                                            .revisions = *revisions,
                                            .clock = clock,
                                            .bus = *bus,
                                            .relations = profile_wiring,
                                            .public_url = public_url(config)});
  stats = std::make_unique<stats::StatsService>(*database, clock, profile::zone_of);
  make_ruck_services();
  feed = std::make_unique<feed::FeedService>(*database, *revisions, clock, photo_wiring);
  make_notify_service();
  make_account_service();
  make_media_service(signing_key);
  files = std::make_unique<runtime::BlockingPool>(runtime::BlockingPool::Options{
      .name = "ruck-files", .threads = 1, .queue_max = kFilesQueueMax});
  gpx = std::make_unique<gpx_import::GpxService>(*rucks, *files, clock);
  system = std::make_unique<System>(*database, metrics,
                                    WebSettings{.tiles_url = config.map_tiles,
                                                .attribution = config.map_attribution,
                                                .vapid_public_key = push->vapid_public_key(),
                                                .is_mail_delivered = mailer->delivers()});
  pages = std::make_unique<web::Pages>(embedded::web(),
                                       web::Origins{.tiles = web::origin_of(config.map_tiles)});
}

void ServerApp::Parts::make_ruck_services() {
  live = std::make_unique<live::LiveService>(
      live::LiveService::Dependencies{.database = *database,
                                      .bus = *bus,
                                      .cores = cores,
                                      .authenticator = tokens,
                                      .clock = clock,
                                      .metrics = metrics,
                                      .public_url = public_url(config)});
  rucks = std::make_unique<rucks::RuckService>(
      rucks::RuckService::Dependencies{.database = *database,
                                       .revisions = *revisions,
                                       .clock = clock,
                                       .metrics = metrics,
                                       .bus = *bus,
                                       .reactions = reaction_wiring,
                                       .photos = photo_wiring});
  people = std::make_unique<people::PeopleService>(
      people::PeopleService::Dependencies{.database = *database,
                                          .revisions = *revisions,
                                          .clock = clock,
                                          .bus = *bus,
                                          .recent_rucks = recent_rucks_wiring});
}

void ServerApp::Parts::make_notify_service() {
  notify = std::make_unique<notify::NotifyService>(
      notify::NotifyService::Dependencies{.database = *database,
                                          .clock = clock,
                                          .bus = *bus,
                                          .sender = *push,
                                          .mailer = *mailer,
                                          .pool = *mails,
                                          .metrics = metrics,
                                          .endpoints = endpoint_scheme(config),
                                          .server_key = vapid_key,
                                          .public_url = public_url(config)});
}

void ServerApp::Parts::make_account_service() {
  account = std::make_unique<auth::AccountService>(
      auth::AccountService::Dependencies{.database = *database,
                                         .revisions = *revisions,
                                         .clock = clock,
                                         .tokens = tokens,
                                         .auth = *auth,
                                         .password_pool = *passwords,
                                         .mail_pool = *mails,
                                         .mailer = *mailer,
                                         .public_url = public_url(config),
                                         .bus = *bus,
                                         .relations = account_wiring});
  profile_wiring.set_account(*account);
}

void ServerApp::Parts::make_media_service(const std::string& signing_key) {
  images = media::make_image_worker(kOwnProgram, metrics);
  media = std::make_unique<photos::MediaService>(photos::MediaService::Dependencies{
      .database = *database,
      .revisions = *revisions,
      .clock = clock,
      .metrics = metrics,
      .blobs = *blobs,
      .images = *images,
      .files = *media_files,
      // Whole: the worker has a folder of its own.
      .uploads = std::filesystem::absolute(config.data_dir) / "uploads",
      .public_url = config.public_url,
      .signing_key = signing_key});
  photo_wiring.set_media(*media);
}

void ServerApp::Parts::add_all_routes() {
  pressure = std::make_unique<http::Pressure>(metrics);
  router = std::make_unique<http::Router>(
      http::Router::Dependencies{.clock = clock,
                                 .metrics = metrics,
                                 .authenticator = &tokens,
                                 .limiter = limiter.get(),
                                 .responses = responses.get(),
                                 .pressure = pressure.get(),
                                 .own_writes = instances->own_writes(),
                                 .request_time = std::chrono::seconds(config.request_seconds)});
  app::add_routes(*router, *system);
  auth::add_routes(*router, *auth);
  auth::add_routes(*router, *account);
  profile::add_routes(*router, *profile);
  stats::add_routes(*router, *stats);
  people::add_routes(*router, *people);
  rucks::add_routes(*router, *rucks);
  feed::add_routes(*router, *feed);
  live::add_routes(*router, *live);
  notify::add_routes(*router, *notify);
  photos::add_routes(*router, *media);
  gpx_import::add_routes(*router, *gpx);
  web::add_routes(*router, *pages);
  system->set_document(router->openapi().render(kVersion));
}

Result<> ServerApp::Parts::make_server() {
  const auto listen = runtime::parse_listen(config.listen);
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    return fail(ErrorCode::kInvalidInput, "tls_cert and tls_key belong together: set both");
  }
  auto proxies = http::TrustedProxies::parse(config.trusted_proxies);
  if (!proxies) return fail(std::move(proxies).error());
  proxies->set_header(proxy_header(config));
  server = std::make_unique<http::Server>(
      http::ServerOptions{.address = listen->host,
                          .port = listen->port,
                          .connections_max = static_cast<std::size_t>(config.connections_max),
                          .limits_addresses = config.rate_limits,
                          .body_bytes_max = static_cast<std::size_t>(config.body_memory_mb) << 20,
                          .cors_origins = split_list(config.cors_origins),
                          .trusted_proxies = std::move(*proxies),
                          .tls_certificate = config.tls_cert,
                          .tls_key = config.tls_key},
      http::Server::Dependencies{.router = *router,
                                 .cores = cores,
                                 .compression = *compression,
                                 .metrics = metrics,
                                 .clock = clock});
  return server->listen();
}

void ServerApp::Parts::open_control() {
  add_job_commands(control, *database, clock);
  add_push_commands(control, {.database = *database,
                              .sender = *push,
                              .clock = clock,
                              .core = cores.at(0),
                              .group = commands});
  add_admin_commands(control, *database, clock, public_url(config));
  std::error_code error;  // of the folder: the socket cannot be opened then
  std::filesystem::create_directories(config.data_dir, error);
  auto opened = ControlSocket::open(config.data_dir, control);
  if (opened) {
    control_socket = std::move(*opened);
  } else {
    telemetry::log_warning("control.not_open", {{"reason", opened.error().client_text()}});
  }
}

// The time for requests under way is up: those who wait for a thread or the database are refused.
void ServerApp::Parts::abandon() {
  telemetry::log_warning("server.connections_cut", {{"connections", server->open_connections()}});
  for (const auto& pool :
       {passwords.get(), mails.get(), compression.get(), files.get(), media_files.get()}) {
    pool->stop();
  }
  database->abandon();
  server->drain(kRefusalsTime);
}

Result<> ServerApp::Parts::make_metrics_listener() {
  const auto listen = runtime::parse_listen(config.metrics_listen);
  if (!listen) return {};
  metrics_listener = std::make_unique<MetricsListener>(
      *listen, MetricsListener::Dependencies{
                   .system = *system, .cores = cores, .compression = *compression, .clock = clock});
  return metrics_listener->listen();
}

ServerApp::ServerApp(runtime::Config config) : parts_(std::make_unique<Parts>(std::move(config))) {}
ServerApp::~ServerApp() = default;

Result<> ServerApp::start() {
  telemetry::set_log_level(level_of(parts_->config.log_level));
  raise_descriptor_limit();
  if (sodium_init() < 0) return fail(ErrorCode::kInternal, "libsodium cannot be used");
  look_after_files(parts_->config);
  if (Result<> opened = parts_->open_database(); !opened) return opened;
  if (Result<> made = parts_->make_instances(); !made) return made;
  if (Result<> loaded = parts_->load_tokens(); !loaded) return loaded;
  auto vapid_key = notify::load_vapid_key(*parts_->database, parts_->clock.now());
  if (!vapid_key) return fail(std::move(vapid_key).error());
  parts_->vapid_key = std::move(*vapid_key);
  if (Result<> made = parts_->make_push(); !made) return made;
  const auto signing_key = photos::load_signing_key(*parts_->database, parts_->clock.now());
  if (!signing_key) return fail(signing_key.error());
  if (Result<> made = parts_->make_blobs(); !made) return made;
  parts_->make_services(*signing_key);
  if (Result<> started = parts_->media->start(); !started) return started;
  parts_->add_all_routes();
  if (Result<> made = parts_->make_server(); !made) return made;
  if (Result<> made = parts_->make_metrics_listener(); !made) return made;
  parts_->cores.start();
  // Once nothing can fail any more: from here on its thread calls services.
  parts_->instances->start(parts_->cores);
  parts_->pressure->start(parts_->cores);
  parts_->token_upkeep = std::make_unique<auth::TokenUpkeep>(
      auth::TokenUpkeep::Dependencies{.database = *parts_->database,
                                      .tokens = parts_->tokens,
                                      .clock = parts_->clock,
                                      .are_keys_configured = !parts_->config.token_keys.empty()},
      parts_->cores.at(0));
  parts_->rucks->start(parts_->cores.at(0));
  parts_->live->start();
  parts_->rucks->add_jobs(*parts_->jobs);
  parts_->auth->add_jobs(*parts_->jobs);
  parts_->account->add_jobs(*parts_->jobs);
  parts_->notify->add_jobs(*parts_->jobs);
  parts_->media->add_jobs(*parts_->jobs);
  parts_->jobs->start(parts_->cores);
  parts_->open_control();
  if (parts_->metrics_listener) {
    parts_->metrics_listener->start();
    telemetry::log_info("metrics.started", {{"metrics_port", parts_->metrics_listener->port()}});
  }
  parts_->server->start();
  if (!parts_->config.rate_limits) {
    telemetry::log_warning("config.rate_limits_off", {{"meaning", "for load tests only"}});
  }
  telemetry::log_info("server.started", {{"version", kVersion},
                                         {"listen", parts_->config.listen},
                                         {"port", port()},
                                         {"database", parts_->database->kind()},
                                         {"threads", parts_->cores.size()}});
  return {};
}

std::uint16_t ServerApp::port() const { return parts_->server->port(); }

bool ServerApp::is_secure() const { return !parts_->config.tls_cert.empty(); }

void ServerApp::reload() {
  if (parts_->config.tls_cert.empty()) {
    telemetry::log_info("server.nothing_to_reload");
    return;
  }
  if (const Result<> loaded = parts_->server->load_certificate(); !loaded) {
    telemetry::log_error("tls.not_reloaded", {{"reason", loaded.error().client_text()}});
    return;
  }
  telemetry::log_info("tls.reloaded");
}

void ServerApp::leave() { parts_->system->drain(); }

// Sockets are closed before services stop, and services before what they use.
void ServerApp::stop() {
  leave();
  const auto limit = std::chrono::seconds(parts_->config.shutdown_seconds);
  if (!parts_->server->drain(std::max<std::chrono::seconds>(kDrainMin, limit - kAfterDrain))) {
    parts_->abandon();
  }
  parts_->server->stop();
  if (parts_->metrics_listener) parts_->metrics_listener->stop(kMetricsDrain);
  parts_->pressure->stop();
  parts_->jobs->stop(kJobsTime);
  parts_->outbound->stop();
  parts_->control_socket.reset();  // waits for a command under way, which has no requests now
  parts_->mailer->stop();
  parts_->jobs->close();
  // Services finish what they still have under way, while there are threads for it.
  parts_->live->stop();
  parts_->token_upkeep.reset();
  parts_->instances->stop();
  parts_->account.reset();
  parts_->auth.reset();
  parts_->rucks.reset();
  parts_->outbound.reset();
  parts_->database->close();
  parts_->cores.stop_and_join();
  telemetry::log_info("server.stopped");
}

std::string ServerApp::openapi_document() {
  // Services want a database to refer to, though nothing of it is read: a throw-away one.
  std::string folder = (std::filesystem::temp_directory_path() / "ruck-openapi-XXXXXX").string();
  RUCK_ASSERT(::mkdtemp(folder.data()) != nullptr);
  runtime::Config config;
  config.threads = 1;
  config.data_dir = folder;
  config.listen = "127.0.0.1:0";
  config.database_url = "sqlite:" + folder + "/ruck.db";
  config.database_readers = 1;
  std::string document;
  {
    Parts parts(config);
    auto opened = db::open({.url = config.database_url}, parts.metrics);
    RUCK_ASSERT(opened.has_value());
    parts.database = std::move(*opened);
    RUCK_ASSERT(parts.make_instances().has_value());
    RUCK_ASSERT(parts.make_push().has_value());
    RUCK_ASSERT(parts.make_blobs().has_value());
    parts.make_services({});
    parts.add_all_routes();
    document = parts.router->openapi().render(kVersion);
  }
  std::filesystem::remove_all(folder);
  return document;
}

}  // namespace ruck::app

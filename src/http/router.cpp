#include "http/router.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "http/address.hpp"
#include "http/bind.hpp"
#include "http/compress.hpp"
#include "http/etag.hpp"
#include "http/pressure.hpp"
#include "http/problem.hpp"
#include "runtime/context.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>

namespace ruck::http {
namespace {
constexpr std::string_view kBearer = "Bearer ";

// The next segment of a path, taken from its front.
std::string_view take_segment(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(segment.size());
  return segment;
}

// The mobile app doubles the prefix in some calls (contract core §0); a trailing slash means the
// same address.
std::string_view canonical(std::string_view path) {
  constexpr std::string_view kDoubled = "/api/api/";
  if (path.starts_with(kDoubled)) path.remove_prefix(4);
  return path;
}

// An expired token, as the route says it.
Error expired_on(const Route& route) {
  if (!route.options.keeps_data) return {.code = ErrorCode::kTokenExpired};
  return {.code = ErrorCode::kRetryLater,
          .message = "The access token has expired: refresh it and send again",
          .retry_after_s = 1};
}

// Of a body that is announced. Without a Content-Type it is taken for what the route wants.
Result<> check_type(const Request& head, BodyType wanted) {
  if (!head.has_body) return {};
  const std::string_view encoding = head.header(Header::kContentEncoding);
  const bool is_known = encoding.empty() || equals_ignoring_case(encoding, "identity") ||
                        equals_ignoring_case(encoding, "gzip");
  if (!is_known) {
    return fail(ErrorCode::kUnsupportedMedia, "Content-Encoding may be gzip or identity");
  }
  const std::string_view type = head.header(Header::kContentType);
  const std::string_view media = trim(type.substr(0, type.find(';')));
  const bool is_json = equals_ignoring_case(media, kJson) || media.ends_with("+json");
  if (wanted == BodyType::kJson && !media.empty() && !is_json) {
    return fail(ErrorCode::kUnsupportedMedia, "The body must be application/json");
  }
  if (wanted == BodyType::kFile && is_json) {
    return fail(ErrorCode::kUnsupportedMedia, "Send the file as it is or as multipart/form-data");
  }
  return {};
}

Importance importance_of(const Route& route) {
  if (route.options.vital) return Importance::kVital;
  return route.method == Method::kGet ? Importance::kRead : Importance::kWrite;
}

bool only_reads(const Request& request) {
  return request.method == Method::kGet || request.method == Method::kHead;
}

runtime::ContextPtr context_of(const Request& request, const Admission& admission,
                               std::chrono::milliseconds time_max, OwnWrites* own_writes) {
  auto context = std::make_shared<runtime::Context>();
  if (admission.viewer) context->viewer = admission.viewer->user;
  context->request_id = request.request_id;
  context->time_max = time_max;
  context->deadline = std::chrono::steady_clock::now() + time_max;
  if (own_writes != nullptr && context->viewer && only_reads(request)) {
    if (const auto from = own_writes->fresh_from(*context->viewer))
      context->read_floor.allow(*from);
  }
  return context;
}
}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> segments;
  std::unique_ptr<Node> any;             // `{name}`
  std::array<const Route*, 8> routes{};  // by method
};

Router::Router(Dependencies dependencies)
    : dependencies_(dependencies), root_(std::make_unique<Node>()) {
  for (std::size_t i = 1; i < responses_.size(); ++i) {
    responses_[i] =
        &dependencies_.metrics.counter("ruck_http_responses_total", "Responses by class of status",
                                       {{"class", std::to_string(i) + "xx"}});
  }
}
Router::~Router() = default;

void Router::insert(Method method, std::string_view pattern, const Route* route) {
  Node* node = root_.get();
  for (std::string_view rest = pattern; !rest.empty() && rest != "/";) {
    const std::string_view segment = take_segment(rest);
    std::unique_ptr<Node>& next =
        segment.starts_with('{') ? node->any : node->segments[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  const Route*& slot = node->routes[static_cast<std::size_t>(method)];
  RUCK_ASSERT(slot == nullptr);  // two routes of one method and address
  slot = route;
}

void Router::add(Method method, std::string_view pattern, std::string_view name,
                 RouteOptions options, Handler handler, OperationDoc doc) {
  auto route = std::make_unique<Route>(Route{.method = method,
                                             .pattern = std::string(pattern),
                                             .name = std::string(name),
                                             .options = options,
                                             .handler = std::move(handler)});
  route->seconds = &dependencies_.metrics.histogram(
      "ruck_http_request_seconds", "Time from the last byte of a request to its response",
      {{"route", route->name}});
  insert(method, pattern, route.get());
  openapi_.add({.method = name_of(method),
                .pattern = route->pattern,
                .name = route->name,
                .summary = options.summary,
                .needs_user = options.auth == Auth::kUser,
                .takes_user = options.auth != Auth::kNone},
               std::move(doc));
  routes_.push_back(std::move(route));
}

void Router::alias(std::string_view pattern) {
  insert(routes_.back()->method, pattern, routes_.back().get());
}

void Router::set_fallback(Handler fallback) {
  fallback_ = std::make_unique<Route>(Route{.method = Method::kGet,
                                            .pattern = "*",
                                            .name = "web.page",
                                            // From memory, and cheaper than to be asked again.
                                            .options = {.auth = Auth::kNone, .vital = true},
                                            .handler = std::move(fallback)});
  fallback_->seconds = &dependencies_.metrics.histogram("ruck_http_request_seconds", "",
                                                        {{"route", fallback_->name}});
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match found;
  const Node* node = root_.get();
  std::size_t params = 0;
  std::string_view rest = canonical(path);
  for (std::size_t depth = 0; node != nullptr; ++depth) {
    const std::string_view segment = take_segment(rest);
    if (segment.empty()) break;
    if (depth >= kSegmentsMax) return found;
    const auto child = node->segments.find(segment);
    if (child != node->segments.end()) {
      node = child->second.get();
      continue;
    }
    if (!node->any || params >= kPathParamsMax) return found;
    found.params[params++] = segment;
    node = node->any.get();
  }
  const Method looked_up = method == Method::kHead ? Method::kGet : method;
  found.route = node->routes[static_cast<std::size_t>(looked_up)];
  if (found.route != nullptr) return found;
  for (const Route* route : node->routes) {
    if (route == nullptr) continue;
    found.path_exists = true;
    found.allow += found.allow.empty() ? "" : ", ";
    found.allow += name_of(route->method);
    if (route->method == Method::kGet) found.allow += ", HEAD";
  }
  return found;
}

Admission Router::admit(const Request& head) const {
  const Route* route = nullptr;
  std::exception_ptr escaped;
  try {
    Match found = match(head.method, head.path);
    const bool is_page = !found.route && !found.path_exists && fallback_ != nullptr &&
                         !canonical(head.path).starts_with("/api/") &&
                         (head.method == Method::kGet || head.method == Method::kHead);
    if (is_page) found.route = fallback_.get();
    route = found.route;
    Admission admission = admit_to(head, std::move(found));
    if (admission.refusal) count(route, admission.refusal->status);
    return admission;
  } catch (...) {
    escaped = std::current_exception();
  }
  telemetry::log_exception("http.admission_failed", route ? route->name : "", escaped);
  Admission failed{.refusal = problem({.code = ErrorCode::kInternal}, head.request_id)};
  count(route, failed.refusal->status);
  return failed;
}

Admission Router::admit_to(const Request& head, Match found) const {
  Admission admission{.route = found.route};
  const auto refuse = [&](const Error& error) -> Admission&& {
    admission.refusal = problem(error, head.request_id);
    return std::move(admission);
  };
  if (found.route == nullptr) {
    Admission refused =
        refuse({.code = found.path_exists ? ErrorCode::kMethodNotAllowed : ErrorCode::kNotFound});
    if (found.path_exists) refused.refusal->headers.emplace_back("Allow", found.allow);
    return refused;
  }
  if (dependencies_.pressure != nullptr &&
      dependencies_.pressure->refuses(importance_of(*found.route))) {
    return refuse({.code = ErrorCode::kOverloaded, .retry_after_s = kRetryAfterOverloadSeconds});
  }
  for (std::size_t i = 0; i < kPathParamsMax && !found.params[i].empty(); ++i) {
    auto decoded = percent_decode(found.params[i], false);
    if (!decoded) return refuse({.code = ErrorCode::kNotFound});
    admission.path_params[i] = std::move(*decoded);
  }
  if (const Result<> checked = check(head, admission); !checked) return refuse(checked.error());
  return admission;
}

task<Response> Router::handle(const Request& request, Admission admission) const {
  const Route& route = *admission.route;
  const telemetry::Stopwatch time(*route.seconds);
  std::exception_ptr escaped;
  Error error{.code = ErrorCode::kInternal};
  try {
    const runtime::ContextScope scope(
        context_of(request, admission, dependencies_.request_time, dependencies_.own_writes));
    const std::optional<Viewer> viewer = admission.viewer;
    Response response = co_await run(request, std::move(admission));
    // Also after a 5xx: whether it was committed is not known then.
    const bool may_have_written = !only_reads(request) && response.status / 100 != 4;
    if (dependencies_.own_writes != nullptr && viewer && may_have_written) {
      co_await dependencies_.own_writes->note(viewer->user);
    }
    count(&route, response.status);
    co_return response;
  } catch (const std::bad_alloc&) {
    escaped = std::current_exception();
    error = {.code = ErrorCode::kOverloaded, .retry_after_s = kRetryAfterOverloadSeconds};
  } catch (...) {
    escaped = std::current_exception();
  }
  telemetry::log_exception("http.handler_failed", route.name, escaped);
  Response response = problem(error, request.request_id);
  count(&route, response.status);
  co_return response;
}

task<Response> Router::run(const Request& request, Admission admission) const {
  Call call{.request = request,
            .route = *admission.route,
            .path_params = std::move(admission.path_params),
            .viewer = admission.viewer};
  // A body may take a minute: long enough for a sign-in to be ended.
  const bool has_ended = call.viewer && request.has_body &&
                         dependencies_.authenticator->has_ended(call.viewer->session);
  if (has_ended) co_return problem(expired_on(call.route), request.request_id);
  Response response;
  if (call.route.options.cached && dependencies_.responses != nullptr) {
    response = co_await run_cached(call);
  } else {
    response = co_await call.route.handler(call);
  }
  // What a signed-in user reads may be kept by that user's client, if it asks each time.
  if (call.viewer && request.method != Method::kPost) revalidate(request, response);
  co_return response;
}

task<std::optional<ResponseKey>> Router::key_of(const Call& call) const {
  ResponseStore& store = *dependencies_.responses;
  ResponseKey key{.user = call.viewer->user};
  const Result<std::uint64_t> revision = co_await store.revision(key.user);
  if (!revision) co_return std::nullopt;
  key.revision = *revision;
  if (!call.route.options.about_user_in_path) co_return key;
  const auto subject = Uuid::parse(call.path_params[0]);
  if (!subject) co_return std::nullopt;
  const Result<std::uint64_t> theirs = co_await store.revision(UserId(*subject));
  if (!theirs) co_return std::nullopt;
  key.subject_revision = *theirs;
  co_return key;
}

namespace {
// The promise to the others who wait for an answer, kept whatever happens.
class Flight {
 public:
  Flight(ResponseStore& store, const ResponseKey& key) : store_(store), key_(key) {}
  ~Flight() { store_.finish(key_, std::move(body)); }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  std::shared_ptr<const SharedBody> body;

 private:
  ResponseStore& store_;
  const ResponseKey& key_;
};
}  // namespace

task<Response> Router::run_cached(Call& call) const {
  ResponseStore& store = *dependencies_.responses;
  auto key = co_await key_of(call);
  if (!key) co_return co_await call.route.handler(call);
  const std::string target = std::string(call.request.path) + "?" + std::string(call.request.query);
  key->target = target;
  const UtcUs now = call.request.received_at;
  if (auto found = store.find(*key, now)) co_return Response{.shared = std::move(found)};
  auto joined = co_await store.join(*key);
  if (!joined) co_return co_await compute_cached(call, *key);
  if (*joined) co_return Response{.shared = std::move(*joined)};
  co_return co_await call.route.handler(call);
}

task<Response> Router::compute_cached(Call& call, const ResponseKey& key) const {
  ResponseStore& store = *dependencies_.responses;
  Flight flight(store, key);
  if (auto found = co_await store.find_shared(key, call.request.received_at)) {
    flight.body = found;
    co_return Response{.shared = std::move(found)};
  }
  Response response = co_await call.route.handler(call);
  if (response.status != 200 || response.shared || !response.headers.empty()) co_return response;
  auto shared = std::make_shared<SharedBody>();
  shared->bytes = std::move(response.body);
  shared->etag = etag_of(shared->bytes);
  if (shared->bytes.size() >= kGzipBytesMin) shared->gzip = gzip(shared->bytes);
  response.body.clear();
  response.shared = shared;
  flight.body = shared;
  store.store(key, call.request.received_at, std::move(shared));
  co_return response;
}

Result<> Router::check(const Request& head, Admission& admission) const {
  const RouteOptions& options = admission.route->options;
  Result<> ok = authenticate(head, admission);
  if (!ok && ok.error().code == ErrorCode::kTokenExpired) return fail(expired_on(*admission.route));
  if (ok) ok = check_rate(head, admission);
  if (ok) ok = check_type(head, options.body);
  if (!ok) return ok;
  admission.body_bytes_max = admission.viewer
                                 ? options.body_bytes_max
                                 : std::min(options.body_bytes_max, kStrangerBodyBytesMax);
  if (head.body_length.value_or(0) > admission.body_bytes_max) {
    return fail(ErrorCode::kPayloadTooLarge);
  }
  return {};
}

Result<> Router::authenticate(const Request& head, Admission& admission) const {
  const Auth auth = admission.route->options.auth;
  if (auth == Auth::kNone) return {};
  const std::string_view header = head.header(Header::kAuthorization);
  if (header.empty() && auth == Auth::kOptional) return {};
  const bool is_bearer = header.size() > kBearer.size() &&
                         equals_ignoring_case(header.substr(0, kBearer.size()), kBearer);
  if (!is_bearer) return fail(ErrorCode::kUnauthenticated);
  const Result<Viewer> viewer = dependencies_.authenticator->authenticate(
      trim(header.substr(kBearer.size())), head.received_at);
  if (!viewer) return fail(viewer.error());
  admission.viewer = *viewer;
  return {};
}

namespace {
std::string rate_key(const Request& head, const Admission& admission) {
  const std::string who =
      admission.viewer ? admission.viewer->user.value().to_string() : address_key(head.address);
  return admission.route->name + "|" + who;
}

Error too_many(const Route& route, std::chrono::seconds wait) {
  return {.code = route.options.keeps_data ? ErrorCode::kRetryLater : ErrorCode::kTooManyRequests,
          .retry_after_s = static_cast<int>(wait.count())};
}
}  // namespace

Result<> Router::check_rate(const Request& head, Admission& admission) const {
  if (dependencies_.limiter == nullptr) return {};
  const RateLimiter::Taken taken = dependencies_.limiter->take_here(
      rate_key(head, admission), admission.route->options.limit, head.received_at);
  admission.must_ask_rate = taken.must_ask;
  if (taken.wait) return fail(too_many(*admission.route, *taken.wait));
  return {};
}

task<> Router::confirm(const Request& head, Admission& admission) const {
  std::exception_ptr escaped;
  try {
    const Route& route = *admission.route;
    const RateLimiter::Wait wait =
        co_await dependencies_.limiter->ask(rate_key(head, admission), route.options.limit);
    if (wait) admission.refusal = problem(too_many(route, *wait), head.request_id);
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) {
    telemetry::log_exception("http.admission_failed", admission.route->name, escaped);
    admission.refusal = problem({.code = ErrorCode::kInternal}, head.request_id);
  }
  if (admission.refusal) count(admission.route, admission.refusal->status);
}

void Router::count(const Route*, int status) const {
  const auto digit = static_cast<std::size_t>(status / 100);
  if (digit >= 1 && digit < responses_.size()) responses_[digit]->add();
}

}  // namespace ruck::http

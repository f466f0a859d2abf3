#pragma once
// From a request to the handler of its route. What every route shares is done here, from the
// options in its table row: who may ask, how often, how large; which error a failure becomes.
#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/authenticator.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/openapi.hpp"
#include "http/own_writes.hpp"
#include "http/rate_limit.hpp"
#include "http/response_store.hpp"
#include "runtime/task.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::http {

class Pressure;

enum class BodyType : std::uint8_t {
  kJson,
  kFile,  // anything but JSON, which is a mistake here
  kAny,
};

struct RouteOptions {
  std::string_view summary;  // one sentence for the API document
  Auth auth = Auth::kUser;
  Limit limit = {};
  BodyType body = BodyType::kJson;
  std::size_t body_bytes_max = kBodyBytesMax;
  // The mobile app takes a 4xx to these for success and drops its data (contract core §0.1): what a
  // retry can mend (a rate limit, an expired token) answers 503 instead.
  bool keeps_data = false;
  // The answer depends only on the user's own data: it may be kept until the user's revision
  // changes.
  bool cached = false;
  // Of a cached route: it also depends on the data of the user whose id is the first in the path.
  bool about_user_in_path = false;
  // Answered however busy the server is: probes, metrics.
  bool vital = false;
  // The handler pulls the body piece by piece; set by what it takes (BodyStream).
  bool streams = false;
};

struct Route;

// One request on its way through its route. Lives until the response is made.
struct Call {
  const Request& request;
  const Route& route;
  std::array<std::string, kPathParamsMax> path_params;  // percent-decoded
  std::size_t path_params_taken = 0;
  std::optional<Viewer> viewer;
};

using Handler = std::function<task<Response>(Call&)>;

// What is decided at the end of a request's head, before anything of its body is taken in: by the
// route, the token, the rate, the kind of the body and its size.
struct Admission {
  const Route* route = nullptr;
  std::array<std::string, kPathParamsMax> path_params;
  std::optional<Viewer> viewer;
  std::size_t body_bytes_max = 0;
  bool must_ask_rate = false;       // then confirm() it
  std::optional<Response> refusal;  // then this is the answer, and nothing is to be handled
};

struct Route {
  Method method;
  std::string pattern;  // "/api/rucks/{id}"
  std::string name;     // "rucks.get": the metric label
  RouteOptions options;
  Handler handler;
  telemetry::Histogram* seconds = nullptr;
};

class Router {
 public:
  struct Dependencies {
    const Clock& clock;
    telemetry::Metrics& metrics;
    const Authenticator* authenticator;  // null: no route needs a token
    RateLimiter* limiter;                // null: rate limits are off
    ResponseStore* responses = nullptr;  // null: nothing is cached
    Pressure* pressure = nullptr;        // null: nothing is refused for being too busy
    OwnWrites* own_writes = nullptr;     // null: nothing is read from a copy that may be behind
    std::chrono::milliseconds request_time = kRequestTime;
  };
  explicit Router(Dependencies dependencies);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Declared before the server starts. A pattern is segments, of which `{name}` matches any one.
  void add(Method method, std::string_view pattern, std::string_view name, RouteOptions options,
           Handler handler, OperationDoc doc = {});
  // Another address for the route that was added last; it is not in the API document.
  void alias(std::string_view pattern);

  // A path below which everything else answers with `fallback` (the web app's pages).
  void set_fallback(Handler fallback);

  struct Match {
    const Route* route = nullptr;
    std::array<std::string_view, kPathParamsMax> params{};
    bool path_exists = false;  // with another method
    std::string allow;         // the methods it has
  };
  [[nodiscard]] Match match(Method method, std::string_view path) const;

  // All three never throw: whatever escapes is logged and answered with 500.
  [[nodiscard]] Admission admit(const Request& head) const;
  // What other servers say to its rate, where they must be asked: may refuse it.
  [[nodiscard]] task<> confirm(const Request& head, Admission& admission) const;
  // The whole request, or one whose body is pulled from `request.source`.
  [[nodiscard]] task<Response> handle(const Request& request, Admission admission) const;

  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  [[nodiscard]] OpenApi& openapi() { return openapi_; }

 private:
  struct Node;
  void insert(Method method, std::string_view pattern, const Route* route);
  [[nodiscard]] Admission admit_to(const Request& head, Match found) const;
  [[nodiscard]] Result<> check(const Request& head, Admission& admission) const;
  [[nodiscard]] Result<> check_rate(const Request& head, Admission& admission) const;
  [[nodiscard]] Result<> authenticate(const Request& head, Admission& admission) const;
  [[nodiscard]] task<Response> run(const Request& request, Admission admission) const;
  [[nodiscard]] task<Response> run_cached(Call& call) const;
  [[nodiscard]] task<Response> compute_cached(Call& call, const ResponseKey& key) const;
  [[nodiscard]] task<std::optional<ResponseKey>> key_of(const Call& call) const;
  void count(const Route* route, int status) const;

  Dependencies dependencies_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
  std::unique_ptr<Route> fallback_;
  OpenApi openapi_;
  std::array<telemetry::Counter*, 6> responses_{};  // by the status's first digit
};

}  // namespace ruck::http

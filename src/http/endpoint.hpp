#pragma once
// Typed declarations: a route is bound to a method of a service, and the method's types say the
// rest.
//
//   http::get(router, "/api/rucks/{id}", "rucks.get", {...}, &service, &RuckService::get);
//   task<Result<Ruck>> RuckService::get(Viewer viewer, RuckId id);
//
// Parameters, in any order:
//   Viewer, std::optional<Viewer>   who asks
//   a type with PathParam           the next {…} of the pattern
//   a described struct              the query of a GET or DELETE, else the JSON body
//   Lenient<struct>                 the JSON body, bad optional fields dropped and named
//   Query<struct>                   the query of any method
//   RawBody                         the bytes, copied
//   BodyStream                      the bytes, pulled piece by piece
//   FormStream<struct>              the same of a form, with its fields in the document
//   BodyView                        the bytes where they are, until the response is made
//   RequestInfo                     address, user agent, cookies, time
// Results: Result<T> answers 200 with T as JSON, Result<Created<T>> 201, Result<std::variant<…>> by
// what it holds, Result<Reply<T>> adds headers, Result<Response> is sent as it is.
#include "base/text.hpp"
#include "http/bind.hpp"
#include "http/body.hpp"
#include "http/handler.hpp"
#include "http/json/writer.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"
#include "http/values.hpp"

#include <tuple>
#include <utility>
#include <variant>

namespace ruck::http {

template <>
struct PathParam<std::string> {
  static std::optional<std::string> parse(std::string_view text) { return std::string(text); }
};
template <>
struct PathParam<UserId> {
  static std::optional<UserId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(UserId(*uuid)) : std::nullopt;
  }
};
template <class Tag>
struct PathParam<Id<Tag, std::int64_t>> {
  static std::optional<Id<Tag, std::int64_t>> parse(std::string_view text) {
    const auto number = parse_number<std::int64_t>(text);
    return number && *number >= 0 ? std::optional(Id<Tag, std::int64_t>(*number)) : std::nullopt;
  }
};
template <class T>
concept HasPathParam = requires(std::string_view text) { PathParam<T>::parse(text); };

namespace detail {

// The JSON body or the query into a struct that is known by its table.
[[nodiscard]] Result<> bind_body(const Call& call, const ReadMembers& members,
                                 std::span<const Rule> rules, void* out);
[[nodiscard]] Result<> bind_query(const Call& call, const ReadMembers& members,
                                  std::span<const Rule> rules, void* out);
// The body as far as it can be understood; gives the warnings.
[[nodiscard]] Result<std::vector<std::string>> bind_leniently(const Call& call,
                                                              const ReadMembers& members,
                                                              std::span<const Rule> rules,
                                                              void* out);
[[nodiscard]] RequestInfo request_info(const Request& request);

[[nodiscard]] inline bool has_body(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch;
}

template <class T>
inline constexpr bool kIsStream = std::is_same_v<T, BodyStream>;
template <class T>
inline constexpr bool kIsStream<FormStream<T>> = true;

// One specialisation per kind of parameter: how it is read, and what it adds to the document.
template <class T>
struct Argument;

template <>
struct Argument<Viewer> {
  static Result<Viewer> read(Call& call) {
    if (!call.viewer) return fail(ErrorCode::kUnauthenticated);
    return *call.viewer;
  }
  static void document(Method, Schemas&, OperationDoc&) {}
};
template <>
struct Argument<std::optional<Viewer>> {
  static Result<std::optional<Viewer>> read(Call& call) { return call.viewer; }
  static void document(Method, Schemas&, OperationDoc&) {}
};
template <>
struct Argument<RequestInfo> {
  static Result<RequestInfo> read(Call& call) { return request_info(call.request); }
  static void document(Method, Schemas&, OperationDoc&) {}
};
template <>
struct Argument<RawBody> {
  static Result<RawBody> read(Call& call) {
    return RawBody{.bytes = std::string(call.request.body),
                   .content_type = std::string(call.request.header(Header::kContentType))};
  }
  static void document(Method, Schemas&, OperationDoc& doc) {
    doc.body_schema = R"({"type":"string","contentEncoding":"binary"})";
    doc.body_type = "application/octet-stream";
  }
};
template <>
struct Argument<BodyStream> {
  static Result<BodyStream> read(Call& call) {
    return BodyStream(*call.request.source, std::string(call.request.header(Header::kContentType)),
                      *call.request.budget);
  }
  static void document(Method method, Schemas& schemas, OperationDoc& doc) {
    Argument<RawBody>::document(method, schemas, doc);
  }
};
template <class T>
struct Argument<FormStream<T>> {
  static Result<FormStream<T>> read(Call& call) {
    Result<BodyStream> body = Argument<BodyStream>::read(call);
    if (!body) return fail(std::move(body).error());
    return FormStream<T>{std::move(*body)};
  }
  static void document(Method, Schemas& schemas, OperationDoc& doc) {
    doc.body_schema = schemas.of<T>();
    doc.body_type = "multipart/form-data";
  }
};
template <>
struct Argument<BodyView> {
  static Result<BodyView> read(Call& call) { return BodyView{call.request.body}; }
  static void document(Method, Schemas&, OperationDoc& doc) {
    if (doc.body_schema.empty()) doc.body_schema = R"({"type":"object"})";
  }
};
template <class T>
struct Argument<Lenient<T>> {
  static Result<Lenient<T>> read(Call& call) {
    Lenient<T> out;
    auto warnings =
        bind_leniently(call, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out.value);
    if (!warnings) return fail(std::move(warnings).error());
    out.warnings = std::move(*warnings);
    return out;
  }
  static void document(Method, Schemas& schemas, OperationDoc& doc) {
    doc.body_schema = schemas.of<T>();
  }
};
template <class T>
struct Argument<Query<T>> {
  static Result<Query<T>> read(Call& call) {
    Query<T> out;
    Result<> done = bind_query(call, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out.value);
    if (!done) return fail(std::move(done).error());
    return out;
  }
  static void document(Method, Schemas& schemas, OperationDoc& doc) {
    doc.query = schemas.members_of<T>();
  }
};
template <HasPathParam T>
struct Argument<T> {
  static Result<T> read(Call& call) {
    auto value = PathParam<T>::parse(call.path_params.at(call.path_params_taken++));
    if (!value) return fail(ErrorCode::kNotFound);
    return std::move(*value);
  }
  static void document(Method, Schemas& schemas, OperationDoc& doc) {
    doc.path_schemas.push_back(schemas.of<T>());
  }
};
template <Described T>
  requires(!HasPathParam<T>)
struct Argument<T> {
  static Result<T> read(Call& call) {
    T out{};
    const auto bind = has_body(call.route.method) ? bind_body : bind_query;
    Result<> done = bind(call, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out);
    if (!done) return fail(std::move(done).error());
    return out;
  }
  static void document(Method method, Schemas& schemas, OperationDoc& doc) {
    if (has_body(method)) {
      doc.body_schema = schemas.of<T>();
    } else {
      doc.query = schemas.members_of<T>();
    }
  }
};

// One specialisation per kind of result: how it is sent and documented.
template <class T>
struct Render {
  static Response response(T&& value) { return {.body = json::to_text(value)}; }
  static void document(Schemas& schemas, OperationDoc& doc) {
    doc.replies.push_back({.status = 200, .schema = schemas.of<T>()});
  }
};
template <>
struct Render<Response> {
  static Response response(Response&& value) { return std::move(value); }
  static void document(Schemas&, OperationDoc& doc) {
    doc.replies.push_back({.status = 200, .schema = {}});
  }
};
template <class T>
struct Render<Created<T>> {
  static Response response(Created<T>&& created) {
    return {.status = 201, .body = json::to_text(created.value)};
  }
  static void document(Schemas& schemas, OperationDoc& doc) {
    doc.replies.push_back({.status = 201, .schema = schemas.of<T>()});
  }
};
template <class T>
struct Render<Reply<T>> {
  static Response response(Reply<T>&& reply) {
    Response out = Render<T>::response(std::move(reply.value));
    for (auto& header : reply.headers) out.headers.push_back(std::move(header));
    return out;
  }
  static void document(Schemas& schemas, OperationDoc& doc) { Render<T>::document(schemas, doc); }
};
template <class... T>
struct Render<std::variant<T...>> {
  static Response response(std::variant<T...>&& value) {
    return std::visit(
        [](auto&& held) {
          return Render<std::remove_cvref_t<decltype(held)>>::response(std::move(held));
        },
        std::move(value));
  }
  static void document(Schemas& schemas, OperationDoc& doc) {
    (Render<T>::document(schemas, doc), ...);
  }
};

void log_detail(const Error& error, std::string_view request_id);

inline task<Response> refuse(Error error, std::string request_id) {
  co_return problem(error, request_id);
}
template <class T>
task<Response> answer(task<Result<T>> work, std::string request_id) {
  Result<T> result = co_await std::move(work);
  if (!result) {
    if (!result.error().detail.empty()) log_detail(result.error(), request_id);
    co_return problem(result.error(), request_id);
  }
  co_return Render<T>::response(std::move(*result));
}

// Reads the arguments one after the other, in the order they are declared; stops at the first
// error.
template <class... Args>
struct ArgumentPack {
  std::optional<Error> error;  // before `results`, whose initialisation sets it
  std::tuple<Result<Args>...> results;

  explicit ArgumentPack(Call& call) : results{read<Args>(call)...} {}

 private:
  template <class T>
  Result<T> read(Call& call) {
    if (error) return fail(ErrorCode::kInternal);
    Result<T> value = Argument<T>::read(call);
    if (!value) error = value.error();
    return value;
  }
};
}  // namespace detail

template <class Service, class T, class... Args>
void endpoint(Router& router, Method method, std::string_view pattern, std::string_view name,
              RouteOptions options, Service* service,
              task<Result<T>> (Service::*function)(Args...)) {
  options.streams = (detail::kIsStream<Args> || ...);
  OperationDoc doc;
  (detail::Argument<Args>::document(method, router.openapi().schemas(), doc), ...);
  detail::Render<T>::document(router.openapi().schemas(), doc);
  router.add(
      method, pattern, name, options,
      [service, function](Call& call) -> task<Response> {
        detail::ArgumentPack<Args...> arguments(call);
        if (arguments.error) {
          return detail::refuse(std::move(*arguments.error), call.request.request_id);
        }
        return std::apply(
            [&](auto&... results) {
              return detail::answer<T>((service->*function)(std::move(*results)...),
                                       call.request.request_id);
            },
            arguments.results);
      },
      std::move(doc));
}

#define RUCK_HTTP_VERB(verb, method_value)                                                         \
  template <class Service, class T, class... Args>                                                 \
  void verb(Router& router, std::string_view pattern, std::string_view name, RouteOptions options, \
            Service* service, task<Result<T>> (Service::*function)(Args...)) {                     \
    endpoint(router, method_value, pattern, name, options, service, function);                     \
  }
RUCK_HTTP_VERB(get, Method::kGet)
RUCK_HTTP_VERB(post, Method::kPost)
RUCK_HTTP_VERB(put, Method::kPut)
RUCK_HTTP_VERB(patch, Method::kPatch)
RUCK_HTTP_VERB(del, Method::kDelete)
#undef RUCK_HTTP_VERB

}  // namespace ruck::http

#include "http/router.hpp"

#include "http/endpoint.hpp"
#include "http/json/element.hpp"
#include "http/pressure.hpp"
#include "runtime/context.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::http {
namespace {
using testing::HasSubstr;

class FakeTokens final : public Authenticator {
 public:
  [[nodiscard]] Result<Viewer> authenticate(std::string_view token, UtcUs) const override {
    if (token == "old") return fail(ErrorCode::kTokenExpired);
    if (token != "good") return fail(ErrorCode::kInvalidToken);
    return Viewer{UserId(Uuid(Uuid::Bytes{1}))};
  }
  [[nodiscard]] bool has_ended(const Uuid&) const override { return false; }
};

struct Pet {
  std::string name;
  double weight_kg = 1;
  std::optional<std::int64_t> age;
};
BOOST_DESCRIBE_STRUCT(Pet, (), (name, weight_kg, age))
struct Page {
  int limit = 20;
  std::optional<std::string> search;
};
BOOST_DESCRIBE_STRUCT(Page, (), (limit, search))
}  // namespace

template <>
struct RulesOf<Pet> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("name", "What it is called").length(1, 10).required(),
       rule("weight_kg", "How heavy").between(0, 100).also("weightKg").text_numbers()});
};
template <>
struct RulesOf<Page> {
  static constexpr auto kRules = std::to_array<Rule>({rule("limit", "Rows").between(1, 100)});
};

namespace {
struct Seen {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (text))

class PetService {
 public:
  task<Result<Created<Pet>>> create(Viewer, Pet pet) { co_return Created<Pet>{std::move(pet)}; }
  task<Result<Seen>> keep(Viewer, RuckId id, Lenient<Pet> pet) {
    co_return Seen{std::to_string(id.value()) + ":" + pet.value.name + ":" +
                   std::to_string(pet.warnings.size())};
  }
  task<Result<Seen>> list(std::optional<Viewer> viewer, Page page) {
    co_return Seen{(viewer ? "user " : "nobody ") + std::to_string(page.limit) +
                   page.search.value_or("")};
  }
  // Who asks and which request it is, after a wait.
  task<Result<Seen>> context() {
    co_await runtime::sleep_for(std::chrono::milliseconds(1));
    const runtime::ContextPtr context = runtime::current_context();
    if (!context) co_return Seen{"no context"};
    const auto left = context->deadline - std::chrono::steady_clock::now();
    const bool has_time = left > std::chrono::seconds(0) && left <= kRequestTime;
    co_return Seen{context->request_id + (context->viewer ? " user" : " nobody") +
                   (has_time ? "" : " late") + (context->read_floor.get() ? " may be old" : "")};
  }
  task<Result<Seen>> fail_with_bug() {
    throw std::runtime_error("a bug");
    co_return Seen{};
  }
};

class FakePressure final : public Pressure {
 public:
  using Pressure::Pressure;
  std::chrono::milliseconds late{0};

 protected:
  [[nodiscard]] std::chrono::nanoseconds lag() const override { return late; }
};

class FakeOwnWrites final : public OwnWrites {
 public:
  std::optional<std::chrono::steady_clock::time_point> fresh_from(UserId) override {
    if (!is_known) return std::nullopt;
    return std::chrono::steady_clock::now();
  }
  task<> note(UserId) override {
    ++noted;
    co_return;
  }
  bool is_known = true;
  int noted = 0;
};

class RouterTest : public testing::Test {
 protected:
  void SetUp() override {
    get(router_, "/api/pets", "pets.list", {.auth = Auth::kOptional}, &pets_, &PetService::list);
    post(router_, "/api/pets", "pets.create", {.limit = per_hour(3)}, &pets_, &PetService::create);
    post(router_, "/api/rucks/{id}/pets", "pets.keep", {.limit = per_hour(2), .keeps_data = true},
         &pets_, &PetService::keep);
    get(router_, "/api/bug", "pets.bug", {.auth = Auth::kNone}, &pets_, &PetService::fail_with_bug);
    get(router_, "/api/context", "pets.context", {.auth = Auth::kOptional}, &pets_,
        &PetService::context);
    cores_.start();
  }
  void TearDown() override { cores_.stop_and_join(); }

  Response send(Method method, std::string path, std::string body = {},
                std::string token = "good") {
    Request request{.method = method, .path = path};
    const std::size_t question = path.find('?');
    request.path = std::string_view(path).substr(0, question);
    if (question != std::string::npos) request.query = std::string_view(path).substr(question + 1);
    const std::size_t size = body.size();
    body.append(json::kPadding, '\0');
    request.body = std::string_view(body).substr(0, size);
    request.has_body = size > 0;
    request.body_length = size;
    const std::string bearer = "Bearer " + token;
    if (!token.empty()) request.headers[static_cast<std::size_t>(Header::kAuthorization)] = bearer;
    request.address = "127.0.0.1";
    request.request_id = "r1";
    request.received_at = clock_.now();
    Response response;
    group_.spawn(cores_.at(0), run(request, response));
    group_.join();
    return response;
  }
  task<> run(const Request& request, Response& response) {
    Admission admission = router_.admit(request);
    response = admission.refusal ? std::move(*admission.refusal)
                                 : co_await router_.handle(request, std::move(admission));
  }

  ManualClock clock_{utc_us(0)};
  telemetry::Metrics metrics_;
  FakeTokens tokens_;
  MemoryRateLimiter limiter_;
  PetService pets_;
  FakePressure pressure_{metrics_};
  FakeOwnWrites own_writes_;
  Router router_{{.clock = clock_,
                  .metrics = metrics_,
                  .authenticator = &tokens_,
                  .limiter = &limiter_,
                  .pressure = &pressure_,
                  .own_writes = &own_writes_}};
  runtime::Cores cores_{1};
  runtime::TaskGroup group_{"test", [](std::string_view, const std::exception_ptr&) { FAIL(); }};
};

TEST_F(RouterTest, BindsTheBodyAndAnswersWithTheType) {
  const Response r = send(Method::kPost, "/api/pets", R"({"name":"Rex","weightKg":"12.5"})");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(r.body, R"({"name":"Rex","weight_kg":12.5,"age":null})");
}

TEST_F(RouterTest, AWrongFieldIsNamedWithItsPathAndWhatWasExpected) {
  const Response r = send(Method::kPost, "/api/pets", R"({"name":"Rex","weight_kg":1000})");
  EXPECT_EQ(r.status, 400);
  EXPECT_THAT(r.body, HasSubstr("$.weight_kg: expected a number between 0 and 100, got 1000"));
  EXPECT_THAT(send(Method::kPost, "/api/pets", R"({})").body,
              HasSubstr("$.name: expected a value, got nothing"));
  EXPECT_THAT(send(Method::kPost, "/api/pets", R"([1])").body,
              HasSubstr("$: expected an object, got an array"));
}

TEST_F(RouterTest, MalformedJsonIsAnsweredWithItsPosition) {
  const Response r = send(Method::kPost, "/api/pets", "{\"name\":\n  oops}");
  EXPECT_EQ(r.status, 400);
  EXPECT_THAT(r.body, HasSubstr("expected a value at byte 11 (line 2, column 3)"));
  EXPECT_THAT(r.body, HasSubstr("\"error\":\"malformed_json\""));
  EXPECT_THAT(r.body, HasSubstr("\"request_id\":\"r1\""));
}

TEST_F(RouterTest, ALenientRouteDropsWhatItCannotUse) {
  const Response r =
      send(Method::kPost, "/api/rucks/7/pets", R"({"name":"Rex","weight_kg":-1,"age":"old"})");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.body, R"({"text":"7:Rex:2"})");
}

TEST_F(RouterTest, AHandlerRunsInTheContextOfItsRequest) {
  EXPECT_THAT(send(Method::kGet, "/api/context").body, HasSubstr("\"r1 user may be old\""));
  EXPECT_THAT(send(Method::kGet, "/api/context", {}, "").body, HasSubstr("\"r1 nobody\""));
}

TEST_F(RouterTest, WhoMayHaveWrittenIsNotedBeforeTheReply) {
  EXPECT_EQ(send(Method::kPost, "/api/pets", R"({"name":"Rex","weight_kg":12})").status, 201);
  EXPECT_EQ(own_writes_.noted, 1);
  EXPECT_EQ(send(Method::kPost, "/api/pets", "{}").status, 400);
  EXPECT_EQ(send(Method::kGet, "/api/pets").status, 200);
  EXPECT_EQ(own_writes_.noted, 1) << "nothing was written";
}

TEST_F(RouterTest, OnlyAReadOfSomebodyMayBeOlderThanTheNewest) {
  EXPECT_THAT(send(Method::kGet, "/api/context").body, HasSubstr("may be old"));
  EXPECT_THAT(send(Method::kGet, "/api/context", {}, "").body,
              testing::Not(HasSubstr("may be old")));
  own_writes_.is_known = false;
  EXPECT_THAT(send(Method::kGet, "/api/context").body, testing::Not(HasSubstr("may be old")));
}

TEST_F(RouterTest, UnknownAddressWrongMethodAndBadPathParameter) {
  EXPECT_EQ(send(Method::kGet, "/api/nothing").status, 404);
  const Response r = send(Method::kDelete, "/api/pets");
  EXPECT_EQ(r.status, 405);
  ASSERT_EQ(r.headers.size(), 1U);
  EXPECT_EQ(r.headers[0].second, "GET, HEAD, POST");
  EXPECT_EQ(send(Method::kPost, "/api/rucks/abc/pets", "{}").status, 404);
}

TEST_F(RouterTest, TheDoubledPrefixAndATrailingSlashMeanTheSame) {
  EXPECT_EQ(send(Method::kGet, "/api/api/pets").status, 200);
  EXPECT_EQ(send(Method::kGet, "/api/pets/").status, 200);
}

TEST_F(RouterTest, TokensAreNeededUsedOrIgnoredAsTheRouteSays) {
  EXPECT_EQ(send(Method::kPost, "/api/pets", "{}", "").status, 401);
  EXPECT_EQ(send(Method::kPost, "/api/pets", "{}", "bad").status, 401);
  EXPECT_EQ(send(Method::kPost, "/api/pets", "{}", "old").status, 401);
  EXPECT_EQ(send(Method::kGet, "/api/pets", "", "").body, R"({"text":"nobody 20"})");
  EXPECT_EQ(send(Method::kGet, "/api/pets?limit=5&search=a%20b+c", "").body,
            R"({"text":"user 5a b c"})");
  EXPECT_EQ(send(Method::kGet, "/api/pets", "", "bad").status, 401);
}

TEST_F(RouterTest, QueryValuesAreCheckedLikeBodies) {
  const Response r = send(Method::kGet, "/api/pets?limit=0");
  EXPECT_EQ(r.status, 400);
  EXPECT_THAT(r.body, HasSubstr("query.limit: expected a whole number between 1 and 100, got 0"));
  EXPECT_EQ(send(Method::kGet, "/api/pets?limit=abc").status, 400);
  EXPECT_EQ(send(Method::kGet, "/api/pets?search=12").body, R"({"text":"user 2012"})");
}

TEST_F(RouterTest, TooManyAnswers429AndLaterWorksAgain) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(send(Method::kPost, "/api/pets", R"({"name":"a"})").status, 201);
  }
  const Response r = send(Method::kPost, "/api/pets", R"({"name":"a"})");
  EXPECT_EQ(r.status, 429);
  EXPECT_THAT(r.body, HasSubstr("429"));
  EXPECT_EQ(r.headers[0], (std::pair<std::string_view, std::string>("Retry-After", "1200")));
  clock_.advance(std::chrono::minutes(20));
  EXPECT_EQ(send(Method::kPost, "/api/pets", R"({"name":"a"})").status, 201);
}

TEST_F(RouterTest, WhereA4xxWouldLoseDataAnExpiredTokenAndALimitAnswer503) {
  EXPECT_EQ(send(Method::kPost, "/api/rucks/7/pets", "{}", "old").status, 503);
  EXPECT_EQ(send(Method::kPost, "/api/rucks/7/pets", "{}", "bad").status, 401);
  send(Method::kPost, "/api/rucks/7/pets", "{}");
  send(Method::kPost, "/api/rucks/7/pets", "{}");
  const Response r = send(Method::kPost, "/api/rucks/7/pets", "{}");
  EXPECT_EQ(r.status, 503);
  EXPECT_EQ(r.headers[0].first, "Retry-After");
}

TEST_F(RouterTest, UnderPressureReadsAreRefusedLongBeforeWritesAndProbesNever) {
  get(router_, "/livez", "pets.live", {.auth = Auth::kNone, .vital = true}, &pets_,
      &PetService::list);
  router_.set_fallback([](Call&) -> task<Response> { co_return Response{.status = 200}; });
  const auto statuses = [&] {
    EXPECT_EQ(send(Method::kGet, "/a-page").status, 200) << "the web app itself is always there";
    return std::vector<int>{send(Method::kGet, "/api/pets").status,
                            send(Method::kPost, "/api/rucks/7/pets", "{}", "bad").status,
                            send(Method::kGet, "/livez").status};
  };
  pressure_.late = std::chrono::milliseconds(299);
  EXPECT_THAT(statuses(), testing::ElementsAre(200, 401, 200));
  pressure_.late = std::chrono::milliseconds(300);
  EXPECT_THAT(statuses(), testing::ElementsAre(503, 401, 200));
  pressure_.late = std::chrono::seconds(3);
  EXPECT_THAT(statuses(), testing::ElementsAre(503, 503, 200)) << "before the token is looked at";
  EXPECT_EQ(send(Method::kGet, "/api/pets").headers[0].first, "Retry-After");
  pressure_.late = {};
  EXPECT_THAT(statuses(), testing::ElementsAre(200, 401, 200)) << "and it is over at once";
}

TEST_F(RouterTest, ABugIsA500AndNothingMore) {
  const Response r = send(Method::kGet, "/api/bug");
  EXPECT_EQ(r.status, 500);
  EXPECT_THAT(r.body, testing::Not(HasSubstr("a bug")));
}

TEST_F(RouterTest, TheApiDocumentIsMadeFromTheDeclarations) {
  const std::string text = router_.openapi().render("1.0");
  const auto root = json::parse(text);
  ASSERT_TRUE(root);
  const auto paths = *root->find("paths");
  ASSERT_TRUE(paths.find("/api/rucks/{id}/pets"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"("weight_kg":{"type":"number","format":"double","minimum":0,"maximum":100,"description":"How heavy"})"));
  EXPECT_THAT(text, HasSubstr(R"("age":{"type":["integer","null"],"format":"int64"})"));
  EXPECT_THAT(text,
              HasSubstr(R"({"name":"limit","in":"query","required":false,"description":"Rows")"));
}

}  // namespace
}  // namespace ruck::http

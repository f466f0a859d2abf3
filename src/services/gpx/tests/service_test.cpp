#include "services/gpx/service.hpp"

#include "base/text.hpp"
#include "bus/in_process.hpp"
#include "db/migrations.hpp"
#include "services/profile/store.hpp"
#include "support/body.hpp"
#include "support/databases.hpp"
#include "support/reactions.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

namespace ruck::gpx_import {
namespace {

class GpxServiceTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    rucks_ = std::make_unique<rucks::RuckService>(
        rucks::RuckService::Dependencies{.database = database(),
                                         .revisions = *revisions_,
                                         .clock = clock_,
                                         .metrics = metrics_,
                                         .bus = bus_,
                                         .reactions = reactions_,
                                         .photos = photos_});
    service_ = std::make_unique<GpxService>(*rucks_, pool_, clock_);
    anna_ = add_user("anna");
  }
  UserId add_user(const std::string& name) {
    const profile::UserRow row{.id = UserId(Uuid::make_v7(to_ms(clock_.now()))),
                               .email = name + "@example.org",
                               .username = name};
    EXPECT_TRUE(
        database().write_now([&](db::Session& q) { profile::store::insert(q, row, "secret"); }));
    return row.id;
  }
  Result<GpxService::Reply> import(UserId user, const std::string& bytes,
                                   const std::string& type = "application/gpx+xml") {
    test::TextSource source(bytes);
    return cores_.run(
        service_->import({.user = user}, {}, http::BodyStream(source, type, budget_)));
  }
  static const ImportReply& reply_of(const GpxService::Reply& reply) {
    if (const auto* created = std::get_if<http::Created<ImportReply>>(&reply)) {
      return created->value;
    }
    return std::get<ImportReply>(reply);
  }

  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "test", .threads = 1, .queue_max = 4}};
  http::BodyBudget budget_{1 << 20, metrics_};
  std::unique_ptr<cache::Revisions> revisions_;
  bus::InProcessBus bus_;
  test::NoReactions reactions_;
  test::NoPhotos photos_;
  std::unique_ptr<rucks::RuckService> rucks_;
  std::unique_ptr<GpxService> service_;
  UserId anna_;
};

std::string gpx_with(const std::string& name, int points = 20) {
  std::string text = R"(<gpx version="1.1" creator="test"><trk><name>)" + name + "</name><trkseg>";
  for (int i = 0; i < points; ++i) {
    text += "<trkpt lat=\"" + std::to_string(47 + i * 1e-4) + "\" lon=\"8\"><time>" +
            to_iso8601(utc_ms(1'763'700'000'000 + 8000 * i)) + "</time></trkpt>";
  }
  return text + "</trkseg></trk></gpx>";
}

TEST_P(GpxServiceTest, TheSameFileIsTheSameRuckForOneUserAndAnotherForTheNext) {
  const auto first = import(anna_, gpx_with("Round the lake"));
  ASSERT_TRUE(first) << first.error().client_text();
  EXPECT_FALSE(reply_of(*first).was_there);
  EXPECT_NEAR(reply_of(*first).ruck.distance_km, 0.211, 0.005);
  const auto again = import(anna_, gpx_with("Round the lake"));
  EXPECT_TRUE(reply_of(*again).was_there);
  EXPECT_EQ(reply_of(*again).ruck.id, reply_of(*first).ruck.id);
  const auto other = import(add_user("bert"), gpx_with("Round the lake"));
  EXPECT_FALSE(reply_of(*other).was_there);
  EXPECT_NE(reply_of(*other).ruck.id, reply_of(*first).ruck.id);
}

// A name was cut after 200 bytes, in the middle of a character: PostgreSQL refused the row.
TEST_P(GpxServiceTest, ALongNameIsCutBetweenCharacters) {
  std::string name = "x";
  for (int i = 0; i < 250; ++i) name += "ü";
  const auto imported = import(anna_, gpx_with(name));
  ASSERT_TRUE(imported) << imported.error().detail;
  const std::string& title = *reply_of(*imported).ruck.title.value;
  EXPECT_TRUE(is_utf8(title));
  EXPECT_EQ(title.size(), 399U) << "200 characters, all but one of two bytes";
}

TEST_P(GpxServiceTest, WhatIsNoGpxIsRefusedWithAReason) {
  for (const char* body : {"", "<html/>", "{}", "<gpx>"}) {
    const auto refused = import(anna_, body);
    ASSERT_FALSE(refused) << body;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput) << body;
    EXPECT_FALSE(refused.error().client_text().empty());
  }
}

TEST_P(GpxServiceTest, AFormIsReadWhileItComes) {
  const std::string type = "Multipart/Form-Data; boundary=b";
  const auto form = [](const std::string& name, const std::string& value) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  };
  const std::string file =
      "--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"a.gpx\"\r\n\r\n" +
      gpx_with("Round the lake") + "\r\n";
  const auto imported =
      import(anna_, form("title", " Mine ") + file + form("load_kg", "12.5") + "--b--", type);
  ASSERT_TRUE(imported) << imported.error().client_text();
  EXPECT_EQ(*reply_of(*imported).ruck.title.value, "Mine");
  EXPECT_EQ(reply_of(*imported).ruck.ruck_weight_kg, 12.5);
  EXPECT_FALSE(import(anna_, form("title", "no file") + "--b--", type));
  EXPECT_FALSE(import(anna_, file, type)) << "cut short";
  const auto long_field =
      import(anna_, form("title", std::string(9000, 'x')) + file + "--b--", type);
  ASSERT_FALSE(long_field);
  EXPECT_EQ(long_field.error().code, ErrorCode::kInvalidInput);
}

TEST_P(GpxServiceTest, WhatIsKeptOfAFileCountsInTheBudget) {
  const auto refused = import(anna_, std::string(2 << 20, ' '));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRetryLater);
  EXPECT_EQ(budget_.used(), 0U) << "all of it was given back";
}

RUCK_ON_BOTH_DATABASES(GpxServiceTest);

}  // namespace
}  // namespace ruck::gpx_import

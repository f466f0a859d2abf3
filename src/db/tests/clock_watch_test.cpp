#include "db/clock_watch.hpp"

#include "db/open.hpp"
#include "runtime/core.hpp"
#include "support/databases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::db {
namespace {
using std::chrono::hours;

// The database server has this machine's clock.
TEST(ClockWatch, TellsHowFarThisHostIsAheadOfTheDatabaseServer) {
  const test::TemporaryDatabase temporary(test::DatabaseKind::kPostgres);
  runtime::Cores cores(1);
  cores.start();
  for (const hours ahead : {hours(1), hours(0), hours(-1)}) {
    telemetry::Metrics metrics;
    const auto database = open({.url = temporary.url(), .postgres_connections = 2}, metrics);
    ASSERT_TRUE(database) << database.error().message;
    const ManualClock clock(SystemClock().now() + ahead);
    testing::internal::CaptureStdout();
    {
      const ClockWatch watch(**database, clock, cores.at(0), metrics);
      EXPECT_NEAR(std::chrono::duration<double>(watch.ahead()).count(),
                  std::chrono::duration<double>(ahead).count(), 60);
      EXPECT_THAT(metrics.render(), testing::HasSubstr("ruck_db_clock_ahead_seconds "));
    }
    const std::string log = testing::internal::GetCapturedStdout();
    EXPECT_EQ(log.contains("db.clocks_differ"), ahead != hours(0)) << log;
    (*database)->close();
  }
  cores.stop_and_join();
}

}  // namespace
}  // namespace ruck::db

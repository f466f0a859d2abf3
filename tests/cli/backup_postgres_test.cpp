// scripts/backup-postgres and the way back, as docs/operations.md says it.
#include "support/photos.hpp"
#include "support/postgres.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace ruck::test {
namespace {
namespace fs = std::filesystem;

class PostgresBackupTest : public testing::Test {
 protected:
  Finished run(std::vector<std::string> words, std::vector<std::string> environment = {}) {
    return run_to_end({.argv = std::move(words),
                       .extra_env = std::move(environment),
                       .working_folder = folder_.path()},
                      std::chrono::minutes(2));
  }

  TemporaryFolder folder_;
  TemporaryDatabase database_{DatabaseKind::kPostgres};
};

TEST_F(PostgresBackupTest, ADatabaseAndItsPhotosComeBack) {
  RuckServer server({.database_url = database_.url()});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  const std::string ruck = record_ruck(anna, {.start_ms = now_ms() - 86'400'000, .count = 200});
  const json::Tree photo =
      add_photo(anna, ruck, {.width = 320, .height = 240, .seed = 1, .taken = {}, .remark = {}});
  const std::string address = photo["url"].text();
  const std::string path = address.substr(address.find("/media/"));
  const Reply before = anna.get(path);
  ASSERT_EQ(before.status, 200);

  const std::string script = std::string(RUCK_SOURCE_FOLDER) + "/scripts/backup-postgres";
  const std::vector<std::string> settings = {"RUCK_DATABASE_URL=" + database_.url(),
                                             "RUCK_DATA_DIR=" + server.folder() + "/data"};
  const Finished made = run({script, "kept"}, settings);
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_EQ(run({script, "kept"}, settings).exit_code, 1) << "an older one is never written over";
  EXPECT_EQ(server.stop(), 0);

  TemporaryDatabase fresh(DatabaseKind::kPostgres, Schema::kEmpty);
  const Finished restored = run({"pg_restore", "--no-owner", "--exit-on-error",
                                 "--dbname=" + fresh.url(), "kept/database.dump"});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  RuckServer again({.database_url = fresh.url(),
                    .rate_limits = false,
                    .extra_env = {"RUCK_MEDIA_URL=folder:" + folder_.path() + "/kept/media"}});
  ApiClient same(again.url());
  same.set_token(anna.token);
  const Reply after = same.get(path);
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.body, before.body);
  const Finished checked =
      run({binary(), "check"}, {"RUCK_DATABASE_URL=" + fresh.url(),
                                "RUCK_MEDIA_URL=folder:" + folder_.path() + "/kept/media"});
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

}  // namespace
}  // namespace ruck::test

// PostgreSQL by TLS: what libpq's settings in RUCK_DATABASE_URL promise.
#include "db/open.hpp"
#include "support/postgres.hpp"
#include "support/postgres_tools.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ruck::db {
namespace {
using testing::HasSubstr;

const Sql kIsEncrypted{"test.is_encrypted",
                       "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                       Dialect::kPostgres};

// Takes connections by TLS only; its certificate is for 127.0.0.1 and signed by itself.
class PostgresTlsTest : public testing::Test {
 protected:
  PostgresTlsTest() : cluster_(folder_.path() + "/pg") {
    std::filesystem::create_directory(folder_.path() + "/tls");
    make_certificate("server");
    make_certificate("other");
    test::give_to_postgres(file("server.key"));
    cluster_.stop();
    std::ofstream(folder_.path() + "/pg/postgresql.conf", std::ios::app)
        << "ssl=on\nssl_cert_file='" << file("server.crt") << "'\nssl_key_file='"
        << file("server.key") << "'\n";
    std::ofstream(folder_.path() + "/pg/pg_hba.conf") << "hostssl all all 127.0.0.1/32 trust\n";
    cluster_.start();
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return folder_.path() + "/tls/" + name;
  }
  void make_certificate(const std::string& name) const {
    const test::Finished made =
        test::run_to_end({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                                   "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1",
                                   "-keyout", file(name + ".key"), "-out", file(name + ".crt")}},
                         std::chrono::minutes(1));
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }
  Result<std::unique_ptr<Database>> open_with(const std::string& settings) {
    return open({.url = cluster_.url("postgres") + "?" + settings, .postgres_connections = 3},
                metrics_);
  }
  std::string refusal(const std::string& settings) {
    const auto opened = open_with(settings);
    return opened ? "opened" : std::string(opened.error().client_text());
  }

  test::TemporaryFolder folder_;
  test::PostgresCluster cluster_;
  telemetry::Metrics metrics_;
};

// In one test, since making a cluster takes longer than all the rest.
TEST_F(PostgresTlsTest, TheUrlSaysWhoIsBelieved) {
  const std::string verified = "sslmode=verify-full&sslrootcert=";
  {
    const auto database = open_with(verified + file("server.crt"));
    ASSERT_TRUE(database) << database.error().client_text();
    EXPECT_TRUE(*(*database)->read_now([](Session& q) { return q.one<bool>(kIsEncrypted); }));
  }
  EXPECT_THAT(refusal(verified + file("other.crt")), HasSubstr("certificate verify failed"));
  EXPECT_THAT(refusal("host=db.example.org&hostaddr=127.0.0.1&" + verified + file("server.crt")),
              HasSubstr("db.example.org"));
  EXPECT_THAT(refusal("sslmode=disable"), HasSubstr("no encryption"));
}

}  // namespace
}  // namespace ruck::db

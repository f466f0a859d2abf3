#include "runtime/config.hpp"

#include "support/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace ruck::runtime {
namespace {
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigTest : public testing::Test {
 protected:
  LoadedConfig load() {
    ConfigInput input{.flags = flags_, .file = file_, .env = [this](const char* name) {
                        const auto found = env_.find(name);
                        return found == env_.end() ? nullptr : found->second.c_str();
                      }};
    for (const auto& [name, value] : env_) input.env_names.push_back(name);
    return load_config(input);
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  test::TemporaryFolder folder_;
  std::map<std::string, std::string> env_;
  std::vector<std::pair<std::string, std::string>> flags_;
  std::string file_;
};

// The TOML library asserted that a key begins with a letter.
TEST_F(ConfigTest, AFileThatIsNoTomlIsAProblemNotACrash) {
  for (const char* text :
       {"[=]\n", "[[=]]\n", "[a.=]\n", "=1\n", "a..b=1\n", "{", "[\n", "a=[{=}]\n"}) {
    file_ = write("bad.toml", text);
    EXPECT_THAT(load().problems, Contains(HasSubstr("bad.toml, line"))) << text;
  }
}

// A quote within a bare value opens no string; the library took the letter behind it for
// impossible.
TEST_F(ConfigTest, ALetterBehindAQuoteThatOpensNothingIsAProblemNotACrash) {
  for (const char* text :
       {"listen =+0sd\"[\xca\x93]\n", "x = 7'\xc3\xa9\n", "x = a\"\xe2\x82\xac\"\n"}) {
    file_ = write("bad.toml", text);
    EXPECT_THAT(load().problems, Contains(HasSubstr("bad.toml, line 1"))) << text;
  }
}

TEST_F(ConfigTest, OutsideOfQuotesThereIsOnlyAscii) {
  for (const char* text : {"x = 7sql\xd8\xa8\n", "# ü\nü = 1\n", "log_level = \"a\\\"\" é\n"}) {
    file_ = write("bad.toml", text);
    EXPECT_THAT(load().problems, Contains(HasSubstr("only ASCII"))) << text;
  }
  file_ = write("good.toml", "# Grüße\ndata_dir = \"/srv/Rücksäcke\"\npublic_url = 'http://ü'\n");
  EXPECT_EQ(load().config.data_dir, "/srv/Rücksäcke");
}

TEST_F(ConfigTest, EverythingHasADefault) {
  const LoadedConfig loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.listen, "127.0.0.1:8080");
  EXPECT_EQ(loaded.config.database_url, "sqlite:var/ruck.db");
  EXPECT_TRUE(loaded.config.rate_limits);
  EXPECT_FALSE(loaded.config.outbound_private);
}

TEST_F(ConfigTest, AFlagBeatsTheEnvironmentWhichBeatsTheFile) {
  file_ = write("ruck.toml", "threads = 3\ndata_dir = \"a\"\nlog_level = \"error\"\n");
  env_ = {{"RUCK_DATA_DIR", "b"}, {"RUCK_LOG_LEVEL", "debug"}};
  flags_ = {{"log_level", "warning"}};
  const LoadedConfig loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.threads, 3);
  EXPECT_EQ(loaded.config.data_dir, "b");
  EXPECT_EQ(loaded.config.database_url, "sqlite:b/ruck.db");
  EXPECT_EQ(loaded.config.log_level, "warning");
}

TEST_F(ConfigTest, AllProblemsAreToldAtOnce) {
  file_ = write("ruck.toml", "threads = 1000\nnonsense = 1\n");
  env_ = {{"RUCK_LISTEN", "here"},
          {"RUCK_RATE_LIMITS", "maybe"},
          {"RUCK_DATABASE_URL", "mysql://u:secret@h"}};
  const LoadedConfig loaded = load();
  EXPECT_EQ(loaded.problems.size(), 5U) << testing::PrintToString(loaded.problems);
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("threads (file")));
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("no setting nonsense")));
  EXPECT_THAT(loaded.problems, testing::Not(Contains(HasSubstr("secret@"))));
}

TEST_F(ConfigTest, AFileThatIsNotTomlIsAProblemWithItsLine) {
  file_ = write("ruck.toml", "threads = 1\nlisten = = 3\n");
  EXPECT_THAT(load().problems, Contains(HasSubstr("line 2")));
}

TEST_F(ConfigTest, SecretsMayComeFromFilesAndAreNotShown) {
  env_ = {{"RUCK_DATABASE_URL_FILE", write("url", "postgresql://u:pw@h/db\n")}};
  const LoadedConfig loaded = load();
  EXPECT_EQ(loaded.config.database_url, "postgresql://u:pw@h/db");
  for (const Origin& origin : loaded.origins)
    EXPECT_THAT(origin.value, testing::Not(HasSubstr("pw")));
}

TEST_F(ConfigTest, AMailServerIsAUrlAndASecretAndHasASender) {
  env_["RUCK_MAIL_FROM"] = "RuckingApp <ruck@example.org>";
  for (const char* url :
       {"", "smtp://localhost", "smtp://localhost:25/", "smtp://[::1]:25", "smtp://[::1]",
        "smtps://u:p%40w@mail.example.org", "smtp://u:p@h:587", "smtp://h?tls=required"}) {
    env_["RUCK_SMTP_URL"] = url;
    EXPECT_THAT(load().problems, IsEmpty()) << url;
  }
  for (const char* url :
       {"mail.example.org", "http://h", "smtp://", "smtp://:25", "smtp://h:99999", "smtp://h:x",
        "smtp://hunter2@h", "smtp://@h", "smtp://h/path", "smtp://h?tls=maybe", "smtp://h?",
        "smtp://u:hunter2@h h", "smtp://h\r\nQUIT"}) {
    env_["RUCK_SMTP_URL"] = url;
    EXPECT_THAT(load().problems, Contains(HasSubstr("smtp_url (RUCK_SMTP_URL)"))) << url;
    EXPECT_THAT(load().problems, testing::Not(Contains(HasSubstr("hunter2")))) << url;
  }
  env_["RUCK_SMTP_URL"] = "smtp://u:hunter2@h";
  EXPECT_EQ(load().config.smtp_url, "smtp://u:hunter2@h");
  for (const Origin& origin : load().origins)
    EXPECT_THAT(origin.value, testing::Not(HasSubstr("hunter2")));
  for (const char* from : {"ruck@localhost", "ruck@example.org", "Rücken <r@example.org>"}) {
    env_["RUCK_MAIL_FROM"] = from;
    EXPECT_THAT(load().problems, IsEmpty()) << from;
  }
  for (const char* from : {"ruck", "@example.org", "ruck@", "a@b@c", "a b@c", "R <r@example.org",
                           "R\r\nBcc: x@y <r@example.org>", "a@b, c@d"}) {
    env_["RUCK_MAIL_FROM"] = from;
    EXPECT_THAT(load().problems, Contains(HasSubstr("mail_from"))) << from;
  }
  env_.erase("RUCK_MAIL_FROM");
  EXPECT_THAT(load().problems, Contains(HasSubstr("mail_from: must be set")));
}

TEST_F(ConfigTest, TheFileWithFirebasesKeyIsOneOfTheSecretFiles) {
  const std::string path = write("firebase.json", "{}");
  env_ = {{"RUCK_PUSH_FCM_CREDENTIALS", path}};
  const LoadedConfig loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.push_fcm_credentials, path);
  EXPECT_EQ(loaded.config.push_fcm_endpoint, "https://fcm.googleapis.com");
  EXPECT_THAT(loaded.config.secret_files, Contains(path));
}

TEST_F(ConfigTest, SettingsOfPushesAreCheckedBeforeTheStart) {
  env_ = {{"RUCK_PUSH_FCM_CREDENTIALS", "/nowhere/firebase.json"},
          {"RUCK_PUSH_FCM_ENDPOINT", "fcm.googleapis.com"},
          {"RUCK_PUSH_SUBJECT", "ops@example.org"}};
  const LoadedConfig loaded = load();
  EXPECT_EQ(loaded.problems.size(), 3U) << testing::PrintToString(loaded.problems);
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("push_fcm_credentials")));
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("push_fcm_endpoint")));
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("mailto:")));
  env_ = {{"RUCK_PUSH_FCM_ENDPOINT", "http://127.0.0.1:9"},
          {"RUCK_PUSH_SUBJECT", "mailto:ops@example.org"}};
  EXPECT_THAT(load().problems, IsEmpty());
}

TEST_F(ConfigTest, APlatformsPortIsHonoured) {
  env_ = {{"PORT", "5000"}};
  EXPECT_EQ(load().config.listen, "0.0.0.0:5000");
  env_["RUCK_LISTEN"] = "127.0.0.1:9";
  EXPECT_EQ(load().config.listen, "127.0.0.1:9");
}

TEST_F(ConfigTest, AMisspeltVariableIsAWarning) {
  env_ = {{"RUCK_LISTN", "x"}};
  EXPECT_THAT(load().warnings, Contains(HasSubstr("RUCK_LISTN")));
}

TEST(Listen, TakesIpv6InBrackets) {
  EXPECT_EQ(parse_listen("[::1]:80")->host, "::1");
  EXPECT_FALSE(parse_listen("127.0.0.1"));
  EXPECT_FALSE(parse_listen("127.0.0.1:70000"));
}

}  // namespace
}  // namespace ruck::runtime

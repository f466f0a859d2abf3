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

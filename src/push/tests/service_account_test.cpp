#include "push/service_account.hpp"

#include "push/tests/account_json.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace ruck::push {
namespace {
using test::account_json;
using test::account_members;
using test::AccountMembers;

std::string problem_of(const AccountMembers& members) {
  const auto account = parse_service_account(account_json(members));
  return account ? "(none)" : account.error().message;
}
std::string problem_with(const std::string& name, const std::string& value) {
  AccountMembers members = account_members();
  members[name] = value;
  return problem_of(members);
}

TEST(ServiceAccount, IsRead) {
  const auto account = parse_service_account(account_json(account_members()));
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->project_id, "ruck-test");
  EXPECT_EQ(account->client_email, "push@ruck-test.iam.gserviceaccount.com");
  EXPECT_EQ(account->key_id, "key-1");
  EXPECT_EQ(account->token_uri, "https://oauth2.example.org/token");
}

TEST(ServiceAccount, GooglesTokenServiceIsTheUsualOne) {
  AccountMembers members = account_members();
  members.erase("token_uri");
  members.erase("type");
  EXPECT_EQ(parse_service_account(account_json(members))->token_uri,
            "https://oauth2.googleapis.com/token");
}

TEST(ServiceAccount, NamesWhatIsMissing) {
  for (const std::string name : {"project_id", "client_email", "private_key_id", "private_key"}) {
    AccountMembers members = account_members();
    members.erase(name);
    EXPECT_EQ(problem_of(members), "it has no \"" + name + "\"");
    EXPECT_EQ(problem_with(name, ""), "\"" + name + "\" must be text");
  }
  EXPECT_EQ(parse_service_account(R"({"project_id":17})").error().message,
            "\"project_id\" must be text");
}

TEST(ServiceAccount, SaysWhatIsWrong) {
  EXPECT_EQ(problem_with("type", "authorized_user"),
            "its \"type\" is not \"service_account\": make a key of a service account");
  EXPECT_EQ(problem_with("project_id", "../x"), "\"project_id\" is no name of a project");
  EXPECT_EQ(problem_with("token_uri", "file:///x"), "\"token_uri\" must begin with https://");
  EXPECT_EQ(problem_with("private_key", "x"), "\"private_key\": it is no private key in PEM");
  for (const char* text : {"", "{", "[]", "null", "17"}) {
    EXPECT_EQ(parse_service_account(text).error().message, "it is no JSON object") << text;
  }
}

// Also where the key is damaged: an operator sends such lines to others.
TEST(ServiceAccount, NoErrorShowsTheKey) {
  const std::string pem = test::kRsaPem;
  for (const std::size_t size : {std::size_t{40}, pem.size() / 2, pem.size() - 40}) {
    const std::string problem = problem_with("private_key", pem.substr(0, size));
    EXPECT_EQ(problem, "\"private_key\": it is no private key in PEM");
  }
  std::string json = account_json(account_members());
  json.resize(json.size() - 1);
  EXPECT_EQ(parse_service_account(json).error().message, "it is no JSON object");
}

TEST(ServiceAccount, AFileIsNamedInItsErrors) {
  const ruck::test::TemporaryFolder folder;
  const std::string path = folder.path() + "/firebase.json";
  EXPECT_EQ(read_service_account(path).error().message, path + " cannot be read");
  std::ofstream(path) << "{}";
  EXPECT_EQ(read_service_account(path).error().message, path + ": it has no \"project_id\"");
  std::ofstream(path) << std::string(100'000, ' ');
  EXPECT_EQ(read_service_account(path).error().message, path + " is too large to be a key");
  std::ofstream(path) << account_json(account_members());
  EXPECT_EQ(read_service_account(path)->project_id, "ruck-test");
  EXPECT_FALSE(read_service_account(folder.path()));  // a folder
}

}  // namespace
}  // namespace ruck::push

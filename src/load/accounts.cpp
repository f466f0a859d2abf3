#include "load/accounts.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/thread_safety.hpp"
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace ruck::load {
namespace {
// The server hashes at most this many passwords at a time; more callers would only wait.
constexpr std::size_t kRegistrars = 4;

Result<> cannot_write(const std::string& path) {
  return fail(ErrorCode::kUnavailable, path + " cannot be written");
}

Result<> write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file, text.data(), text.size());
    if (size <= 0) return fail(ErrorCode::kUnavailable);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<LoadAccount> register_one(http::Client& client, const std::string& name) {
  const std::string body =
      fmt::format(R"({{"email":"{0}@load.example","password":"{1}","username":"{0}",)"
                  R"("weight_kg":80,"prefer_metric":true}})",
                  name, to_hex(random_bytes(16)));
  const auto answer = client.send(http::Method::kPost, "/api/auth/signup", body);
  if (!answer) return fail(answer.error());
  const json::Tree tree = json::Tree::parse(answer->body);
  if (answer->status != 201 || tree["token"].text().empty()) {
    return fail(ErrorCode::kUnavailable, fmt::format("registering was answered with {}: {}",
                                                     answer->status, tree["message"].text()));
  }
  return LoadAccount{.email = name + "@load.example",
                     .user_id = tree["user"]["id"].text(),
                     .token = tree["token"].text()};
}
}  // namespace

Result<std::vector<LoadAccount>> read_accounts(const std::string& path) {
  std::vector<LoadAccount> accounts;
  std::ifstream in(path);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    const json::Tree tree = json::Tree::parse(line);
    if (tree["token"].text().empty()) {
      return fail(ErrorCode::kInvalidInput, fmt::format("{}:{}: no token", path, number));
    }
    accounts.push_back({.email = tree["email"].text(),
                        .user_id = tree["user_id"].text(),
                        .token = tree["token"].text()});
  }
  return accounts;
}

Result<> write_accounts(const std::string& path, const std::vector<LoadAccount>& accounts) {
  std::string text;
  for (const LoadAccount& account : accounts) {
    std::string line;
    json::Writer w(line);
    w.begin_object();
    if (!account.email.empty()) {
      w.key("email");
      w.string(account.email);
    }
    w.key("user_id");
    w.string(account.user_id);
    w.key("token");
    w.string(account.token);
    w.end_object();
    text += line + "\n";
  }
  std::error_code error;  // shows when the file cannot be opened
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const std::string aside = path + ".new";
  ::unlink(aside.c_str());
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return cannot_write(path);
  const Result<> written = write_all(file, text);
  ::close(file);
  if (!written || ::rename(aside.c_str(), path.c_str()) != 0) return cannot_write(path);
  return {};
}

std::optional<std::chrono::sys_seconds> expiry_of(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string::npos ? first : token.find('.', first + 1);
  if (second == std::string::npos) return std::nullopt;
  const auto claims = from_base64(std::string_view(token).substr(first + 1, second - first - 1));
  if (!claims) return std::nullopt;
  const json::Tree tree = json::Tree::parse(*claims);
  if (!tree.has("exp")) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(tree["exp"].integer()));
}

namespace {
// What several registrars have done together.
struct Registered {
  Mutex mutex;
  std::vector<LoadAccount> made RUCK_GUARDED_BY(mutex);
  std::optional<Error> problem RUCK_GUARDED_BY(mutex);
};
}  // namespace

Result<std::vector<LoadAccount>> register_accounts(
    const http::Url& url, std::size_t count,
    const std::function<void(std::size_t made)>& progress) {
  const std::string run = to_hex(random_bytes(5));
  Registered all;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    http::Client client(url);
    for (std::size_t i = next++; i < count; i = next++) {
      Result<LoadAccount> account = register_one(client, fmt::format("load-{}-{}", run, i));
      const Guard lock(all.mutex);
      if (all.problem) return;
      if (!account) {
        all.problem = account.error();
        return;
      }
      all.made.push_back(std::move(*account));
      progress(all.made.size());
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kRegistrars; ++i) threads.emplace_back(work);
  }
  const Guard lock(all.mutex);
  if (all.problem) return fail(*all.problem);
  return std::move(all.made);
}

}  // namespace ruck::load

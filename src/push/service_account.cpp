#include "push/service_account.hpp"

#include "base/text.hpp"
#include "http/json/element.hpp"
#include "push/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

namespace ruck::push {
namespace {
constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

// It becomes a part of an address.
bool is_project_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
  });
}

struct Members {
  std::string type, project_id, client_email, private_key_id, private_key, token_uri;
};

Result<Members> read_members(const json::Element& root) {
  struct Wanted {
    std::string_view name;
    std::string Members::* member;
    std::optional<std::string_view> fallback = {};
  };
  const Wanted all[] = {
      {"type", &Members::type, "service_account"}, {"project_id", &Members::project_id},
      {"client_email", &Members::client_email},    {"private_key_id", &Members::private_key_id},
      {"private_key", &Members::private_key},      {"token_uri", &Members::token_uri, kTokenUri}};
  Members members;
  for (const Wanted& wanted : all) {
    const auto found = root.find(wanted.name);
    const auto text = found ? found->string() : wanted.fallback;
    if (!found && !text) return wrong(fmt::format("it has no \"{}\"", wanted.name));
    if (!text || text->empty()) return wrong(fmt::format("\"{}\" must be text", wanted.name));
    members.*wanted.member = *text;
  }
  return members;
}
}  // namespace

Result<ServiceAccount> parse_service_account(std::string_view json) {
  const Result<json::Element> root = json::parse(json);
  // What was expected there is not told: the text around it may be the key.
  if (!root || root->kind() != json::Kind::kObject) return wrong("it is no JSON object");
  Result<Members> members = read_members(*root);
  if (!members) return fail(members.error());
  if (members->type != "service_account") {
    return wrong("its \"type\" is not \"service_account\": make a key of a service account");
  }
  if (!is_project_id(members->project_id)) return wrong("\"project_id\" is no name of a project");
  if (!members->token_uri.starts_with("https://") && !members->token_uri.starts_with("http://")) {
    return wrong("\"token_uri\" must begin with https://");
  }
  Result<RsaKey> key = RsaKey::from_pem(members->private_key);
  if (!key) return wrong("\"private_key\": " + key.error().message);
  return ServiceAccount{.project_id = std::move(members->project_id),
                        .client_email = std::move(members->client_email),
                        .key_id = std::move(members->private_key_id),
                        .token_uri = std::move(members->token_uri),
                        .key = std::move(*key)};
}

Result<ServiceAccount> read_service_account(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kCredentialsBytesMax + 1, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size())) && in.gcount() == 0) {
    return wrong(path + " cannot be read");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kCredentialsBytesMax) return wrong(path + " is too large to be a key");
  Result<ServiceAccount> account = parse_service_account(text);
  if (!account) return wrong(path + ": " + account.error().message);
  return account;
}

}  // namespace ruck::push

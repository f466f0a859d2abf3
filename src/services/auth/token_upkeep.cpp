#include "services/auth/token_upkeep.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "services/auth/store.hpp"
#include "telemetry/log.hpp"

namespace ruck::auth {
namespace {
constexpr std::size_t kKeyBytes = 32;  // as long as the digest (RFC 7518 §3.2)
// The clocks of two instances differ by less.
constexpr auto kClockDifference = std::chrono::minutes(2);

bool has_grown_old(const std::vector<KeyRow>& keys, UtcUs now) {
  return keys.empty() || keys.back().created_at < now - kKeyRotation;
}

std::vector<KeyRow> renew_keys(db::Session& q, UtcUs now) {
  store::remove_keys_before(q, now - kKeyRotation - kKeyWarmUp - 2 * kAccessLifetime);
  std::vector<KeyRow> keys = store::keys(q);
  if (!has_grown_old(keys, now)) return keys;
  keys.push_back(
      {.key_id = to_hex(random_bytes(4)), .secret = {random_bytes(kKeyBytes)}, .created_at = now});
  store::add_key(q, keys.back());
  return keys;
}

void use_keys(Tokens& tokens, const std::vector<KeyRow>& keys, UtcUs now) {
  if (keys.empty()) return;
  const KeyRow* signer = &keys.front();
  for (const KeyRow& key : keys) {
    tokens.add_key({.id = key.key_id, .secret = key.secret.data});
    if (key.created_at <= now - kKeyWarmUp) signer = &key;
  }
  tokens.sign_with(signer->key_id);
}
}  // namespace

Result<> load_keys(db::Database& database, Tokens& tokens, std::string_view configured, UtcUs now) {
  if (!configured.empty()) {
    const auto keys = parse_keys(configured);
    if (!keys) return fail(keys.error());
    for (const SigningKey& key : *keys) tokens.add_key(key);
    tokens.sign_with(keys->front().id);
    return {};
  }
  const auto keys = database.write_now([now](db::Session& q) { return renew_keys(q, now); });
  if (!keys) return fail(keys.error());
  use_keys(tokens, *keys, now);
  return {};
}

Result<> load_ended_sessions(db::Database& database, Tokens& tokens, UtcUs now) {
  const auto ended = database.read_now(
      [now](db::Session& q) { return store::ended_since(q, now - kAccessLifetime); });
  if (!ended) return fail(ended.error());
  tokens.learn_ended(*ended, now);
  return {};
}

TokenUpkeep::TokenUpkeep(const Dependencies& dependencies, runtime::Core& core)
    : deps_(dependencies),
      ended_known_until_(dependencies.clock.now()),
      periodic_(
          "tokens", core, kTokenReload, [this] { return reload(); },
          [](std::string_view name, const std::exception_ptr& failure) {
            telemetry::log_exception("auth.reload_failed", name, failure);
          }) {}

// What the database cannot tell now, it tells the next time.
task<> TokenUpkeep::reload() {
  const UtcUs now = deps_.clock.now();
  const auto ended =
      co_await deps_.database.read([since = ended_known_until_ - kClockDifference](db::Session& q) {
        return store::ended_since(q, since);
      });
  if (ended) {
    deps_.tokens.learn_ended(*ended, now);
    ended_known_until_ = now;
  }
  if (deps_.are_keys_configured) co_return;
  auto keys = co_await deps_.database.read([](db::Session& q) { return store::keys(q); });
  if (keys && has_grown_old(*keys, now)) {
    keys = co_await deps_.database.write([now](db::Session& q) { return renew_keys(q, now); });
    if (keys) telemetry::log_info("auth.key_renewed", {{"keys", keys->size()}});
  }
  if (keys) use_keys(deps_.tokens, *keys, now);
}

}  // namespace ruck::auth

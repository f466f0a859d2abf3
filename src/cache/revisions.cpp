#include "cache/revisions.hpp"

namespace ruck::cache {
namespace {
const db::Sql kBump{"cache.bump_revision",
                    "UPDATE users SET revision = revision + 1 WHERE id = $1"};
const db::Sql kRead{"cache.read_revision", "SELECT revision FROM users WHERE id = $1"};
}  // namespace

Revisions::Revisions(db::Database& database) : database_(database) {}

task<Result<std::uint64_t>> Revisions::current(UserId user) {
  if (!database_.is_exclusive()) {
    co_return co_await database_.read(
        [user](db::Session& q) { return q.optional<std::uint64_t>(kRead, user).value_or(0); });
  }
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  const auto found = shard.revisions.find(user);
  if (found != shard.revisions.end()) co_return found->second;
  if (shard.revisions.size() >= kUsersPerShardMax) shard.revisions.clear();
  const std::uint64_t revision = next_.fetch_add(1);
  shard.revisions.emplace(user, revision);
  co_return revision;
}

void Revisions::bump(db::Session& q, UserId user) { q.execute(kBump, user); }

void Revisions::changed(UserId user) {
  if (!database_.is_exclusive()) return;
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  const auto found = shard.revisions.find(user);
  if (found != shard.revisions.end()) found->second = next_.fetch_add(1);
}

}  // namespace ruck::cache

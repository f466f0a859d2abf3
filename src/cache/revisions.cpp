#include "cache/revisions.hpp"

namespace ruck::cache {
namespace {
const db::Sql kBump{"cache.bump_revision",
                    "UPDATE users SET revision = revision + 1 WHERE id = $1"};
const db::Sql kRead{"cache.read_revision", "SELECT revision FROM users WHERE id = $1"};

// A replica that is behind must not give the data of an older revision.
void raise_read_floor(std::chrono::steady_clock::time_point to) {
  if (const auto& context = runtime::current_context()) context->read_floor.raise(to);
}
}  // namespace

Revisions::Revisions(db::Database& database, Agreement* agreement)
    : database_(database), agreement_(database.is_exclusive() ? nullptr : agreement) {
  if (agreement_ == nullptr) return;
  changes_ = agreement_->on_change([this](UserId user) { changed_here(user); });
}

task<Result<std::uint64_t>> Revisions::current(UserId user) {
  if (database_.is_exclusive()) co_return newest_of_own(user);
  const auto term = agreement_ != nullptr ? agreement_->term() : std::nullopt;
  Looked looked;
  if (term) looked = look_up(user, *term);
  if (looked.known) {
    raise_read_floor(looked.known->read_at);
    co_return looked.known->revision;
  }
  const Result<std::uint64_t> read = co_await database_.read_newest(
      [user](db::Session& q) { return q.optional<std::uint64_t>(kRead, user).value_or(0); });
  const auto read_at = std::chrono::steady_clock::now();
  raise_read_floor(read_at);
  if (read && term) {
    remember(user, {.revision = *read, .term = *term, .read_at = read_at}, looked.mark);
  }
  co_return read;
}

std::uint64_t Revisions::newest_of_own(UserId user) {
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  const auto found = shard.revisions.find(user);
  if (found != shard.revisions.end()) return found->second.revision;
  if (shard.revisions.size() >= kUsersPerShardMax) shard.revisions.clear();
  const std::uint64_t revision = next_.fetch_add(1);
  shard.revisions.emplace(user, Known{.revision = revision});
  return revision;
}

Revisions::Looked Revisions::look_up(UserId user, std::uint64_t term) {
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  Looked looked{.mark = shard.marks[mark_of(user)]};
  const auto found = shard.revisions.find(user);
  if (found != shard.revisions.end() && found->second.term == term) {
    looked.known = found->second;
  }
  return looked;
}

// Unless something has changed since it was asked for.
void Revisions::remember(UserId user, Known known, std::uint64_t mark) {
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  if (shard.marks[mark_of(user)] != mark || agreement_->term() != known.term) return;
  if (shard.revisions.size() >= kUsersPerShardMax) shard.revisions.clear();
  shard.revisions.insert_or_assign(user, known);
}

void Revisions::bump(db::Session& q, UserId user) { q.execute(kBump, user); }

task<> Revisions::changed(UserId user) { return changed(std::vector<UserId>{user}); }

task<> Revisions::changed(std::vector<UserId> users) {
  if (database_.is_exclusive()) {
    for (const UserId& user : users) changed_here(user);
  } else if (agreement_ != nullptr) {
    co_await agreement_->tell(users);
  }
}

void Revisions::changed_here(UserId user) {
  Shard& shard = shard_of(user);
  const Guard lock(shard.mutex);
  shard.marks[mark_of(user)] += 1;
  const auto found = shard.revisions.find(user);
  if (found == shard.revisions.end()) return;
  if (agreement_ != nullptr) {
    shard.revisions.erase(found);
  } else {
    found->second.revision = next_.fetch_add(1);
  }
}

}  // namespace ruck::cache

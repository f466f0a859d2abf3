#include "services/auth/verified_tokens.hpp"

#include <sodium.h>

#include <cstring>

namespace ruck::auth {

VerifiedTokens::VerifiedTokens() {
  static_assert(std::tuple_size_v<Tag> == crypto_shorthash_siphashx24_BYTES);
  static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16);
  randombytes_buf(key_.data(), key_.size());
}

VerifiedTokens::Tag VerifiedTokens::tag_of(std::string_view token) const {
  Tag tag;
  crypto_shorthash_siphashx24(tag.data(), reinterpret_cast<const unsigned char*>(token.data()),
                              token.size(), key_.data());
  return tag;
}

VerifiedTokens::Shard& VerifiedTokens::shard_of(const Tag& tag) const {
  return shards_[tag[0] % kShards];
}

std::size_t VerifiedTokens::place_of(const Tag& tag) {
  std::uint32_t number = 0;
  std::memcpy(&number, tag.data() + 1, sizeof number);
  return number % kEntriesPerShard;
}

std::optional<http::Viewer> VerifiedTokens::find(const Tag& tag) const {
  const Shard& shard = shard_of(tag);
  const Guard lock(shard.mutex);
  if (shard.entries.empty()) return std::nullopt;
  const Entry& entry = shard.entries[place_of(tag)];
  return entry.tag == tag ? entry.viewer : std::nullopt;
}

void VerifiedTokens::keep(const Tag& tag, const http::Viewer& viewer) {
  Shard& shard = shard_of(tag);
  const Guard lock(shard.mutex);
  if (shard.entries.empty()) shard.entries.resize(kEntriesPerShard);
  shard.entries[place_of(tag)] = {.tag = tag, .viewer = viewer};
}

}  // namespace ruck::auth

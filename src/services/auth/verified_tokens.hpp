#pragma once
// Tokens whose signature was found to be right a moment ago: a phone sends the same one for an
// hour. A token is kept as a keyed hash of 128 bits (SipHash-2-4, a pseudo-random function), with a
// key of this process: nobody outside can make a token that has the hash of another.
#include "base/thread_safety.hpp"
#include "http/authenticator.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace ruck::auth {

class VerifiedTokens {
 public:
  using Tag = std::array<unsigned char, 16>;
  VerifiedTokens();

  [[nodiscard]] Tag tag_of(std::string_view token) const;
  // What the token says; its end and whether its sign-in has ended are for the caller to check.
  [[nodiscard]] std::optional<http::Viewer> find(const Tag& tag) const;
  // Takes the place of another one now and then.
  void keep(const Tag& tag, const http::Viewer& viewer);

 private:
  struct Entry {
    Tag tag{};
    std::optional<http::Viewer> viewer;
  };
  struct Shard {
    mutable Mutex mutex;
    std::vector<Entry> entries RUCK_GUARDED_BY(mutex);
  };
  [[nodiscard]] Shard& shard_of(const Tag& tag) const;
  [[nodiscard]] static std::size_t place_of(const Tag& tag);

  static constexpr std::size_t kShards = 64;  // cores seldom meet in one
  // 131,072 tokens in all, 8 MB: a token of each live ruck (rucks/limits.hpp).
  static constexpr std::size_t kEntriesPerShard = 2048;
  std::array<unsigned char, 16> key_{};
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace ruck::auth

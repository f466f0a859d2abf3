#pragma once
// Addresses of photos: open ones, and signed ones that are made for one viewer and end.
//
//   /media/{id}/large.jpg                          of what everybody may see
//   /media/{id}/large.jpg?v=VIEWER&e=END&s=MAC     of everything else; END in seconds since 1970
//
// MAC is HMAC-SHA-256 over the id, what it is of, the viewer and the end. A signature says for whom
// an address was made, not that they may see it: that is asked when it is used.
#include "base/time.hpp"
#include "services/media/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::photos {

// What one signature is good for: every size of a photo, or its original.
enum class Signed : std::uint8_t { kPhoto, kOriginal };

struct SignedFor {
  UserId viewer;
  UtcUs until{};
};

class Addresses {
 public:
  struct Options {
    std::string public_url;  // empty: addresses are paths
    std::string key;         // 32 bytes
  };
  explicit Addresses(Options options) : options_(std::move(options)) {}

  // `file`: "large.jpg", "original".
  [[nodiscard]] std::string open(PhotoId photo, std::string_view file) const;
  [[nodiscard]] std::string signed_for(UserId viewer, PhotoId photo, std::string_view file,
                                       UtcUs now) const;

  // Of a request's query. Nothing: no signature of ours, or its end has come.
  [[nodiscard]] std::optional<SignedFor> check(PhotoId photo, Signed what, std::string_view query,
                                               UtcUs now) const;
  // Whether there is anything of a signature in it.
  [[nodiscard]] static bool is_signed(std::string_view query);

 private:
  [[nodiscard]] std::string sign(PhotoId photo, Signed what, UserId viewer,
                                 std::int64_t end_s) const;

  Options options_;
};

// The end of an address that is signed now: kSignedFor away or more, and the same for hours.
[[nodiscard]] std::int64_t end_of_signature(UtcUs now);

}  // namespace ruck::photos

#pragma once
// Which blobs the photos of a database need: for `ruck check` and `ruck restore`.
#include "db/session.hpp"
#include "services/media/types.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ruck::photos {

// A photo that is ready, and one of the blobs it is made of.
struct NeededBlob {
  UserId user_id;
  std::string blob;  // the key after the user's id
  PhotoId holder;
  [[nodiscard]] std::string key() const { return user_id.value().to_string() + "/" + blob; }
};
BOOST_DESCRIBE_STRUCT(NeededBlob, (), (user_id, blob, holder))

// In order, after that one; a default one comes before all.
[[nodiscard]] std::vector<NeededBlob> needed_after(db::Session& q, const NeededBlob& last,
                                                   std::int64_t limit);
// Whether the photo needs it still.
[[nodiscard]] bool is_needed_by(db::Session& q, const NeededBlob& blob);

}  // namespace ruck::photos

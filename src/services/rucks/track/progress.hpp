#pragma once
// How far a ruck has come: its row, and the batches that were appended since.
#include "services/rucks/store.hpp"

#include <optional>

namespace ruck::rucks {

// With the appended batches in it (recent.hpp).
[[nodiscard]] std::optional<Progress> find_progress(db::Session& q, store::Key key);
// Writes the row with a new version if it is still as it was read; false if it is not. Nothing can
// be appended to the old version from then on.
[[nodiscard]] bool advance_progress(db::Session& q, store::Key key, const Progress& before,
                                    const ProgressRow& row);
// Deletes the ruck. A batch that was built on what was there is refused.
bool remove_ruck(db::Session& q, store::Key key);

}  // namespace ruck::rucks

#pragma once
// Rules that more than one of the service's files needs, inside a unit of work.
#include "db/session.hpp"
#include "services/rucks/recording/batch.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/types.hpp"

namespace ruck::rucks {

// A new ruck with the owner's defaults, not yet inserted. kUserNotFound for a user who is gone.
[[nodiscard]] Result<RuckRow> new_ruck(db::Session& q, UserId user, UtcUs now);
// Ids are ordered by time: milliseconds since 2020 and twelve bits that count from a
// random number on. They are larger than any
// epoch in milliseconds, which the mobile app uses as names of offline rucks.
[[nodiscard]] RuckId make_ruck_id(UtcUs now);

// The ruck of that name: found, or an empty one that was created online for it, or new.
[[nodiscard]] Result<RuckRow> ruck_of_client_key(db::Session& q, UserId user,
                                                 const std::string& client_key, UtcUs now);
[[nodiscard]] std::optional<RuckRow> find(db::Session& q, UserId user, const RuckRef& ref);

// A client's moment; without a zone it is UTC, or device-local for what people enter by hand.
[[nodiscard]] UtcUs moment(const http::Timestamp& time);
[[nodiscard]] UtcUs local_moment(db::Session& q, UserId user, const http::Timestamp& time);

void set_weights(RuckRow& row, const std::optional<double>& load_kg,
                 const std::optional<double>& body_kg);
// Start and end as the client says, where they are possible.
void take_times(RuckRow& row, const std::optional<UtcUs>& started,
                const std::optional<UtcUs>& ended, UtcUs now);

[[nodiscard]] SampleWindow window_of(db::Session& q, const RuckRow& row, UtcUs now);
// The splits in the owner's own unit.
[[nodiscard]] std::vector<SplitView> own_splits(db::Session& q, const RuckRow& row);

}  // namespace ruck::rucks

#pragma once
// When a weekly digest goes out: on Monday at kDigestTime in the user's own zone, or at the end of
// quiet hours. Pure.
//
// What is kept is the Monday of the next one (store::DigestPlan). It goes on by whole weeks, so no
// change of zone, clock or quiet hours makes a week come twice or be left out.
#include "calendar/time_zone.hpp"
#include "services/notify/store.hpp"

namespace ruck::notify {

[[nodiscard]] Day monday_of(Day day);
// Of a Monday in a zone.
[[nodiscard]] store::DigestPlan digest_of(Day week, const calendar::TimeZone& zone);
// For somebody who wants it from now on: the next Monday, today if it is one and the hour has not
// come.
[[nodiscard]] store::DigestPlan first_digest(const store::RecipientRow& to, UtcUs now);

struct DigestStep {
  std::optional<Day> week;  // the digest of this Monday is to be sent
  store::DigestPlan next;   // later than `now`
};
// For somebody with a plan. Of Mondays that were missed (the server was away) only the latest is
// told, if its week is not over.
[[nodiscard]] DigestStep step_of(const store::RecipientRow& to, UtcUs now);

}  // namespace ruck::notify

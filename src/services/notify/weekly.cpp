#include "services/notify/weekly.hpp"

#include "base/assert.hpp"
#include "services/notify/limits.hpp"
#include "services/notify/recording.hpp"

#include <algorithm>

namespace ruck::notify {
namespace {
using std::chrono::days;
constexpr auto kWeek = days(7);
}  // namespace

Day monday_of(Day day) { return day - days(std::chrono::weekday(day).iso_encoding() - 1); }

store::DigestPlan digest_of(Day week, const calendar::TimeZone& zone) {
  return {.week = week, .at = to_us(zone.from_local(UtcMs(week) + kDigestTime))};
}

store::DigestPlan first_digest(const store::RecipientRow& to, UtcUs now) {
  const calendar::TimeZone zone = zone_of(to);
  const store::DigestPlan plan = digest_of(monday_of(zone.day_of(to_ms(now))), zone);
  return plan.at > now ? plan : digest_of(plan.week + kWeek, zone);
}

DigestStep step_of(const store::RecipientRow& to, UtcUs now) {
  RUCK_ASSERT(to.digest_week.has_value());
  const calendar::TimeZone zone = zone_of(to);
  const Day this_week = monday_of(zone.day_of(to_ms(now)));
  const store::DigestPlan plan = digest_of(std::max(*to.digest_week, this_week), zone);
  if (plan.at > now) return {.week = std::nullopt, .next = plan};
  if (const auto held = held_until(to, now)) {
    return {.week = std::nullopt, .next = {.week = plan.week, .at = *held}};
  }
  return {.week = plan.week, .next = digest_of(plan.week + kWeek, zone)};
}

}  // namespace ruck::notify

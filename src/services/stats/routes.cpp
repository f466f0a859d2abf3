#include "services/stats/service.hpp"

namespace ruck::stats {

void add_routes(http::Router& r, StatsService& s) {
  constexpr http::Limit kLimit = http::per_hour(2000);  // contract core §4
  http::get(r, "/api/stats/weekly", "stats.weekly",
            {.summary = "The trailing seven days", .limit = kLimit, .cached = true}, &s,
            &StatsService::weekly);
  r.alias("/api/statistics/weekly");
  http::get(r, "/api/stats/monthly", "stats.monthly",
            {.summary = "A calendar month by weeks", .limit = kLimit, .cached = true}, &s,
            &StatsService::monthly);
  r.alias("/api/statistics/monthly");
  http::get(r, "/api/stats/yearly", "stats.yearly",
            {.summary = "A calendar year by months", .limit = kLimit, .cached = true}, &s,
            &StatsService::yearly);
  r.alias("/api/statistics/yearly");
  http::get(
      r, "/api/stats/training", "stats.training",
      {.summary = "Load and form, day by day; one's own only", .limit = kLimit, .cached = true}, &s,
      &StatsService::training);
}

}  // namespace ruck::stats

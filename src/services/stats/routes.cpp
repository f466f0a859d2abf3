#include "http/endpoint.hpp"
#include "services/stats/service.hpp"

namespace ruck::stats {

void add_routes(http::Router& r, StatsService& s) {
  constexpr http::Limit kLimit = http::per_hour(2000);  // contract core §4
  http::get(r, "/api/stats/weekly", "stats.weekly",
            {.summary = "Statistics of the last seven days", .limit = kLimit, .cached = true}, &s,
            &StatsService::weekly);
  r.alias("/api/statistics/weekly");
  http::get(r, "/api/stats/monthly", "stats.monthly",
            {.summary = "Statistics of a calendar month, by week", .limit = kLimit, .cached = true},
            &s, &StatsService::monthly);
  r.alias("/api/statistics/monthly");
  http::get(r, "/api/stats/yearly", "stats.yearly",
            {.summary = "Statistics of a calendar year, by month", .limit = kLimit, .cached = true},
            &s, &StatsService::yearly);
  r.alias("/api/statistics/yearly");
  http::get(
      r, "/api/stats/training", "stats.training",
      {.summary = "Training load and form by day; owner only", .limit = kLimit, .cached = true}, &s,
      &StatsService::training);
}

}  // namespace ruck::stats

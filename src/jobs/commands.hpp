#pragma once
// What an operator does with jobs: `ruck jobs list | show | retry | drop`. Payloads are not shown,
// since they may hold addresses.
#include "base/clock.hpp"
#include "base/error.hpp"
#include "db/database.hpp"
#include "jobs/store.hpp"

#include <string>
#include <vector>

namespace ruck::jobs {

// Blocking, for the control thread and for commands without a server.
class Commands {
 public:
  Commands(db::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  struct Filter {
    std::string kind;  // empty: all
    bool only_dead = false;
    std::int64_t limit = 50;
  };
  [[nodiscard]] Result<std::vector<store::JobRow>> list(const Filter& filter);
  [[nodiscard]] Result<store::JobRow> show(std::int64_t id);

  struct Changed {
    std::int64_t changed = 0;
    std::vector<std::int64_t> left;  // not there, or in the way of a living job of their key
  };
  [[nodiscard]] Result<Changed> retry(const std::vector<std::int64_t>& ids);
  [[nodiscard]] Result<Changed> drop(const std::vector<std::int64_t>& ids);

 private:
  db::Database& database_;
  const Clock& clock_;
};
BOOST_DESCRIBE_STRUCT(Commands::Changed, (), (changed, left))

}  // namespace ruck::jobs

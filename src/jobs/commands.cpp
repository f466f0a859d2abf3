#include "jobs/commands.hpp"

#include "jobs/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::jobs {

Result<std::vector<store::JobRow>> Commands::list(const Filter& filter) {
  const std::int64_t limit =
      std::clamp<std::int64_t>(filter.limit, 1, static_cast<std::int64_t>(kListedMax));
  return database_.read_now([filter, limit](db::Session& q) {
    return store::list(q, filter.kind, filter.only_dead, limit);
  });
}

Result<store::JobRow> Commands::show(std::int64_t id) {
  return database_.read_now([id](db::Session& q) -> Result<store::JobRow> {
    std::optional<store::JobRow> row = store::find(q, id);
    if (!row) return fail(ErrorCode::kNotFound, fmt::format("there is no job {}", id));
    return std::move(*row);
  });
}

Result<Commands::Changed> Commands::retry(const std::vector<std::int64_t>& ids) {
  return database_.write_now([ids, now = clock_.now()](db::Session& q) {
    Changed done;
    for (const std::int64_t id : ids) {
      if (store::revive(q, id, now)) {
        ++done.changed;
      } else {
        done.left.push_back(id);
      }
    }
    return done;
  });
}

Result<Commands::Changed> Commands::drop(const std::vector<std::int64_t>& ids) {
  return database_.write_now([ids](db::Session& q) {
    Changed done;
    for (const std::int64_t id : ids) {
      if (store::drop(q, id)) {
        ++done.changed;
      } else {
        done.left.push_back(id);
      }
    }
    return done;
  });
}

}  // namespace ruck::jobs

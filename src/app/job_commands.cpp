#include "app/job_commands.hpp"

#include "http/json/writer.hpp"
#include "jobs/commands.hpp"

namespace ruck::app {
namespace {
std::vector<std::int64_t> ids_of(const json::Tree& request) {
  std::vector<std::int64_t> ids;
  for (const json::Tree& id : request["ids"].items()) ids.push_back(id.integer());
  return ids;
}

template <class T>
Result<std::string> as_json(const Result<T>& value) {
  if (!value) return fail(value.error());
  return json::to_text(*value);
}
}  // namespace

void add_job_commands(Control& control, db::Database& database, const Clock& clock) {
  const auto commands = std::make_shared<jobs::Commands>(database, clock);  // of all four
  control.add("jobs.list", [commands](const json::Tree& request) {
    return as_json(commands->list({.kind = request["kind"].text(),
                                   .only_dead = request["dead"].boolean(),
                                   .limit = request["limit"].integer()}));
  });
  control.add("jobs.show", [commands](const json::Tree& request) {
    return as_json(commands->show(request["id"].integer()));
  });
  control.add("jobs.retry", [commands](const json::Tree& request) {
    return as_json(commands->retry(ids_of(request)));
  });
  control.add("jobs.drop", [commands](const json::Tree& request) {
    return as_json(commands->drop(ids_of(request)));
  });
}

}  // namespace ruck::app

#include "push/push_verdict.hpp"

#include "services/notify/kinds.hpp"
#include "services/notify/recording.hpp"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <tuple>

namespace ruck::test {
namespace {
constexpr std::size_t kNamedMax = 10;
// Between the fake's answer and the commit of the job's end: some milliseconds, and seconds on a
// machine that does much else. What was answered before that is no excuse.
constexpr std::int64_t kEndIsWrittenWithinMs = 5000;
constexpr double kDeliveredMin = 0.999;

struct Row {
  UserId user;
  std::int64_t id = 0;
  std::string kind;
  UserId actor;
  std::optional<RuckId> ruck;
};
BOOST_DESCRIBE_STRUCT(Row, (), (user, id, kind, actor, ruck))
const db::Sql kNotifications{
    "test.notifications",
    "SELECT user_id, id, kind, actor_id, ruck_id FROM notifications ORDER BY id"};
const db::Sql kLeased{
    "test.leased_pushes",
    "SELECT payload FROM jobs WHERE kind = 'push.send' AND leased_by IS NOT NULL"};
const db::Sql kDead{"test.dead_pushes",
                    "SELECT payload FROM jobs WHERE kind = 'push.send' AND dead_at IS NOT NULL"};
const db::Sql kDevices{"test.devices", "SELECT id FROM push_devices"};

template <class T>
std::vector<T> all(db::Database& database, const db::Sql& sql) {
  auto rows = database.read_now([&](db::Session& q) { return q.many<T>(sql); });
  if (!rows) throw std::runtime_error(std::string(rows.error().client_text()));
  return std::move(*rows);
}

class Judge {
 public:
  Judge(const Crowd& crowd, const json::Tree& report) : report_(report) {
    for (const Gadget& gadget : crowd.gadgets()) of_user_[gadget.user].push_back(&gadget);
    for (const char* service : {"fcm", "web"}) {
      for (const json::Tree& name : report[service]["dead"].items()) dead_.insert(name.text());
    }
    verdict_.died = std::ssize(dead_);
  }

  void compare_messages(const std::vector<Row>& rows) {
    verdict_.recorded = std::ssize(rows);
    // Of a group the newest says everything; those before it may be left out.
    std::map<std::tuple<UserId, std::string, std::int64_t>, std::int64_t> newest;
    for (const Row& row : rows) {
      const notify::KindRow* kind = notify::find_kind(row.kind);
      if (kind == nullptr || !kind->pushes) continue;
      if (kind->groups) {
        newest[{row.user, row.kind, row.ruck ? row.ruck->value() : 0}] = row.id;
      } else {
        expect(row.user, row.kind, row.id);
      }
    }
    for (const auto& [group, id] : newest) expect(std::get<0>(group), std::get<1>(group), id);
  }

  void compare_causes(const Crowd& crowd, const std::vector<Row>& rows) {
    std::set<std::tuple<UserId, std::string, UserId, RuckId>> told;
    std::map<RuckId, std::int64_t> followers;
    for (const Row& row : rows) {
      if (!row.ruck) continue;
      told.insert({row.user, row.kind, row.actor, *row.ruck});
      if (row.kind == "ruck_started") ++followers[*row.ruck];
    }
    const auto wanted = static_cast<std::int64_t>(crowd.size().followers);
    for (const Cause& cause : crowd.causes()) {
      if (cause.kind == "ruck_started") {
        miss(wanted - followers[cause.ruck], cause);
      } else if (!told.contains({cause.owner, cause.kind, cause.actor, cause.ruck})) {
        miss(1, cause);
      }
    }
  }

  void compare_duplicates(const InFlight& in_flight) {
    for (const char* service : {"fcm", "web"}) {
      const json::Tree& of = report_[service];
      verdict_.duplicates += of["duplicates"].integer();
      verdict_.answer_lost += of["duplicates"].integer() - of["unexplained"].integer();
      verdict_.overtaken += of["overtaken"].integer() - of["overtakenLate"].integer();
      for (const json::Tree& each : of["unexplainedList"].items()) {
        const auto found = in_flight.find({each["device"].text(), each["message"].text()});
        const bool is_excused = found != in_flight.end() &&
                                each["before"].integer() >= found->second - kEndIsWrittenWithinMs;
        if (is_excused) {
          ++verdict_.in_flight;
        } else {
          name(fmt::format(
              "{} got {} twice, {} ms apart{}", each["device"].text(), each["message"].text(),
              each["again"].integer() - each["before"].integer(),
              found == in_flight.end()
                  ? fmt::format(", the first at {}, under way at no kill", each["before"].integer())
                  : fmt::format(", {} ms before a kill at which it was under way",
                                found->second - each["before"].integer())));
        }
      }
      for (const json::Tree& problem : of["problems"].items()) name(problem.text());
    }
    for (const json::Tree& problem : report_["fcm"]["oauth"]["problems"].items()) {
      name(problem.text());
    }
  }

  void compare_devices(const Crowd& crowd, const std::vector<Uuid>& kept) {
    std::set<std::string> ids;
    for (const Uuid& id : kept) ids.insert(id.to_string());
    for (const Gadget& gadget : crowd.gadgets()) {
      const bool is_kept = ids.contains(gadget.device);
      if (dead_.contains(gadget.name)) {
        verdict_.kept += is_kept ? 1 : 0;
      } else if (!is_kept) {
        name(gadget.name + " is alive and was removed");
      }
    }
  }

  PushVerdict take() { return std::move(verdict_); }
  void count_dead_letters(std::size_t count) {
    verdict_.dead_letters = static_cast<std::int64_t>(count);
  }

 private:
  void name(std::string problem) {
    if (verdict_.problems.size() < kNamedMax) verdict_.problems.push_back(std::move(problem));
  }
  void miss(std::int64_t count, const Cause& cause) {
    if (count <= 0) return;
    verdict_.unrecorded += count;
    name(fmt::format("{} were not told of {} of ruck {}", count, cause.kind, cause.ruck.value()));
  }
  void expect(UserId user, const std::string& kind, std::int64_t id) {
    const auto gadgets = of_user_.find(user);
    if (gadgets == of_user_.end()) return;
    for (const Gadget* gadget : gadgets->second) {
      if (dead_.contains(gadget->name)) continue;
      ++verdict_.expected;
      const json::Tree& got = report_[gadget->is_web ? "web" : "fcm"]["devices"][gadget->name];
      if (got.has(std::to_string(id))) {
        ++verdict_.delivered;
      } else if (lost_named_++ < kNamedMax / 2) {
        fmt::print("  lost: {} {} for {}\n", kind, id, gadget->name);
      }
    }
  }

  const json::Tree& report_;
  std::map<UserId, std::vector<const Gadget*>> of_user_;
  std::set<std::string> dead_;
  std::size_t lost_named_ = 0;
  PushVerdict verdict_;
};
}  // namespace

bool PushVerdict::is_clean() const {
  return expected > 0 &&
         static_cast<double>(delivered) >= kDeliveredMin * static_cast<double>(expected) &&
         unexcused() == 0 && overtaken == 0 && unrecorded == 0 && kept == 0 && problems.empty();
}

InFlight in_flight_at_kill(db::Database& database, const Crowd& crowd, std::int64_t killed_at_ms) {
  std::map<std::string, std::string> names;
  for (const Gadget& gadget : crowd.gadgets()) names[gadget.device] = gadget.name;
  InFlight found;
  for (const std::string& payload : all<std::string>(database, kLeased)) {
    const json::Tree job = json::Tree::parse(payload);
    found[{names[job["device"].text()], std::to_string(job["notification"].integer())}] =
        killed_at_ms;
  }
  return found;
}

PushVerdict judge(db::Database& database, const Crowd& crowd, const json::Tree& report,
                  const InFlight& in_flight) {
  const auto rows = all<Row>(database, kNotifications);
  Judge judge(crowd, report);
  judge.compare_causes(crowd, rows);
  judge.compare_messages(rows);
  judge.compare_duplicates(in_flight);
  judge.compare_devices(crowd, all<Uuid>(database, kDevices));
  judge.count_dead_letters(all<std::string>(database, kDead).size());
  return judge.take();
}

}  // namespace ruck::test

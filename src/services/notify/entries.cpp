#include "services/notify/entries.hpp"

#include "http/json/element.hpp"
#include "http/json/writer.hpp"

#include <algorithm>

namespace ruck::notify {
namespace {
TextPairs stored_pairs(std::string_view text) {
  TextPairs pairs;
  const Result<json::Element> root = json::parse(text);
  if (!root) return pairs;
  for (json::Members it(*root); it.next();) {
    if (const auto value = it.value().string()) pairs.emplace_back(it.key(), *value);
  }
  return pairs;
}

std::string detail_of(const store::NotificationRow& row) {
  for (const auto& [name, value] : stored_pairs(row.data)) {
    if (name == "message" || name == "device") return value;
  }
  return {};
}

bool belongs_to(const Entry& entry, const KindRow& kind, const store::NotificationRow& row) {
  return kind.groups && entry.kind == &kind && !row.read_at && !entry.newest.read_at &&
         entry.newest.ruck_id == row.ruck_id;
}

// The hour of a start: with its moment, and the one at which the rucker appeared on the map, the
// length of the hidden way would be known (docs/privacy.md).
UtcUs shown_time(const Entry& entry) {
  const UtcUs made = entry.newest.created_at;
  if (entry.kind->kind != Kind::kRuckStarted) return made;
  return UtcUs(std::chrono::floor<std::chrono::hours>(made));
}
}  // namespace

std::string to_json(const TextPairs& pairs) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const auto& [name, value] : pairs) {
    w.key(name);
    w.string(value);
  }
  w.end_object();
  return out;
}

std::vector<Entry> entries_of(std::vector<store::NotificationRow> rows) {
  std::vector<Entry> entries;
  for (store::NotificationRow& row : rows) {
    const KindRow* kind = find_kind(row.kind);
    if (kind == nullptr) continue;
    const auto found = std::ranges::find_if(
        entries, [&](const Entry& entry) { return belongs_to(entry, *kind, row); });
    if (found == entries.end()) {
      entries.push_back({.kind = kind, .people = {row.actor_id}, .ids = {row.id}});
      entries.back().newest = std::move(row);
      continue;
    }
    found->count += 1;
    found->ids.push_back(row.id);
    const bool is_new = std::ranges::find(found->people, row.actor_id) == found->people.end();
    if (is_new) found->people.push_back(row.actor_id);
  }
  return entries;
}

std::string message_of(const Entry& entry) {
  return text_of(*entry.kind, entry.newest.actor_name, std::ssize(entry.people),
                 detail_of(entry.newest));
}

TextPairs data_of(const Entry& entry, UserId user) {
  const store::NotificationRow& row = entry.newest;
  const bool is_by_other = row.actor_id != user;
  const std::string actor = row.actor_id.value().to_string();
  TextPairs data{{"type", std::string(type_of(entry.kind->setting))},
                 {"kind", std::string(entry.kind->name)}};
  if (row.ruck_id) data.emplace_back("ruck_id", std::to_string(row.ruck_id->value()));
  if (is_by_other) {
    data.emplace_back("sender_id", actor);
    data.emplace_back("sender_name", row.actor_name);
  }
  if (entry.kind->setting == Setting::kRuckStarted) {
    data.emplace_back("rucker_name", row.actor_name);
  }
  if (entry.kind->setting == Setting::kFollow) {
    data.emplace_back("follower_id", actor);
    data.emplace_back("user_id", actor);
  }
  if (entry.count > 1) data.emplace_back("count", std::to_string(entry.count));
  for (auto& pair : stored_pairs(row.data)) data.push_back(std::move(pair));
  return data;
}

NotificationView view_of(const Entry& entry, UserId user) {
  const store::NotificationRow& row = entry.newest;
  const bool is_by_other = row.actor_id != user;
  return {.id = row.id,
          .type = std::string(type_of(entry.kind->setting)),
          .message = message_of(entry),
          .data = {to_json(data_of(entry, user))},
          .is_read = row.read_at.has_value(),
          .read_at = row.read_at,
          .created_at = shown_time(entry),
          .sender_id = is_by_other ? std::optional(row.actor_id) : std::nullopt};
}

}  // namespace ruck::notify

#include "http/bind.hpp"

#include "base/clean_text.hpp"
#include "base/text.hpp"
#include "http/json/writer.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ruck::http {
namespace {
constexpr std::size_t kQueryPairsMax = 64;
constexpr std::size_t kWarningsMax = 50;         // more of them help nobody
constexpr std::size_t kShownTextMax = 40;        // of a bad value, in an error text
constexpr std::size_t kRawBytesMax = 64 * 1024;  // of JSON that is stored as it came

std::string kept_text(std::string_view given, TextKind kind) {
  switch (kind) {
    case TextKind::kLine:
    case TextKind::kName:
      return clean_line(given);
    case TextKind::kParagraphs:
      return clean_paragraphs(given);
    case TextKind::kVerbatim:
      break;
  }
  return mend_utf8(given);  // JSON may hold half a surrogate pair
}

std::string range_text(const Rule& rule, std::string_view kind) {
  if (!rule.min || !rule.max) return std::string(kind);
  return fmt::format("{} between {} and {}", kind, *rule.min, *rule.max);
}
}  // namespace

const Rule& rule_for(std::span<const Rule> rules, std::string_view field) {
  static constexpr Rule kNone{};
  for (const Rule& each : rules) {
    if (each.field == field) return each;
  }
  return kNone;
}

std::string describe(const json::Element& element) {
  if (const auto text = element.string()) {
    const std::string shown = clean_line(text->substr(0, kShownTextMax));
    return fmt::format("\"{}{}\"", shown, text->size() > kShownTextMax ? "…" : "");
  }
  if (element.number() || element.boolean() || element.is_null()) return element.to_text();
  return std::string(json::name_of(element.kind()));
}

bool Binder::is_named(std::string_view key, std::string_view field, const Rule& rule) {
  return key == field || (!key.empty() && (key == rule.aliases[0] || key == rule.aliases[1]));
}

bool Binder::wrong(std::string_view expected, std::string_view got) {
  std::string text = fmt::format("{}: expected {}", path_, expected);
  if (!got.empty()) text += fmt::format(", got {}", got);
  if (mode_ == Mode::kLenient) {
    if (warnings_.size() < kWarningsMax) warnings_.push_back(std::move(text));
  } else if (!error_) {
    error_ = Error{.code = ErrorCode::kInvalidInput, .message = std::move(text)};
  }
  return false;
}

bool Binder::wrong_name(std::span<const std::string_view> names, const json::Element& in) {
  return wrong(fmt::format("one of {}", fmt::join(names, ", ")), describe(in));
}

void Binder::missing(std::string_view field) {
  const std::size_t size = path_.size();
  path_ += fmt::format(".{}", field);
  wrong("a value", "nothing");
  path_.resize(size);
}

void Binder::object(const json::Element& object, const ReadMembers& members,
                    std::span<const Rule> rules, void* out) {
  const std::size_t path_size = path_.size();
  const auto read_one = [&](std::string_view name, void* member, const ReadMember& way) {
    const Rule& rule = rule_for(rules, name);
    bool found = false;
    for (json::Members it(object); it.next();) {
      if (!is_named(it.key(), name, rule)) continue;
      found = true;
      path_ += ".";
      path_ += it.key();
      way.read(*this, it.value(), member, rule);
      path_.resize(path_size);
    }
    if (!found && rule.is_required) missing(name);
  };
  for_each_member(members, out, read_one);
}

void Binder::pairs(std::string_view place, const Pairs& pairs, const ReadMembers& members,
                   std::span<const Rule> rules, void* out) {
  path_ = place;
  const auto read_one = [&](std::string_view name, void* member, const ReadMember& way) {
    const Rule& rule = rule_for(rules, name);
    bool found = false;
    for (const auto& [key, text] : pairs) {
      if (!is_named(key, name, rule)) continue;
      found = true;
      path_ = fmt::format("{}.{}", place, key);
      pair_value(text, way, member, rule);
      path_ = place;
    }
    if (!found && rule.is_required) missing(name);
  };
  for_each_member(members, out, read_one);
}

void Binder::pair_value(std::string_view text, const ReadMember& way, void* out, const Rule& rule) {
  if (!is_utf8(text)) {
    wrong("text in UTF-8");
    return;
  }
  const auto element = json::parse(query_value_as_json(text, way.is_text));
  if (element) way.read(*this, *element, out, rule);
}

bool Binder::read_items(const json::Element& in, void* items, ReadItem read_item,
                        const Rule& rule) {
  if (in.kind() != json::Kind::kArray) return wrong("an array", describe(in));
  const std::size_t path_size = path_.size();
  for (json::Items it(in); it.next();) {
    if (it.index() >= rule.length_max) {
      return wrong("at most " + std::to_string(rule.length_max) + " items");
    }
    path_ += "[" + std::to_string(it.index()) + "]";
    read_item(*this, it.value(), items, rule);
    path_.resize(path_size);
  }
  return true;
}

bool Binder::read_object(const json::Element& in, const ReadMembers& members,
                         std::span<const Rule> rules, void* out) {
  if (in.kind() != json::Kind::kObject) return wrong("an object", describe(in));
  object(in, members, rules, out);
  return true;
}

bool Binder::in_range(double number, const Rule& rule) {
  return (!rule.min || number >= *rule.min) && (!rule.max || number <= *rule.max);
}

bool Binder::read(const json::Element& in, bool& out, const Rule&) {
  if (const auto value = in.boolean()) {
    out = *value;
    return true;
  }
  if (const auto number = in.integer(); number && (*number == 0 || *number == 1)) {
    out = *number == 1;
    return true;
  }
  return wrong("true or false", describe(in));
}

bool Binder::read(const json::Element& in, double& out, const Rule& rule) {
  std::optional<double> number = in.number();
  if (!number && rule.takes_text_numbers && in.string()) number = parse_double(trim(*in.string()));
  if (!number || !std::isfinite(*number) || !in_range(*number, rule)) {
    return wrong(range_text(rule, "a number"), describe(in));
  }
  out = *number + 0.0;  // -0 is 0
  return true;
}

// A whole number; 12.0 counts as one, because Dart and JavaScript send it so.
bool Binder::read(const json::Element& in, std::int64_t& out, const Rule& rule) {
  std::optional<std::int64_t> number = in.integer();
  constexpr double kExactMax = 9007199254740992.0;  // 2^53
  if (const auto real = in.number(); !number && real) {
    if (std::trunc(*real) == *real && std::abs(*real) <= kExactMax) {
      number = static_cast<std::int64_t>(*real);
    }
  }
  if (!number && rule.takes_text_numbers && in.string()) {
    number = parse_number<std::int64_t>(trim(*in.string()));
  }
  if (!number || !in_range(static_cast<double>(*number), rule)) {
    return wrong(range_text(rule, "a whole number"), describe(in));
  }
  out = *number;
  return true;
}

bool Binder::read(const json::Element& in, std::string& out, const Rule& rule) {
  const auto given = in.string();
  if (!given) return wrong("a string", describe(in));
  std::string text = kept_text(*given, rule.text);
  if (text.contains('\0')) return wrong("text without a zero character");
  if (rule.text == TextKind::kName && text.empty()) {
    return wrong("a name of which something can be seen");
  }
  const std::size_t length = count_code_points(text);
  if (length < rule.length_min || length > rule.length_max) {
    return wrong(fmt::format("{} to {} characters", rule.length_min, rule.length_max),
                 fmt::format("{}", length));
  }
  out = std::move(text);
  return true;
}

bool Binder::read(const json::Element& in, Timestamp& out, const Rule&) {
  const auto text = in.string();
  const auto parsed = text ? parse_iso8601(trim(*text)) : std::nullopt;
  if (!parsed) return wrong("a time as in ISO 8601", describe(in));
  out = {.time = parsed->time, .has_zone = parsed->has_zone};
  return true;
}

bool Binder::read(const json::Element& in, Day& out, const Rule&) {
  const auto text = in.string();
  // Clients send a whole timestamp where a date is meant; its first ten characters are the date.
  const auto parsed = text ? parse_date(text->substr(0, 10)) : std::nullopt;
  if (!parsed) return wrong("a date as YYYY-MM-DD", describe(in));
  out = *parsed;
  return true;
}

bool Binder::read(const json::Element& in, json::Raw& out, const Rule&) {
  std::string text = mend_utf8(in.to_text());  // the parser lets half a surrogate pair through
  if (text.size() > kRawBytesMax) return wrong("at most 64 KiB of JSON");
  out.text = std::move(text);
  return true;
}

bool Binder::read(const json::Element& in, Uuid& out, const Rule&) {
  const auto text = in.string();
  const auto parsed = text ? Uuid::parse(*text) : std::nullopt;
  if (!parsed) return wrong("a UUID", describe(in));
  out = *parsed;
  return true;
}

void write(json::Writer& w, const Timestamp& value) { w.time(value.time); }

Pairs split_query(std::string_view query) {
  Pairs pairs;
  while (!query.empty() && pairs.size() < kQueryPairsMax) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(pair.substr(equals + 1), true);
    if (name && value) pairs.emplace_back(std::move(*name), std::move(*value));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return pairs;
}

std::string query_value_as_json(std::string_view value, bool as_text) {
  const bool is_bare = !as_text && (value == "true" || value == "false" ||
                                    (parse_double(value) && json::parse(value)));
  return is_bare ? std::string(value) : json::to_text(value);
}

}  // namespace ruck::http

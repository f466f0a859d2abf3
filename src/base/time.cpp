#include "base/time.hpp"

#include <array>

namespace ruck {
namespace {
using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kMaxYear = 9999;
constexpr int kMaxZoneHours = 15;  // the widest real offset is +14:00

// Reads text from the left; every take_* either consumes what it names or leaves it.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }
  [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool take(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits, or nothing.
  std::optional<int> take_digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = text_[i];
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  // The digits after a decimal point as milliseconds, rounded half up; at least one digit.
  std::optional<int> take_fraction_ms() {
    constexpr std::array kScale = {100, 10, 1};
    int ms = 0;
    std::size_t digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits) {
      const int digit = text_.front() - '0';
      if (digits < kScale.size()) ms += digit * kScale[digits];
      if (digits == kScale.size() && digit >= 5) ms += 1;
      text_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    return ms;
  }

 private:
  std::string_view text_;
};

std::optional<Day> take_day(Reader& in) {
  const auto y = in.take_digits(4);
  if (!y || !in.take('-')) return std::nullopt;
  const auto m = in.take_digits(2);
  if (!m || !in.take('-')) return std::nullopt;
  const auto d = in.take_digits(2);
  if (!d || *y < 1) return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d)));
  if (!date.ok()) return std::nullopt;
  return Day(date);
}

std::optional<std::chrono::milliseconds> take_clock(Reader& in) {
  const auto hours = in.take_digits(2);
  if (!hours || *hours > 23 || !in.take(':')) return std::nullopt;
  const auto minutes = in.take_digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::chrono::milliseconds clock = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (!in.take(':')) return clock;
  const auto seconds = in.take_digits(2);
  if (!seconds || *seconds > 60) return std::nullopt;  // 60: a leap second, as UTC writes it
  clock += std::chrono::seconds(*seconds);
  if (in.take('.') || in.take(',')) {
    const auto ms = in.take_fraction_ms();
    if (!ms) return std::nullopt;
    clock += std::chrono::milliseconds(*ms);
  }
  return clock;
}

struct Zone {
  std::chrono::minutes offset{0};
  bool given = false;
};

std::optional<Zone> take_zone(Reader& in) {
  if (in.take('Z') || in.take('z')) return Zone{.offset = {}, .given = true};
  const char sign = in.peek();
  if (sign != '+' && sign != '-') return Zone{};
  in.take(sign);
  const auto hours = in.take_digits(2);
  if (!hours || *hours > kMaxZoneHours) return std::nullopt;
  int minutes = 0;
  if (in.take(':') || !in.at_end()) {
    const auto parsed = in.take_digits(2);
    if (!parsed || *parsed > 59) return std::nullopt;
    minutes = *parsed;
  }
  const std::chrono::minutes offset(*hours * 60 + minutes);
  return Zone{.offset = sign == '-' ? -offset : offset, .given = true};
}

void append_digits(std::string& out, int value, int width) {
  std::array<char, 8> digits{};
  for (int i = width - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), static_cast<std::size_t>(width));
}

void append_day(std::string& out, Day at) {
  const year_month_day date(at);
  append_digits(out, static_cast<int>(date.year()), 4);
  out.push_back('-');
  append_digits(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  out.push_back('-');
  append_digits(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
}
}  // namespace

std::optional<ParsedTime> parse_iso8601(std::string_view text) {
  Reader in(text);
  const auto date = take_day(in);
  if (!date) return std::nullopt;
  if (in.at_end()) return ParsedTime{.time = *date, .has_zone = false};
  if (!in.take('T') && !in.take(' ') && !in.take('t')) return std::nullopt;
  const auto clock = take_clock(in);
  if (!clock) return std::nullopt;
  const auto zone = take_zone(in);
  if (!zone || !in.at_end()) return std::nullopt;
  return ParsedTime{.time = UtcMs(*date) + *clock - zone->offset, .has_zone = zone->given};
}

void append_iso8601(std::string& out, UtcMs time) {
  const Day date = std::chrono::floor<std::chrono::days>(time);
  if (std::chrono::year_month_day(date).year() > year(kMaxYear)) {
    out += "9999-12-31T23:59:59Z";  // beyond what ISO 8601 can write in four digits
    return;
  }
  const auto ms = static_cast<int>((time - date).count());
  append_day(out, date);
  out.push_back('T');
  append_digits(out, ms / 3'600'000, 2);
  out.push_back(':');
  append_digits(out, ms / 60'000 % 60, 2);
  out.push_back(':');
  append_digits(out, ms / 1000 % 60, 2);
  if (ms % 1000 != 0) {
    out.push_back('.');
    append_digits(out, ms % 1000, 3);
  }
  out.push_back('Z');
}

std::string to_iso8601(UtcMs time) {
  std::string out;
  append_iso8601(out, time);
  return out;
}

std::string to_iso8601(Day date) {
  std::string out;
  append_day(out, date);
  return out;
}

std::optional<Day> parse_date(std::string_view text) {
  Reader in(text);
  const auto date = take_day(in);
  if (!date || !in.at_end()) return std::nullopt;
  return date;
}

}  // namespace ruck

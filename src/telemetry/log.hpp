#pragma once
// The structured log: one JSON object a line on stdout. Events have a stable dotted name; what
// varies goes into fields. Secrets, tokens, e-mails and positions are never fields.
#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ruck::telemetry {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

class Field {
 public:
  Field(std::string_view key, std::string_view text);
  Field(std::string_view key, const char* text) : Field(key, std::string_view(text)) {}
  Field(std::string_view key, const std::string& text) : Field(key, std::string_view(text)) {}
  Field(std::string_view key, double number);
  Field(std::string_view key, bool yes);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view key, T number) : Field(key, std::to_string(number), Raw{}) {}

  [[nodiscard]] const std::string& json() const { return json_; }  // `"key":value`

 private:
  struct Raw {};
  Field(std::string_view key, std::string_view json_value, Raw);
  std::string json_;
};

using Fields = std::initializer_list<Field>;

void set_log_level(Level level);
[[nodiscard]] bool log_enabled(Level level);
// Where lines go: the file descriptor of stdout until told otherwise (tests, and commands whose
// stdout is their result).
void set_log_descriptor(int descriptor);

void log(Level level, std::string_view event, Fields fields = {});
inline void log_debug(std::string_view event, Fields fields = {}) {
  if (log_enabled(Level::kDebug)) log(Level::kDebug, event, fields);
}
inline void log_info(std::string_view event, Fields fields = {}) {
  log(Level::kInfo, event, fields);
}
inline void log_warning(std::string_view event, Fields fields = {}) {
  log(Level::kWarning, event, fields);
}
inline void log_error(std::string_view event, Fields fields = {}) {
  log(Level::kError, event, fields);
}
// Names the exception's type and text.
void log_exception(std::string_view event, std::string_view where,
                   const std::exception_ptr& failure);

}  // namespace ruck::telemetry

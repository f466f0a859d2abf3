#include "http/multipart.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace ruck::http {
namespace {
// The value of `name="…"` or name=… in a header field.
std::string parameter(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = field.find(';');
    const std::string_view item = trim(field.substr(0, end));
    const std::size_t equals = item.find('=');
    if (equals != std::string_view::npos && equals_ignoring_case(item.substr(0, equals), name)) {
      std::string_view value = item.substr(equals + 1);
      if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
    if (end == std::string_view::npos) break;
    field.remove_prefix(end + 1);
  }
  return {};
}

PartHead head_in(std::string_view fields) {
  PartHead head;
  while (!fields.empty()) {
    const std::size_t end = fields.find("\r\n");
    const std::string_view line = fields.substr(0, end);
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? "" : trim(line.substr(colon + 1));
    if (equals_ignoring_case(name, "Content-Disposition")) {
      head.name = parameter(value, "name");
      head.filename = parameter(value, "filename");
    } else if (equals_ignoring_case(name, "Content-Type")) {
      head.content_type = value;
    }
    if (end == std::string_view::npos) break;
    fields.remove_prefix(end + 2);
  }
  return head;
}

std::unexpected<Error> cut_short() {
  return fail(ErrorCode::kInvalidInput, "the multipart body is cut short or damaged");
}
}  // namespace

Result<MultipartReader> MultipartReader::of(std::string_view content_type) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kBoundaryBytesMax) {
    return fail(ErrorCode::kInvalidInput,
                "multipart/form-data without a boundary of 1 to 70 bytes");
  }
  return MultipartReader("\r\n--" + boundary);
}

Result<> MultipartReader::feed(std::string_view bytes, PartSink& sink) {
  waiting_ += bytes;
  for (;;) {
    const Result<bool> goes_on = step(sink);
    if (!goes_on) return fail(goes_on.error());
    if (!*goes_on) return {};
  }
}

// False: more bytes are needed for the next step.
Result<bool> MultipartReader::step(PartSink& sink) {
  switch (at_) {
    case At::kPreamble:
    case At::kBytes:
      return read_bytes(sink);
    case At::kDelimiter:
      return read_delimiter();
    case At::kHead:
      return read_head(sink);
    case At::kEnd:
      break;
  }
  waiting_.clear();  // what follows the end means nothing
  return false;
}

// Up to the next delimiter. What may be the beginning of one waits.
Result<bool> MultipartReader::read_bytes(PartSink& sink) {
  const std::size_t found = waiting_.find(delimiter_);
  const bool has_end = found != std::string::npos;
  const std::size_t kept = has_end ? 0 : std::min(delimiter_.size() - 1, waiting_.size());
  const std::size_t size = has_end ? found : waiting_.size() - kept;
  if (at_ == At::kBytes && size > 0) {
    const Result<> taken = sink.bytes(std::string_view(waiting_).substr(0, size));
    if (!taken) return fail(taken.error());
  }
  waiting_.erase(0, has_end ? size + delimiter_.size() : size);
  if (has_end) at_ = At::kDelimiter;
  return has_end;
}

// Behind a delimiter: "--" ends the body; else blanks and a line break, which stays in front of the
// fields, so that a part without any looks like the others.
Result<bool> MultipartReader::read_delimiter() {
  const std::size_t line = waiting_.find_first_not_of(" \t");
  if (waiting_.size() < 2 || line == std::string::npos || line + 2 > waiting_.size()) {
    if (waiting_.size() > kPartHeadBytesMax) return cut_short();
    return false;
  }
  if (waiting_.starts_with("--")) {
    at_ = At::kEnd;
    return true;
  }
  if (std::string_view(waiting_).substr(line, 2) != "\r\n") return cut_short();
  if (++parts_ > kPartsMax) return fail(ErrorCode::kInvalidInput, "the form has too many parts");
  waiting_.erase(0, line);
  at_ = At::kHead;
  return true;
}

Result<bool> MultipartReader::read_head(PartSink& sink) {
  const std::size_t end = waiting_.find("\r\n\r\n");
  if (std::min(end, waiting_.size()) > kPartHeadBytesMax) {
    return fail(ErrorCode::kInvalidInput, "the fields before a part of the form are too long");
  }
  if (end == std::string::npos) return false;
  const std::string_view fields = std::string_view(waiting_).substr(0, end);
  const Result<> begun = sink.begin(head_in(fields.substr(std::min<std::size_t>(2, end))));
  if (!begun) return fail(begun.error());
  waiting_.erase(0, end + 4);
  at_ = At::kBytes;
  return true;
}

Result<> MultipartReader::finish() const {
  if (at_ != At::kEnd) return cut_short();
  return {};
}

}  // namespace ruck::http

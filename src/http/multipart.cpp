#include "http/multipart.hpp"

#include "base/text.hpp"

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

void read_fields(std::string_view head, Part& part) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? "" : trim(line.substr(colon + 1));
    if (equals_ignoring_case(name, "Content-Disposition")) {
      part.name = parameter(value, "name");
      part.filename = parameter(value, "filename");
    } else if (equals_ignoring_case(name, "Content-Type")) {
      part.content_type = value;
    }
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 2);
  }
}
}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty())
    return fail(ErrorCode::kInvalidInput, "multipart/form-data without a boundary");
  const std::string delimiter = "\r\n--" + boundary;
  std::vector<Part> parts;
  // The first delimiter may stand at the very beginning, without a line break before it.
  std::size_t at = body.starts_with(std::string_view(delimiter).substr(2)) ? delimiter.size() - 2
                                                                           : body.find(delimiter);
  if (at == std::string_view::npos)
    return fail(ErrorCode::kInvalidInput, "the body does not hold its boundary");
  if (!body.starts_with(std::string_view(delimiter).substr(2))) at += delimiter.size();
  while (parts.size() < kPartsMax) {
    std::string_view rest = body.substr(at);
    if (rest.starts_with("--")) return parts;
    const std::size_t head_end = rest.find("\r\n\r\n");
    const std::size_t end = rest.find(delimiter);
    if (head_end == std::string_view::npos || end == std::string_view::npos || end < head_end)
      break;
    Part part;
    read_fields(rest.substr(2, head_end - 2), part);
    part.bytes = rest.substr(head_end + 4, end < head_end + 4 ? 0 : end - head_end - 4);
    parts.push_back(std::move(part));
    at += end + delimiter.size();
  }
  return fail(ErrorCode::kInvalidInput, "the multipart body is cut short or has too many parts");
}

}  // namespace ruck::http

#pragma once
// Forms with files (RFC 7578), as apps send them.
#include <string>
#include <utility>
#include <vector>

namespace ruck::test {

struct FormFile {
  std::string name;
  std::string bytes;
};
using FormFields = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kFormType = "multipart/form-data; boundary=XbX";

// The files as `field`, with fields before and after them.
inline std::string form_of(const FormFields& before, const std::string& field,
                           const std::vector<FormFile>& files, const FormFields& after = {}) {
  std::string body;
  const auto add_fields = [&](const FormFields& fields) {
    for (const auto& [name, value] : fields) {
      body +=
          "--XbX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }
  };
  add_fields(before);
  for (const FormFile& file : files) {
    body += "--XbX\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"" +
            file.name + "\"\r\nContent-Type: image/jpeg\r\n\r\n" + file.bytes + "\r\n";
  }
  add_fields(after);
  return body + "--XbX--\r\n";
}

}  // namespace ruck::test

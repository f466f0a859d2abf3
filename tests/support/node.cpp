#include "support/node.hpp"

#include "base/text.hpp"
#include "support/until.hpp"

#include <stdexcept>

namespace ruck::test {
namespace {
std::vector<std::string> command(const std::string& script,
                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"node", script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}
}  // namespace

NodeServer::NodeServer(const std::string& script, const std::vector<std::string>& arguments)
    : output_(folder_.path() + "/output"),
      process_({.argv = command(script, arguments), .output_path = output_}) {
  const std::string mark = "port ";
  const bool started = until([&] {
    const std::string text = output();
    const std::size_t at = text.find(mark);
    const std::size_t end = text.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return false;
    port_ = parse_number<int>(text.substr(at + mark.size(), end - at - mark.size())).value_or(0);
    return port_ != 0;
  });
  if (!started) throw std::runtime_error("node did not start: " + output());
}

Certificate make_certificate(const std::string& folder, const std::string& name) {
  const Certificate made{.certificate_file = folder + "/" + name + ".crt",
                         .key_file = folder + "/" + name + ".key"};
  const Finished done =
      run_to_end({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                           "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-subj",
                           "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout",
                           made.key_file, "-out", made.certificate_file}},
                 std::chrono::minutes(1));
  if (done.exit_code != 0) throw std::runtime_error("openssl: " + done.output);
  return made;
}

}  // namespace ruck::test

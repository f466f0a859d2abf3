#include "push/fake_push.hpp"

#include "http/json/writer.hpp"
#include "support/until.hpp"

#include <fstream>
#include <stdexcept>

namespace ruck::test {
namespace {
constexpr auto kAskTime = std::chrono::seconds(60);

Finished must_run(std::vector<std::string> argv) {
  Finished done = run_to_end({.argv = std::move(argv)}, kAskTime);
  if (done.exit_code != 0) throw std::runtime_error(done.output);
  return done;
}
}  // namespace

FakePush::FakePush(Wire wire, std::vector<std::string> options, std::string host)
    : host_(std::move(host)) {
  make_certificate();
  const std::string output = folder_.path() + "/output";
  std::vector<std::string> argv = {"node", RUCK_PUSH_FAKE, "--host", host_};
  if (wire == Wire::kTls) {
    argv.insert(argv.end(), {"--cert", certificate(), "--key", key()});
  }
  argv.insert(argv.end(), options.begin(), options.end());
  process_ = std::make_unique<Process>(ProcessOptions{.argv = argv, .output_path = output});
  json::Tree first;
  const bool has_begun = until([&] {
    first = json::Tree::parse(read_file(output));
    return first.has("port");
  });
  if (!has_begun) throw std::runtime_error("the fake does not start: " + read_file(output));
  port_ = static_cast<int>(first["port"].integer());
  origin_ = first["origin"].text();
  std::string account;
  json::Writer w(account);
  w.begin_object();
  for (const auto& [name, value] : first["account"].members()) {
    w.key(name);
    w.string(value.text());
  }
  w.end_object();
  std::ofstream(credentials()) << account;
}

void FakePush::make_certificate() const {
  must_run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-keyout", key(), "-out", certificate(), "-subj",
            "/CN=push.test", "-addext", "subjectAltName=DNS:push.test,DNS:localhost"});
}

std::string FakePush::resolve() const { return host_ + ":" + std::to_string(port_) + ":127.0.0.1"; }

std::string FakePush::ask(const std::vector<std::string>& curl_arguments,
                          const std::string& path) const {
  std::vector<std::string> argv = {"curl",    "-sS",      "--fail",     "--resolve",
                                   resolve(), "--cacert", certificate()};
  argv.insert(argv.end(), curl_arguments.begin(), curl_arguments.end());
  argv.push_back(origin_ + path);
  return must_run(std::move(argv)).output;
}

std::vector<push::WebSubscription> FakePush::subscribe(std::size_t count,
                                                       const std::string& server_key) const {
  const std::string body =
      R"({"count":)" + std::to_string(count) + R"(,"key":")" + server_key + R"("})";
  const json::Tree made = json::Tree::parse(ask({"-d", body}, "/__subscribe"));
  std::vector<push::WebSubscription> all;
  for (const json::Tree& each : made.items()) {
    all.push_back({.endpoint = each["endpoint"].text(),
                   .p256dh = each["keys"]["p256dh"].text(),
                   .auth = each["keys"]["auth"].text()});
  }
  return all;
}

void FakePush::revoke_tokens() const { static_cast<void>(ask({"-X", "POST"}, "/__revoke")); }

json::Tree FakePush::report() const { return json::Tree::parse(ask({}, "/__report")); }

std::int64_t FakePush::accepted() const {
  return json::Tree::parse(ask({}, "/__count"))["accepted"].integer();
}

}  // namespace ruck::test

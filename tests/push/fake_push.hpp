#pragma once
// The fake of fake_push.mjs as a process: Firebase and a push service of browsers on this machine.
#include "http/json/tree.hpp"
#include "push/sender.hpp"
#include "support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

class FakePush {
 public:
  enum class Wire : std::uint8_t {
    kTls,    // with a certificate for kHost
    kClear,  // HTTP/1.1
  };
  // With further options of fake_push.mjs.
  explicit FakePush(Wire wire, std::vector<std::string> options = {}, std::string host = kHost);

  static constexpr const char* kHost = "push.test";
  static constexpr const char* kLocal = "localhost";  // for who cannot be told where kHost is
  [[nodiscard]] const std::string& origin() const { return origin_; }
  // "name:port:address", for who cannot look kHost up.
  [[nodiscard]] std::string resolve() const;
  [[nodiscard]] std::string certificate() const { return folder_.path() + "/cert.pem"; }
  [[nodiscard]] std::string key() const { return folder_.path() + "/key.pem"; }
  // Of the service account that it takes.
  [[nodiscard]] std::string credentials() const { return folder_.path() + "/account.json"; }

  // The browsers' subscriptions, for a server key.
  [[nodiscard]] std::vector<push::WebSubscription> subscribe(std::size_t count,
                                                             const std::string& server_key) const;
  void revoke_tokens() const;
  [[nodiscard]] json::Tree report() const;
  // Messages that were taken so far.
  [[nodiscard]] std::int64_t accepted() const;

 private:
  void make_certificate() const;
  [[nodiscard]] std::string ask(const std::vector<std::string>& curl_arguments,
                                const std::string& path) const;

  TemporaryFolder folder_;
  const std::string host_;
  std::unique_ptr<Process> process_;
  std::string origin_;
  int port_ = 0;
};

}  // namespace ruck::test

#pragma once
// Mail by SMTP (RFC 5321) over libcurl: one connection a message, since messages are few.
//
//   smtp://USER:PASSWORD@HOST:587      STARTTLS, without which nothing is sent
//   smtps://USER:PASSWORD@HOST:465     TLS from the first byte
//   smtp://HOST:25?tls=required        STARTTLS without credentials
//   smtp://HOST:25                     plain: a relay on this machine or in its own network
//
// Where there is TLS, the server's certificate is verified.
#include "mail/limits.hpp"
#include "mail/mailer.hpp"
#include "mail/mime.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

namespace ruck::mail {

class SmtpMailer final : public Mailer {
 public:
  struct Options {
    std::string url;
    std::string from;          // "Name <address>" or an address
    std::string ca_file = {};  // PEM of authorities to believe instead of the system's; for tests
    std::chrono::milliseconds connect_max = kSmtpConnectTime;
    std::chrono::seconds reply_max = kSmtpReplyTime;
    std::chrono::milliseconds total_max = kSmtpTotalTime;
  };
  explicit SmtpMailer(const Options& options);

  [[nodiscard]] Result<> send(const Message& message) override;
  [[nodiscard]] bool delivers() const override { return true; }
  void stop() override { ends_at_.store(Steady::now() + kSmtpStopTime); }

 private:
  using Steady = std::chrono::steady_clock;
  // What the URL says.
  struct Server {
    std::string url;  // without credentials; its path is the name that we greet with
    std::string user;
    std::string password;
    bool needs_tls = false;
  };
  class Exchange;
  [[nodiscard]] static std::optional<Server> parse_server(const std::string& url,
                                                          const Mailbox& from);

  Options options_;
  std::optional<Mailbox> from_;
  std::optional<Server> server_;  // nothing: the URL is none, and nothing can be sent
  std::atomic<Steady::time_point> ends_at_{Steady::time_point::max()};
};

}  // namespace ruck::mail

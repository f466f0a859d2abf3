#pragma once
// Messages to people's mailboxes. The interface is small so that a provider can stand behind it;
// the default writes each message to a file for the operator's own mail system to pick up.
#include "base/error.hpp"

#include <string>

namespace ruck::mail {

struct Message {
  std::string to;
  std::string subject;
  std::string text;
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // May block: it runs on a pool thread.
  [[nodiscard]] virtual Result<> send(const Message& message) = 0;
};

// One .eml file (RFC 5322) a message, readable by the owner of the process only. The log says that
// a message was written and where, never to whom or what.
class OutboxMailer final : public Mailer {
 public:
  explicit OutboxMailer(std::string folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Result<> send(const Message& message) override;

 private:
  std::string folder_;
};

}  // namespace ruck::mail

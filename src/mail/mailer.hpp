#pragma once
// Messages to people's mailboxes. By SMTP where the operator has set a mail server; else each
// message is written to a file, for the operator to see or to send.
#include "base/error.hpp"

#include <memory>
#include <string>

namespace ruck::mail {

struct Message {
  std::string to;  // one address
  std::string subject;
  std::string text;
  std::string html = {};  // the same with markup; empty: the text alone
  // Where one request ends messages of this kind (List-Unsubscribe; with https also by one click of
  // the mail program, RFC 8058). Empty: people have asked for this very message.
  std::string unsubscribe_url = {};
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // May block: it runs on a pool thread, several at a time.
  //
  // kInvalidInput: this message to this recipient is refused for good (no such mailbox, no address
  // at all, rejected content), and sending it again is no use. kUnavailable: not now, whatever the
  // reason; try again later. The message of the error is for operators, without the address and
  // without secrets. After kUnavailable the message may have been taken in all the same.
  [[nodiscard]] virtual Result<> send(const Message& message) = 0;

  // Whether messages leave this machine. The app says so where people wait for one.
  [[nodiscard]] virtual bool delivers() const { return false; }

  // What is being sent has a second to end; then it fails with kUnavailable, and so does what comes
  // later. Does not wait. May be called from any thread.
  virtual void stop() {}
};

// One .eml file (RFC 5322) a message, readable by the owner of the process only. The log says that
// a message was written and where, never to whom or what.
class OutboxMailer final : public Mailer {
 public:
  // `from` as in MailOptions.
  explicit OutboxMailer(std::string folder, std::string from = {})
      : folder_(std::move(folder)), from_(std::move(from)) {}
  [[nodiscard]] Result<> send(const Message& message) override;

 private:
  std::string folder_;
  std::string from_;
};

struct MailOptions {
  std::string smtp_url;   // as smtp.hpp has it; empty: an outbox
  std::string mail_from;  // "Name <address>" or an address; needed with smtp_url
  std::string outbox_folder;
};
[[nodiscard]] std::unique_ptr<Mailer> make_mailer(MailOptions options);

}  // namespace ruck::mail

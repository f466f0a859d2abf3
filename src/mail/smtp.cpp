#include "mail/smtp.hpp"

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "telemetry/log.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ruck::mail {
namespace {
constexpr long kReplyRefusedForGood = 5;  // the first digit
constexpr long kReplyRefusedForNow = 4;

// Once a process; what it makes is needed until the end.
void initialise() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  RUCK_ASSERT(done == CURLE_OK);
}

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

// "550 5.1.1" of "550 5.1.1 <anna@example.org>: no such user": codes, and nothing of the text, in
// which servers like to repeat the address.
std::string codes_of(std::string_view reply) {
  std::string out(reply.substr(0, std::min<std::size_t>(3, reply.size())));
  if (reply.size() <= 4) return out;
  reply.remove_prefix(4);
  const std::string_view word = reply.substr(0, reply.find(' '));
  const bool is_enhanced = std::ranges::count(word, '.') == 2 &&
                           word.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_enhanced ? out + " " + std::string(word) : out;
}

// What was last said to the server.
enum class Stage : std::uint8_t { kGreeting, kSender, kRecipient, kContent };
}  // namespace

// One message on its way, as libcurl asks for it and tells of it.
class SmtpMailer::Exchange {
 public:
  Exchange(const SmtpMailer& mailer, std::string content)
      : mailer_(mailer), content_(std::move(content)), left_(content_) {
    RUCK_ASSERT(easy_ != nullptr);
  }
  ~Exchange() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(recipients_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] Result<> run(const std::string& to) {
    set_server();
    set_limits();
    set_message(to);
    if (option_ != CURLE_OK) return fail(ErrorCode::kUnavailable, "libcurl refuses an option");
    return judge(curl_easy_perform(easy_));
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    if (option_ == CURLE_OK) option_ = curl_easy_setopt(easy_, option, value);
  }
  void set_server();
  void set_limits();
  void set_message(const std::string& to);
  [[nodiscard]] Result<> judge(CURLcode code) const;
  [[nodiscard]] std::string refusal() const;
  void take_command(std::string_view command);

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    std::string_view& left = static_cast<Exchange*>(self)->left_;
    const std::size_t bytes = std::min(size * count, left.size());
    std::memcpy(to, left.data(), bytes);
    left.remove_prefix(bytes);
    return bytes;
  }
  static std::size_t take_reply(char* data, std::size_t size, std::size_t count, void* self) {
    constexpr std::size_t kKept = 32;  // the codes are at its front
    auto* exchange = static_cast<Exchange*>(self);
    if (!exchange->is_quitting_) exchange->reply_.assign(data, std::min(size * count, kKept));
    return size * count;
  }
  static int look(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    if (type == CURLINFO_HEADER_OUT) static_cast<Exchange*>(self)->take_command({data, size});
    return 0;
  }
  static int is_over(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return Steady::now() >= static_cast<Exchange*>(self)->mailer_.ends_at_.load() ? 1 : 0;
  }

  const SmtpMailer& mailer_;
  std::string content_;
  std::string_view left_;  // of the content
  std::string reply_;      // the front of the last line that the server said, but for its goodbye
  bool is_quitting_ = false;
  Stage stage_ = Stage::kGreeting;
  CURL* easy_ = curl_easy_init();
  curl_slist* recipients_ = nullptr;
  CURLcode option_ = CURLE_OK;
};

void SmtpMailer::Exchange::set_server() {
  const Server& server = *mailer_.server_;
  set(CURLOPT_URL, server.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // not the environment's either
  set(CURLOPT_USE_SSL, static_cast<long>(server.needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!mailer_.options_.ca_file.empty()) set(CURLOPT_CAINFO, mailer_.options_.ca_file.c_str());
  if (server.user.empty()) return;
  set(CURLOPT_USERNAME, server.user.c_str());
  set(CURLOPT_PASSWORD, server.password.c_str());
}

void SmtpMailer::Exchange::set_limits() {
  const Options& options = mailer_.options_;
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // does not wait for an answer to a name that nobody needs any more
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_max.count()));
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options.reply_max.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_max.count()));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Exchange::is_over);
  set(CURLOPT_XFERINFODATA, this);
}

void SmtpMailer::Exchange::set_message(const std::string& to) {
  recipients_ = curl_slist_append(nullptr, ("<" + to + ">").c_str());
  set(CURLOPT_MAIL_FROM, ("<" + mailer_.from_->address + ">").c_str());
  set(CURLOPT_MAIL_RCPT, recipients_);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &Exchange::read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Exchange::take_reply);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_VERBOSE, 1L);
  set(CURLOPT_DEBUGFUNCTION, &Exchange::look);
  set(CURLOPT_DEBUGDATA, this);
}

void SmtpMailer::Exchange::take_command(std::string_view command) {
  if (command.starts_with("MAIL FROM:")) stage_ = Stage::kSender;
  if (command.starts_with("RCPT TO:")) stage_ = Stage::kRecipient;
  if (command.starts_with("DATA")) stage_ = Stage::kContent;
  if (command.starts_with("QUIT")) is_quitting_ = true;
}

// "refuses the recipient: 550 5.1.1".
std::string SmtpMailer::Exchange::refusal() const {
  const auto what = [this]() -> std::string_view {
    switch (stage_) {
      case Stage::kSender:
        return "the sender, mail_from";
      case Stage::kRecipient:
        return "the recipient";
      case Stage::kContent:
        return "the message";
      default:
        return "this server";
    }
  };
  return fmt::format("the mail server refuses {}: {}", what(), codes_of(reply_));
}

Result<> SmtpMailer::Exchange::judge(CURLcode code) const {
  if (code == CURLE_OK) return {};
  long reply = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply);
  const auto later = [](std::string reason) {
    return fail(ErrorCode::kUnavailable, std::move(reason));
  };
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return later("the server is stopping");
    case CURLE_COULDNT_RESOLVE_HOST:
      return later("the mail server's name has no address");
    case CURLE_COULDNT_CONNECT:
      return later("no connection to the mail server");
    case CURLE_OPERATION_TIMEDOUT:
      return later("the mail server does not answer in time");
    case CURLE_LOGIN_DENIED:
      return later("the mail server refuses the user or the password of smtp_url");
    case CURLE_USE_SSL_FAILED:
      return later("the mail server offers no TLS, without which nothing is sent");
    case CURLE_PEER_FAILED_VERIFICATION:
      return later("the mail server's certificate is not valid");
    case CURLE_SSL_CONNECT_ERROR:
      return later("no TLS with the mail server");
    default:
      break;
  }
  const bool is_about_message = stage_ == Stage::kRecipient || stage_ == Stage::kContent;
  if (is_about_message && reply / 100 == kReplyRefusedForGood) {
    return fail(ErrorCode::kInvalidInput, refusal());
  }
  if (reply / 100 == kReplyRefusedForGood || reply / 100 == kReplyRefusedForNow) {
    return later(refusal());
  }
  return later("the connection to the mail server broke off");
}

SmtpMailer::SmtpMailer(const Options& options)
    : options_(options), from_(parse_mailbox(options.from)) {
  initialise();
  if (from_) server_ = parse_server(options.url, *from_);
  options_.url.clear();  // the password is in one place
}

std::optional<SmtpMailer::Server> SmtpMailer::parse_server(const std::string& url,
                                                           const Mailbox& from) {
  CURLU* parsed = curl_url();
  std::optional<Server> server;
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    const std::string scheme = url_part(parsed, CURLUPART_SCHEME);
    const std::string port = url_part(parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    server = Server{.url = {},
                    .user = url_part(parsed, CURLUPART_USER, CURLU_URLDECODE),
                    .password = url_part(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE)};
    server->needs_tls = !server->user.empty() || scheme == "smtps" ||
                        url_part(parsed, CURLUPART_QUERY) == "tls=required";
    server->url = fmt::format("{}://{}{}{}/{}", scheme, url_part(parsed, CURLUPART_HOST),
                              port.empty() ? "" : ":", port,
                              from.address.substr(from.address.rfind('@') + 1));
    if (scheme != "smtp" && scheme != "smtps") server.reset();
  }
  curl_url_cleanup(parsed);
  return server;
}

Result<> SmtpMailer::send(const Message& message) {
  const auto told = [](Error error) {
    telemetry::log_warning("mail.not_sent", {{"reason", error.message},
                                             {"for_good", error.code == ErrorCode::kInvalidInput}});
    return fail(std::move(error));
  };
  if (!server_) {
    return told(
        {.code = ErrorCode::kUnavailable, .message = "smtp_url or mail_from is not usable"});
  }
  const UtcMs now = to_ms(SystemClock().now());
  Result<std::string> content =
      write_mime(message, {.from = *from_, .sent_at = now, .id = Uuid::make_v7(now).to_string()});
  if (!content) return told(content.error());
  Exchange exchange(*this, std::move(*content));
  if (Result<> sent = exchange.run(message.to); !sent) return told(std::move(sent).error());
  telemetry::log_info("mail.sent");
  return {};
}

std::unique_ptr<Mailer> make_mailer(MailOptions options) {
  if (options.smtp_url.empty()) {
    return std::make_unique<OutboxMailer>(std::move(options.outbox_folder),
                                          std::move(options.mail_from));
  }
  return std::make_unique<SmtpMailer>(SmtpMailer::Options{.url = std::move(options.smtp_url),
                                                          .from = std::move(options.mail_from)});
}

}  // namespace ruck::mail

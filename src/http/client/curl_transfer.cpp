#include "http/client/curl_transfer.hpp"

#include "base/text.hpp"
#include "http/client/address_rules.hpp"
#include "http/client/outbound_limits.hpp"
#include "http/client/retry_after.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace ruck::http {
namespace {
constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
// What libcurl writes itself; another would change where the request ends or goes.
constexpr std::array<std::string_view, 6> kOwnHeaders = {
    "host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"};
constexpr const char* kProgram = "RuckingApp";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kTokenMarks.contains(c);
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::optional<long> number_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + mark.size());
  return parse_number<long>(text.substr(0, text.find_first_not_of("0123456789")));
}

std::string url_part(Curl_URL* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

std::optional<AddressBytes> bytes_of(const curl_sockaddr& address) {
  AddressBytes bytes{};
  if (address.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &v4.sin_addr, 4);
    return bytes;
  }
  if (address.family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, std::min<std::size_t>(sizeof v6, address.addrlen));
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return bytes;
  }
  return std::nullopt;
}

// Sets options until one is refused.
class Setter {
 public:
  explicit Setter(CURL* easy) : easy_(easy) {}
  template <class T>
  Setter& set(CURLoption option, T value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(easy_, option, value);
    return *this;
  }
  [[nodiscard]] bool ok() const { return code_ == CURLE_OK; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

void set_security(Setter& to, const TransferRules& rules) {
  to.set(CURLOPT_SSL_VERIFYPEER, 1L)
      .set(CURLOPT_SSL_VERIFYHOST, 2L)
      .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_PROXY, "");  // not the environment's either
  if (!rules.ca_file.empty()) {
    to.set(CURLOPT_CAINFO, rules.ca_file.c_str());
  }
}

void set_times(Setter& to, const TransferRules& rules) {
  to.set(CURLOPT_NOSIGNAL, 1L)
      // A handle that ends while its name is asked for does not wait for the answer.
      .set(CURLOPT_QUICK_EXIT, 1L)
      .set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(rules.connect_max.count()))
      .set(CURLOPT_LOW_SPEED_LIMIT, 1L)
      .set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(rules.idle_max.count()))
      .set(CURLOPT_MAXAGE_CONN, static_cast<long>(std::chrono::seconds(kOutboundKeptTime).count()));
}

void set_request(Setter& to, const OutboundRequest& request) {
  const std::string& method = request.method;
  if (method == "HEAD") {
    to.set(CURLOPT_NOBODY, 1L);
    return;
  }
  const bool has_body =
      !request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) {
    to.set(CURLOPT_POST, 1L)
        .set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()))
        .set(CURLOPT_POSTFIELDS, request.body.data());
  }
  to.set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void set_signature(Setter& to, const OutboundSignature& signature) {
  to.set(CURLOPT_AWS_SIGV4, signature.scope.c_str())
      .set(CURLOPT_USERNAME, signature.access_key.c_str())
      .set(CURLOPT_PASSWORD, signature.secret_key.c_str())
      // The pause that "Expect:" spares the others (make_headers).
      .set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
}
}  // namespace

struct CurlTransfer::Callbacks {
  static std::size_t on_head(char* data, std::size_t size, std::size_t count, void* self) {
    const std::size_t bytes = size * count;
    try {
      return static_cast<CurlTransfer*>(self)->take_head_line({data, bytes}) ? bytes : 0;
    } catch (const std::bad_alloc&) {
      return 0;  // ends the transfer
    }
  }
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    const std::size_t bytes = size * count;
    try {
      return static_cast<CurlTransfer*>(self)->take_body({data, bytes}) ? bytes : 0;
    } catch (const std::bad_alloc&) {
      return 0;  // ends the transfer
    }
  }
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto* transfer = static_cast<CurlTransfer*>(self);
    if (!transfer->may_connect_to(*address)) {
      transfer->send_.met_private = true;
      return CURL_SOCKET_BAD;
    }
    transfer->send_.tried_address = true;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
  static int before_send(void* self, char* remote, char*, int, int) {
    const bool may = static_cast<CurlTransfer*>(self)->may_put_on(remote);
    return may ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }
  static int on_remark(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    if (type == CURLINFO_TEXT) static_cast<CurlTransfer*>(self)->take_remark({data, size});
    return 0;
  }
};

void CurlTransfer::EasyDelete::operator()(void* easy) const { curl_easy_cleanup(easy); }
void CurlTransfer::UrlDelete::operator()(Curl_URL* url) const { curl_url_cleanup(url); }
void CurlTransfer::ListDelete::operator()(curl_slist* list) const { curl_slist_free_all(list); }

CurlTransfer::CurlTransfer(OutboundRequest request, Waiter waiter, Time started,
                           const TransferRules& rules)
    : rules_(rules),
      request_(std::move(request)),
      waiter_(std::move(waiter)),
      started_(started),
      deadline_(started +
                std::min<std::chrono::milliseconds>(request_.total_max, kOutboundTotalTimeMax)),
      reply_bytes_max_(std::min(request_.reply_bytes_max, kOutboundReplyBytesMax)) {}

CurlTransfer::~CurlTransfer() = default;

// ---- before it is sent --------------------------------------------------------------------------

Result<> CurlTransfer::prepare() {
  if (Result<> taken = take_url_apart(); !taken) return taken;
  if (!is_token(request_.method)) return fail(ErrorCode::kInvalidInput, "no method of HTTP");
  if (Result<> made = make_headers(); !made) return made;
  return set_options();
}

// By libcurl's own parser, so that what is checked is what is connected to.
Result<> CurlTransfer::take_url_apart() {
  only_public_ = is_from_user() && !rules_.allow_private;
  const std::string& text = request_.url;
  if (text.size() > kOutboundUrlBytesMax || text.contains('\0')) {
    return fail(ErrorCode::kInvalidInput, "no URL of http or https");
  }
  url_.reset(curl_url());
  const CURLUcode parsed =
      curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
  if (parsed == CURLUE_USER_NOT_ALLOWED) {
    return fail(ErrorCode::kForbidden, "a URL with a user or a password in it");
  }
  const std::string scheme = url_part(url_.get(), CURLUPART_SCHEME);
  const std::string host = ascii_lower(url_part(url_.get(), CURLUPART_HOST));
  is_https_ = scheme == "https";
  if (parsed != CURLUE_OK || host.empty() || (!is_https_ && scheme != "http")) {
    return fail(ErrorCode::kInvalidInput, "no URL of http or https");
  }
  const std::string port = url_part(url_.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  host_ = port.empty() ? host : host + ":" + port;
  if (only_public_ && !is_https_) return fail(ErrorCode::kForbidden, host_ + ": not https");
  return {};
}

Result<> CurlTransfer::make_headers() {
  // A line without a value keeps libcurl from sending a header of its own. It would sign such
  // lines, too, as if they were sent, and no store would take the signature.
  const bool is_signed = request_.signature.has_value();
  std::vector<std::string> lines;
  if (!is_signed) lines.emplace_back("Expect:");  // no pause before a large body
  bool has_type = false;
  for (const auto& [name, value] : request_.headers) {
    const bool is_own = std::ranges::any_of(
        kOwnHeaders, [&](std::string_view own) { return equals_ignoring_case(name, own); });
    if (!is_token(name) || is_own || has_control(value)) {
      return fail(ErrorCode::kInvalidInput, "a header that cannot be sent");
    }
    has_type = has_type || equals_ignoring_case(name, "content-type");
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!has_type && !is_signed) lines.emplace_back("Content-Type:");  // not that of a form
  headers_ = make_list(lines);
  return {};
}

CurlTransfer::List CurlTransfer::make_list(const std::vector<std::string>& lines) {
  List list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());  // it is the same list, with one more
    list.reset(longer);
  }
  return list;
}

Result<> CurlTransfer::set_options() {
  easy_.reset(curl_easy_init());
  if (!easy_) return fail(ErrorCode::kOverloaded, "out of memory");
  Setter to(easy_.get());
  to.set(CURLOPT_PRIVATE, this)
      .set(CURLOPT_CURLU, url_.get())
      .set(CURLOPT_USERAGENT, kProgram)
      .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS))
      // Rather wait a moment for a connection that many share than make one for each.
      .set(CURLOPT_PIPEWAIT, is_https_ ? 1L : 0L)
      .set(CURLOPT_HTTPHEADER, headers_.get())
      .set(CURLOPT_HEADERFUNCTION, &Callbacks::on_head)
      .set(CURLOPT_HEADERDATA, this)
      .set(CURLOPT_WRITEFUNCTION, &Callbacks::on_body)
      .set(CURLOPT_WRITEDATA, this)
      .set(CURLOPT_OPENSOCKETFUNCTION, &Callbacks::on_socket)
      .set(CURLOPT_OPENSOCKETDATA, this)
      .set(CURLOPT_PREREQFUNCTION, &Callbacks::before_send)
      .set(CURLOPT_PREREQDATA, this)
      .set(CURLOPT_VERBOSE, 1L)
      .set(CURLOPT_DEBUGFUNCTION, &Callbacks::on_remark)
      .set(CURLOPT_DEBUGDATA, this);
  set_security(to, rules_);
  set_times(to, rules_);
  set_request(to, request_);
  if (request_.signature) set_signature(to, *request_.signature);
  if (!rules_.resolve.empty()) {
    resolve_ = make_list(rules_.resolve);
    to.set(CURLOPT_RESOLVE, resolve_.get());
  }
  if (!to.ok()) return fail(ErrorCode::kInternal, "libcurl refuses an option");
  return {};
}

// ---- what libcurl asks and tells ----------------------------------------------------------------

bool CurlTransfer::may_connect_to(const curl_sockaddr& address) const {
  if (!only_public_) return true;
  const auto bytes = bytes_of(address);
  return bytes && is_public_address(*bytes);
}

// Called with a connection at hand, new or kept, before anything of the request is put on it. A
// second time in one send it is libcurl that sends again by itself: it does so up to five times,
// for every request on a kept connection that turns out to be closed. Whether that may be is for
// may_send_again() to say.
bool CurlTransfer::may_put_on(std::string_view remote_address) {
  if (only_public_) {
    const auto bytes = parse_address(remote_address);
    if (!bytes || !is_public_address(*bytes)) return false;
  }
  send_.wants_again = send_.is_out;
  send_.is_out = true;
  return !send_.wants_again;
}

// Only here does libcurl tell that a stream of HTTP/2 was left alone: refused, or beyond the last
// one that a GOAWAY names (RFC 9113 sections 8.7 and 6.8). Where the words of another version are
// others, such a request is not sent again, and tests/outbound fails.
void CurlTransfer::take_remark(std::string_view remark) {
  if (const auto stream = number_after(remark, "Using Stream ID: ")) send_.stream = *stream;
  const auto last = number_after(remark, "last_stream=");
  const bool is_left_out = remark.contains("GOAWAY") && last && send_.stream > *last;
  if (is_left_out || remark.contains("REFUSED_STREAM")) send_.is_unprocessed = true;
}

bool CurlTransfer::take_head_line(std::string_view line) {
  send_.head_bytes += line.size();
  if (send_.head_bytes > kOutboundHeadBytesMax) {
    send_.is_too_large = true;
    return false;
  }
  if (line.starts_with("HTTP/")) send_.reply.headers.clear();  // 1xx came before
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.starts_with("HTTP/")) return true;
  send_.reply.headers.emplace_back(ascii_lower(trim(line.substr(0, colon))),
                                   trim(line.substr(colon + 1)));
  return true;
}

bool CurlTransfer::take_body(std::string_view bytes) {
  if (bytes.size() > reply_bytes_max_ - send_.reply.body.size()) {
    send_.is_too_large = true;
    return false;
  }
  send_.reply.body += bytes;
  return true;
}

// ---- what became of it --------------------------------------------------------------------------

CurlTransfer::Verdict CurlTransfer::judge(int code, UtcMs now) {
  if (code == CURLE_OK) return judge_reply(now);
  Verdict verdict = judge_failure(code);
  verdict.reason.insert(0, host_ + ": ");
  return verdict;
}

CurlTransfer::Verdict CurlTransfer::judge_reply(UtcMs now) {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  send_.reply.status = static_cast<int>(status);
  if (send_.reply.status < 200 || send_.reply.status > 599) {
    return {.outcome = OutboundOutcome::kBroken, .reason = host_ + ": the answer is not HTTP"};
  }
  if (const auto after = send_.reply.header("retry-after"); !after.empty()) {
    send_.reply.retry_after = parse_retry_after(after, now);
  }
  constexpr std::array kClasses = {OutboundOutcome::k2xx, OutboundOutcome::k3xx,
                                   OutboundOutcome::k4xx, OutboundOutcome::k5xx};
  return {.outcome = kClasses.at(static_cast<std::size_t>(send_.reply.status) / 100 - 2)};
}

CurlTransfer::Verdict CurlTransfer::judge_failure(int code) const {
  using enum OutboundOutcome;
  if (send_.is_too_large) return {.outcome = kTooLarge, .reason = "the answer is too large"};
  if (send_.wants_again) return {.outcome = kBroken, .reason = "the connection broke off"};
  const Verdict forbidden{.outcome = kForbidden,
                          .code = ErrorCode::kForbidden,
                          .reason = "no address that a person may name"};
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return forbidden;
    case CURLE_COULDNT_CONNECT:
      if (send_.met_private && !send_.tried_address) return forbidden;
      return {.outcome = kNoConnection, .reason = "cannot connect"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {.outcome = kNoConnection, .reason = "its name has no address"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return {.outcome = kNoConnection, .reason = "its certificate is not valid"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return {.outcome = kNoConnection, .reason = "no TLS with it"};
    case CURLE_OPERATION_TIMEDOUT:
      return {.outcome = kTimeout,
              .reason = send_.is_out ? "it fell silent" : "no connection in time"};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {.outcome = kBroken, .reason = "the connection broke off"};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR:  // of ours, and it was not the size: a callback found no memory
      return {.outcome = kOverloaded, .code = ErrorCode::kOverloaded, .reason = "out of memory"};
    default:
      return {.outcome = kBroken, .reason = "the answer is not HTTP"};
  }
}

CurlTransfer::Verdict CurlTransfer::overdue() const {
  return {.outcome = OutboundOutcome::kTimeout,
          .reason = host_ + (send_.is_out ? ": no answer in time" : ": no connection in time")};
}

bool CurlTransfer::may_send_again(const Verdict& verdict) const {
  using enum OutboundOutcome;
  const bool is_transport =
      verdict.outcome == kNoConnection || verdict.outcome == kBroken || verdict.outcome == kTimeout;
  if (!is_transport || sends_ >= kOutboundSendsMax) return false;
  return !send_.is_out || request_.is_idempotent || (send_.is_unprocessed && send_.head_bytes == 0);
}

Result<> CurlTransfer::begin_again() {
  ++sends_;
  send_ = {};
  return set_options();
}

long CurlTransfer::connections_made() const {
  long count = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &count);
  return count;
}

}  // namespace ruck::http

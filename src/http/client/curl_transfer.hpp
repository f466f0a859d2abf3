#pragma once
// One request on its way through libcurl: its handle, what has come of the reply, what may be done
// when it fails. The loop of CurlOutbound owns it; all of it happens on that thread.
#include "base/time.hpp"
#include "http/client/outbound.hpp"
#include "http/client/outbound_metrics.hpp"
#include "runtime/resumption.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct curl_slist;
struct curl_sockaddr;
struct Curl_URL;

namespace ruck::http {

// What holds for every transfer.
struct TransferRules {
  bool allow_private = false;
  std::string ca_file;
  std::vector<std::string> resolve;
  std::chrono::milliseconds connect_max{};
  std::chrono::seconds idle_max{};
};

class CurlTransfer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Waiter = runtime::Promise<Result<OutboundReply>>;

  // What became of a send.
  struct Verdict {
    OutboundOutcome outcome = OutboundOutcome::kBroken;
    ErrorCode code = ErrorCode::kUnavailable;
    std::string reason;  // empty: there is a reply
  };

  // `rules` must outlive it.
  CurlTransfer(OutboundRequest request, Waiter waiter, Time started, const TransferRules& rules);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Takes the request apart and makes the handle. Checks everything that can be known before an
  // address is: kInvalidInput, kForbidden.
  [[nodiscard]] Result<> prepare();

  // A CURL*, whose CURLINFO_PRIVATE is this transfer.
  [[nodiscard]] void* handle() const { return easy_.get(); }
  // "push.example.org", with the port where it is not the scheme's own. Set by prepare().
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] bool is_from_user() const { return request_.address_from == AddressFrom::kUser; }
  [[nodiscard]] Time started() const { return started_; }
  [[nodiscard]] Time deadline() const { return deadline_; }

  // What libcurl's result (a CURLcode) means.
  [[nodiscard]] Verdict judge(int code, UtcMs now);
  // The time of the whole is up.
  [[nodiscard]] Verdict overdue() const;
  // Whether a send that ended like that may be made once more: nothing of it can have been taken
  // in, or twice does no harm.
  [[nodiscard]] bool may_send_again(const Verdict& verdict) const;
  // Makes the next send ready, with a handle of its own.
  [[nodiscard]] Result<> begin_again();
  // Whether it took more than one.
  [[nodiscard]] bool was_sent_again() const { return sends_ > 1; }
  // How many connections libcurl made for the last send.
  [[nodiscard]] long connections_made() const;

  [[nodiscard]] OutboundReply take_reply() { return std::move(send_.reply); }
  [[nodiscard]] Waiter take_waiter() { return std::move(waiter_); }

 private:
  struct Callbacks;  // what libcurl calls
  struct EasyDelete {
    void operator()(void* easy) const;
  };
  struct UrlDelete {
    void operator()(Curl_URL* url) const;
  };
  struct ListDelete {
    void operator()(curl_slist* list) const;
  };
  using List = std::unique_ptr<curl_slist, ListDelete>;

  // What is known of one send.
  struct Send {
    OutboundReply reply;
    std::size_t head_bytes = 0;
    long stream = 0;              // of HTTP/2
    bool is_out = false;          // the request was put on a connection
    bool is_unprocessed = false;  // HTTP/2 says that the other side did nothing with it
    bool wants_again = false;     // libcurl was about to put it on another connection by itself
    bool met_private = false;     // an address that may not be connected to
    bool tried_address = false;
    bool is_too_large = false;
  };

  [[nodiscard]] Result<> take_url_apart();
  [[nodiscard]] Result<> make_headers();
  [[nodiscard]] static List make_list(const std::vector<std::string>& lines);
  [[nodiscard]] Result<> set_options();
  [[nodiscard]] bool may_connect_to(const curl_sockaddr& address) const;
  [[nodiscard]] bool may_put_on(std::string_view remote_address);
  void take_remark(std::string_view remark);
  [[nodiscard]] bool take_head_line(std::string_view line);
  [[nodiscard]] bool take_body(std::string_view bytes);
  [[nodiscard]] Verdict judge_reply(UtcMs now);
  [[nodiscard]] Verdict judge_failure(int code) const;

  const TransferRules& rules_;
  OutboundRequest request_;
  Waiter waiter_;
  Time started_;
  Time deadline_;
  std::string host_;
  bool is_https_ = false;
  bool only_public_ = false;  // connects to public addresses only

  std::unique_ptr<Curl_URL, UrlDelete> url_;
  List headers_;
  List resolve_;
  std::unique_ptr<void, EasyDelete> easy_;  // after what it points to

  Send send_;
  int sends_ = 1;
  std::size_t reply_bytes_max_ = 0;
};

}  // namespace ruck::http

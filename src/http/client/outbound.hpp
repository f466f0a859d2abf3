#pragma once
// Requests to other people's servers: push services, Firebase, stores of media. One place with
// limits, retries, a circuit breaker a host and metrics. Never called inside a request of a client;
// jobs call it. Redirects are not followed: they are replies like any other.
#include "base/error.hpp"
#include "runtime/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::http {

// Who named the address.
enum class AddressFrom : std::uint8_t {
  kOperator,  // a setting: may be any host
  // A person: https only, and never a loopback, private, link-local or metadata address, whatever
  // its name resolves to (address_rules.hpp).
  kUser,
};

// AWS Signature Version 4, which stores that speak S3 ask for. Never logged, never in an error.
struct OutboundSignature {
  std::string scope;  // "aws:amz:eu-central-1:s3": both providers, the region, the service
  std::string access_key;
  std::string secret_key;
};

struct OutboundRequest {
  std::string method = "POST";
  std::string url;  // http or https, without a user and a password
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  AddressFrom address_from = AddressFrom::kOperator;
  // Whether a second send after an answer was lost does no harm. Others are sent again only where
  // nothing of the first can have arrived.
  bool is_idempotent = false;
  // With waiting for a connection and a second send; at most kOutboundTotalTimeMax.
  std::chrono::milliseconds total_max = std::chrono::seconds(30);
  std::size_t reply_bytes_max = 64 * 1024;
  // Each send is signed anew, with its own time. Names in the query must be sorted, and everything
  // in the URL escaped as RFC 3986 has it: it is signed as it stands. A request with a body needs a
  // content-type of its own.
  std::optional<OutboundSignature> signature = {};
};

struct OutboundReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  // Of Retry-After, seconds or date, at most kRetryAfterMax; absent where there was none.
  std::optional<std::chrono::seconds> retry_after;
  [[nodiscard]] std::string_view header(std::string_view name) const;  // empty if absent
};

class Outbound {
 public:
  virtual ~Outbound() = default;
  // Any status is a reply. kUnavailable, with the reason as its message (never the whole URL, which
  // may be a secret): no connection, a limit, a broken answer, a host whose circuit is open (with
  // retry_after_s), a server that stops; kForbidden: an address that a person may not name;
  // kOverloaded: too many under way; kInvalidInput: no URL, or a method or header that is none.
  [[nodiscard]] virtual task<Result<OutboundReply>> send(OutboundRequest request) = 0;
};

}  // namespace ruck::http

#include "http/session/request_parser.hpp"

#include "base/text.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <functional>
#include <optional>

namespace ruck::http::session {
namespace {
using beast::http::field;

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::kGet;
    case beast::http::verb::head:
      return Method::kHead;
    case beast::http::verb::post:
      return Method::kPost;
    case beast::http::verb::put:
      return Method::kPut;
    case beast::http::verb::patch:
      return Method::kPatch;
    case beast::http::verb::delete_:
      return Method::kDelete;
    case beast::http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

std::optional<Header> kept_header(field name) {
  switch (name) {
    case field::accept:
      return Header::kAccept;
    case field::accept_encoding:
      return Header::kAcceptEncoding;
    case field::authorization:
      return Header::kAuthorization;
    case field::connection:
      return Header::kConnection;
    case field::content_encoding:
      return Header::kContentEncoding;
    case field::content_type:
      return Header::kContentType;
    case field::cookie:
      return Header::kCookie;
    case field::expect:
      return Header::kExpect;
    case field::forwarded:
      return Header::kForwarded;
    case field::host:
      return Header::kHost;
    case field::if_none_match:
      return Header::kIfNoneMatch;
    case field::if_range:
      return Header::kIfRange;
    case field::range:
      return Header::kRange;
    case field::origin:
      return Header::kOrigin;
    case field::upgrade:
      return Header::kUpgrade;
    case field::user_agent:
      return Header::kUserAgent;
    case field::sec_websocket_key:
      return Header::kWebSocketKey;
    case field::sec_websocket_version:
      return Header::kWebSocketVersion;
    default:
      return std::nullopt;
  }
}

// Fields that Beast has no number for.
std::optional<Header> kept_header(std::string_view name) {
  if (equals_ignoring_case(name, "X-Forwarded-For")) return Header::kForwardedFor;
  if (equals_ignoring_case(name, "X-Forwarded-Proto")) return Header::kForwardedProto;
  if (equals_ignoring_case(name, "X-Request-Id")) return Header::kRequestId;
  return std::nullopt;
}

// RFC 3986 §3.2: what an authority may hold, without a user.
bool is_host(std::string_view text) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=%:[]";
  return std::ranges::all_of(text, [&](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kMarks.contains(c);
  });
}

// The parser has to stop; which flaw it was is known besides.
const beast::error_code kStop = beast::http::error::bad_value;
}  // namespace

RequestParser::RequestParser(BodyBudget& budget) : charge_(budget) {
  basic_parser::header_limit(static_cast<std::uint32_t>(kHeaderBytesMax));
  basic_parser::body_limit(boost::none);  // on_body counts itself
  basic_parser::eager(false);             // one element of the grammar at a time
}

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  needs_more_ = false;
  while (!is_done() && !error_ && !needs_more_ && used < bytes.size()) {
    if (is_head_done_ && !is_decided_) break;
    used += step(bytes.substr(used));
  }
  return used;
}

// One element: the head, a line of the framing, a piece of the body.
std::size_t RequestParser::step(std::string_view rest) {
  const bool in_head = !is_head_done_;
  const std::size_t body_before = body_taken_;
  input_ = rest;
  beast::error_code error;
  const std::size_t used = put(boost::asio::buffer(rest.data(), rest.size()), error);
  needs_more_ = error == beast::http::error::need_more;
  if (error && !needs_more_) error_ = error;
  const std::size_t waiting = needs_more_ ? rest.size() - used : 0;
  if (in_head) {
    head_bytes_ += used;
    if (head_bytes_ + waiting > kHeaderBytesMax) refuse(Flaw::kHeadTooLarge);
  } else {
    check_framing(used - (body_taken_ - body_before), waiting);
  }
  return used;
}

void RequestParser::check_framing(std::size_t framing, std::size_t waiting) {
  framing_bytes_ += framing;
  const bool is_long = framing + waiting > kFramingBytesMax;
  const bool is_much = framing_bytes_ + waiting > kFramingBytesMax + 8 * body_taken_;
  if (is_long || is_much) refuse(Flaw::kFraming);
}

// The first flaw is the one that is told.
void RequestParser::refuse(Flaw flaw) {
  if (flaw_ == Flaw::kNone) flaw_ = flaw;
  if (!error_) error_ = kStop;
}

Error RequestParser::problem() const {
  switch (flaw_) {
    case Flaw::kHeadTooLarge:
      return {.code = ErrorCode::kHeadersTooLarge};
    case Flaw::kTargetTooLong:
      return {.code = ErrorCode::kUriTooLong};
    case Flaw::kBodyTooLarge:
      return {.code = ErrorCode::kPayloadTooLarge};
    case Flaw::kNoBudget:
      return too_many_bodies();
    case Flaw::kFraming:
      return {.code = ErrorCode::kMalformedRequest,
              .message = "The request is not valid HTTP: too much between the chunks of its body"};
    case Flaw::kHost:
      return {.code = ErrorCode::kMalformedRequest,
              .message = "The request is not valid HTTP: it needs one Host"};
    case Flaw::kFolded:
      return {.code = ErrorCode::kMalformedRequest,
              .message = "The request is not valid HTTP: a field is folded over several lines"};
    case Flaw::kNone:
      break;
  }
  if (error_ == beast::http::error::header_limit) return {.code = ErrorCode::kHeadersTooLarge};
  return {.code = ErrorCode::kMalformedRequest,
          .message = "The request is not valid HTTP: " + error_.message()};
}

RequestParser::Slice RequestParser::keep(beast::string_view text) {
  const Slice slice{.start = static_cast<std::uint32_t>(kept_.size()),
                    .size = static_cast<std::uint32_t>(text.size())};
  kept_.append(text.data(), text.size());
  return slice;
}

std::string* RequestParser::list_of(Header name) {
  if (name == Header::kForwarded) return &forwarded_;
  if (name == Header::kForwardedFor) return &forwarded_for_;
  return name == Header::kForwardedProto ? &forwarded_proto_ : nullptr;
}

std::string_view RequestParser::header(Header name) const {
  return view(headers_[static_cast<std::size_t>(name)]);
}

Request RequestParser::head() const {
  Request out{.method = method_};
  const std::string_view target = view(target_);
  const std::size_t question = target.find('?');
  out.path = target.substr(0, question);
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  for (std::size_t i = 0; i < kHeaderCount; ++i) out.headers[i] = view(headers_[i]);
  out.headers[static_cast<std::size_t>(Header::kForwarded)] = forwarded_;
  out.headers[static_cast<std::size_t>(Header::kForwardedFor)] = forwarded_for_;
  out.headers[static_cast<std::size_t>(Header::kForwardedProto)] = forwarded_proto_;
  const auto length = content_length();
  if (length) out.body_length = *length;
  out.has_body = !is_done();
  return out;
}

void RequestParser::accept_body(std::size_t bytes_max, Keep keep) {
  is_decided_ = true;
  body_bytes_max_ = bytes_max;
  const auto length = content_length();
  // An address is set aside for it, memory only as it comes.
  const bool is_known = length && *length <= bytes_max;
  if (keep == Keep::kWhole && is_known) {
    body_.reserve(static_cast<std::size_t>(*length) + json::kPadding);
  }
}

void RequestParser::drop_body(std::size_t bytes_max) {
  accept_body(bytes_max, Keep::kPieces);
  is_dropped_ = true;
}

std::string_view RequestParser::padded_body() {
  const std::size_t size = body_.size();
  body_.append(json::kPadding, '\0');
  return std::string_view(body_).substr(0, size);
}

std::string RequestParser::take_piece() { return std::exchange(body_, std::string()); }

void RequestParser::release_body() {
  std::string().swap(body_);
  charge_.release();
}

void RequestParser::on_request_impl(beast::http::verb verb, beast::string_view,
                                    beast::string_view target, int version,
                                    beast::error_code& error) {
  method_ = method_of(verb);
  version_ = version;
  if (target.size() > kTargetBytesMax) {
    refuse(Flaw::kTargetTooLong);
    error = error_;
    return;
  }
  target_ = keep(target);
}

// RFC 9112 §5.2. Beast has put the lines together by now: then the value stands elsewhere than in
// what was fed, or behind a line break.
bool RequestParser::is_folded(beast::string_view name, beast::string_view value) const {
  const std::less<const char*> is_before;
  const char* const from = name.data() + name.size();
  const char* const to = value.data() + value.size();
  const bool is_elsewhere =
      is_before(value.data(), from) || is_before(input_.data() + input_.size(), to);
  return is_elsewhere || std::find(from, to, '\n') != to;
}

void RequestParser::on_field_impl(field name, beast::string_view text_name,
                                  beast::string_view value, beast::error_code& error) {
  if (is_folded(text_name, value)) {
    refuse(Flaw::kFolded);
    error = error_;
    return;
  }
  if (is_head_done_) return;
  const bool is_encoded = name == field::transfer_encoding;
  if (is_encoded &&
      (version_ < 11 || !equals_ignoring_case({value.data(), value.size()}, "chunked"))) {
    // Beast takes an encoding it does not know for no body at all; guessing where a request ends is
    // how requests are smuggled. HTTP/1.0 has none (RFC 9112 §6.1).
    error = beast::http::error::bad_transfer_encoding;
    return;
  }
  if (name == field::host) ++hosts_;
  const std::optional<Header> kept =
      name == field::unknown ? kept_header(std::string_view(text_name.data(), text_name.size()))
                             : kept_header(name);
  if (!kept) return;
  if (std::string* list = list_of(*kept)) {
    if (!list->empty()) list->append(", ");
    list->append(value.data(), value.size());
    return;
  }
  Slice& slot = headers_[static_cast<std::size_t>(*kept)];
  if (slot.size == 0) slot = keep(value);
}

void RequestParser::on_header_impl(beast::error_code& error) {
  is_head_done_ = true;
  const std::size_t hosts_min = version_ < 11 ? 0 : 1;  // RFC 9112 §3.2
  if (hosts_ < hosts_min || hosts_ > 1 || !is_host(header(Header::kHost))) {
    refuse(Flaw::kHost);
    error = error_;
    return;
  }
  expects_continue_ =
      version_ >= 11 && equals_ignoring_case(header(Header::kExpect), "100-continue");
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&,
                                      beast::error_code& error) {
  error = {};
}

std::size_t RequestParser::on_body_impl(beast::string_view bytes, beast::error_code& error) {
  expects_continue_ = false;  // it did not wait
  if (bytes.size() > body_bytes_max_ - body_taken_) {
    refuse(Flaw::kBodyTooLarge);
  } else if (!is_dropped_ && !charge_.cover(body_.size() + bytes.size())) {
    refuse(Flaw::kNoBudget);
  }
  error = error_;
  if (error) return 0;
  body_taken_ += bytes.size();
  if (!is_dropped_) body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                              beast::error_code& error) {
  return on_body_impl(bytes, error);
}

}  // namespace ruck::http::session

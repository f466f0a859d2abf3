#include "http/session/request_parser.hpp"

#include "base/text.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

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
    case field::host:
      return Header::kHost;
    case field::if_none_match:
      return Header::kIfNoneMatch;
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
}  // namespace

RequestParser::RequestParser(const BodyLimit& body_limit) : ask_body_limit_(body_limit) {
  basic_parser::header_limit(static_cast<std::uint32_t>(kHeaderBytesMax));
  basic_parser::body_limit(boost::none);  // on_header_impl and on_body count themselves
  basic_parser::eager(true);
}

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (!is_done() && used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    used += put(boost::asio::buffer(rest.data(), rest.size()), error_);
    if (error_ == beast::http::error::need_more) {
      error_ = {};
      break;
    }
    if (error_) break;
  }
  return used;
}

RequestParser::Slice RequestParser::keep(beast::string_view text) {
  const Slice slice{.start = static_cast<std::uint32_t>(kept_.size()),
                    .size = static_cast<std::uint32_t>(text.size())};
  kept_.append(text.data(), text.size());
  return slice;
}

std::string_view RequestParser::header(Header name) const {
  return view(headers_[static_cast<std::size_t>(name)]);
}

Request RequestParser::request() {
  Request out{.method = method_};
  const std::string_view target = view(target_);
  const std::size_t question = target.find('?');
  out.path = target.substr(0, question);
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  for (std::size_t i = 0; i < kHeaderCount; ++i) out.headers[i] = view(headers_[i]);
  const std::size_t size = body_.size();
  body_.append(json::kPadding, '\0');
  out.body = std::string_view(body_).substr(0, size);
  return out;
}

void RequestParser::on_request_impl(beast::http::verb verb, beast::string_view,
                                    beast::string_view target, int, beast::error_code& error) {
  method_ = method_of(verb);
  if (target.size() > kTargetBytesMax) {
    target_is_too_long_ = true;
    error = beast::http::error::bad_target;
    return;
  }
  target_ = keep(target);
}

void RequestParser::on_field_impl(field name, beast::string_view text_name,
                                  beast::string_view value, beast::error_code& error) {
  if (has_fields_) return;
  if (name == field::transfer_encoding &&
      !equals_ignoring_case({value.data(), value.size()}, "chunked")) {
    // Beast takes an encoding it does not know for no body at all; guessing where a request ends is
    // how requests are smuggled.
    error = beast::http::error::bad_transfer_encoding;
    return;
  }
  const std::optional<Header> kept =
      name == field::unknown ? kept_header(std::string_view(text_name.data(), text_name.size()))
                             : kept_header(name);
  if (!kept) return;
  Slice& slot = headers_[static_cast<std::size_t>(*kept)];
  if (slot.size == 0) slot = keep(value);
}

void RequestParser::on_header_impl(beast::error_code& error) {
  has_fields_ = true;
  const std::string_view target = view(target_);
  body_limit_bytes_ = ask_body_limit_(method_, target.substr(0, target.find('?')));
  const auto length = content_length();
  if (length && *length > body_limit_bytes_) {
    error = beast::http::error::body_limit;
    return;
  }
  expects_continue_ = equals_ignoring_case(header(Header::kExpect), "100-continue");
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                      beast::error_code& error) {
  error = {};
  if (length) body_.reserve(static_cast<std::size_t>(*length) + json::kPadding);
}

std::size_t RequestParser::on_body_impl(beast::string_view bytes, beast::error_code& error) {
  expects_continue_ = false;  // it did not wait
  if (body_.size() + bytes.size() > body_limit_bytes_) {
    error = beast::http::error::body_limit;
    return 0;
  }
  error = {};
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                              beast::error_code& error) {
  return on_body_impl(bytes, error);
}

}  // namespace ruck::http::session

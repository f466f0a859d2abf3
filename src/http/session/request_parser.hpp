#pragma once
// Beast's HTTP/1.1 grammar with our storage: the fields the program reads are kept in one string,
// all others are dropped as they pass, the body goes into a padded buffer. Included only in this
// folder.
#include "http/json/element.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <functional>
#include <string>

namespace ruck::http::session {

namespace beast = boost::beast;

class RequestParser final : public beast::http::basic_parser<true> {
 public:
  // Asked once the fields are read: how large the body may be.
  using BodyLimit = std::function<std::size_t(Method, std::string_view path)>;
  explicit RequestParser(const BodyLimit& body_limit);

  // Parses as much as it can; returns how many bytes were used up.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] bool is_complete() const { return is_done(); }
  [[nodiscard]] const beast::error_code& error() const { return error_; }
  [[nodiscard]] bool target_is_too_long() const { return target_is_too_long_; }
  // The client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  void answered_continue() { expects_continue_ = false; }
  // The parsed request; views into this parser, which must stay.
  [[nodiscard]] Request request();
  [[nodiscard]] std::string_view header(Header name) const;
  // The unpacked body instead of the one that came.
  void replace_body(std::string bytes) { body_ = std::move(bytes); }
  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] std::size_t body_limit() const { return body_limit_bytes_; }

 private:
  void on_request_impl(beast::http::verb verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code& error) override;
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     beast::error_code& error) override;
  void on_header_impl(beast::error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         beast::error_code& error) override;
  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& error) override;
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, beast::string_view bytes,
                                 beast::error_code& error) override;
  void on_finish_impl(beast::error_code& error) override { error = {}; }

  struct Slice {
    std::uint32_t start = 0;
    std::uint32_t size = 0;
  };
  [[nodiscard]] std::string_view view(Slice slice) const {
    return std::string_view(kept_).substr(slice.start, slice.size);
  }
  Slice keep(beast::string_view text);

  const BodyLimit& ask_body_limit_;
  std::size_t body_limit_bytes_ = 0;
  Method method_ = Method::kOther;
  std::string kept_;  // the target and the kept fields, one after the other
  Slice target_;
  std::array<Slice, kHeaderCount> headers_{};
  std::string body_;
  bool expects_continue_ = false;
  bool target_is_too_long_ = false;
  bool has_fields_ = false;  // trailers after this are not fields
  beast::error_code error_;
};

}  // namespace ruck::http::session

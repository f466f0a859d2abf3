#pragma once
// Beast's HTTP/1.1 grammar with our storage: the fields the program reads are kept in one string,
// all others are dropped as they pass, the body goes into a padded buffer. Included only in this
// folder.
//
// It stops at the end of the head until it is told what becomes of the body. Beast leaves a line of
// a chunked body with its caller until the line is whole, so what may wait there is bounded here,
// as is all framing together: how the bytes are cut into pieces makes no difference to what is
// refused.
#include "http/body.hpp"
#include "http/json/element.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <string>

namespace ruck::http::session {

namespace beast = boost::beast;

class RequestParser final : public beast::http::basic_parser<true> {
 public:
  explicit RequestParser(BodyBudget& budget);

  // Parses as much as it can; returns how many bytes were used up. Feed the others again, with more
  // behind them.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] bool is_head_done() const { return is_head_done_; }
  [[nodiscard]] bool is_complete() const { return is_done() && !error_; }
  [[nodiscard]] bool has_failed() const { return static_cast<bool>(error_); }
  // What was wrong, as the client is told.
  [[nodiscard]] Error problem() const;

  // The request without its body; views into this parser, which must stay.
  [[nodiscard]] Request head() const;
  // The client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  void answered_continue() { expects_continue_ = false; }

  // Once, after the head: at most so many bytes of body are taken in, or read and dropped.
  enum class Keep : std::uint8_t { kWhole, kPieces };
  void accept_body(std::size_t bytes_max, Keep keep);
  void drop_body(std::size_t bytes_max);
  // The body so far, with json::kPadding readable bytes behind it; of a complete request.
  [[nodiscard]] std::string_view padded_body();
  // What has come of the body since the last call.
  [[nodiscard]] std::string take_piece();
  // The body is used up: its memory and its part of the budget go back.
  void release_body();

 private:
  enum class Flaw : std::uint8_t {
    kNone,
    kHeadTooLarge,
    kTargetTooLong,
    kBodyTooLarge,
    kNoBudget,
    kFraming,
    kHost,
    kFolded,
  };

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
  [[nodiscard]] std::string_view header(Header name) const;
  [[nodiscard]] std::string* list_of(Header name);
  Slice keep(beast::string_view text);
  std::size_t step(std::string_view rest);
  void check_framing(std::size_t framing, std::size_t waiting);
  [[nodiscard]] bool is_folded(beast::string_view name, beast::string_view value) const;
  void refuse(Flaw flaw);

  std::string_view input_;  // being parsed
  Method method_ = Method::kOther;
  int version_ = 11;
  std::string kept_;  // the target and the kept fields, one after the other
  Slice target_;
  std::array<Slice, kHeaderCount> headers_{};
  // Fields whose lines are joined: they are lists that proxies add to.
  std::string forwarded_;
  std::string forwarded_for_;
  std::string forwarded_proto_;
  std::size_t hosts_ = 0;
  std::size_t head_bytes_ = 0;
  std::size_t framing_bytes_ = 0;  // of the body: lines and trailers
  std::size_t body_taken_ = 0;     // bytes of the body so far
  std::size_t body_bytes_max_ = 0;
  std::string body_;
  BodyCharge charge_;
  bool expects_continue_ = false;
  bool is_head_done_ = false;  // trailers after this are not fields
  bool is_decided_ = false;    // what becomes of the body
  bool is_dropped_ = false;
  bool needs_more_ = false;
  Flaw flaw_ = Flaw::kNone;
  beast::error_code error_;
};

}  // namespace ruck::http::session

#pragma once
// A body for what pulls one, in pieces of a size.
#include "http/body.hpp"

#include <algorithm>
#include <string>

namespace ruck::test {

class TextSource final : public http::BodySource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 1000)
      : text_(std::move(text)), piece_(piece) {}
  task<Result<std::string>> read() override {
    std::string next = text_.substr(at_, piece_);
    at_ += next.size();
    co_return next;
  }
  [[nodiscard]] std::size_t taken() const { return at_; }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

}  // namespace ruck::test

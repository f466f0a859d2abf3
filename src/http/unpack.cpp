#include "http/unpack.hpp"

namespace ruck::http {

task<Result<std::string>> UnpackingSource::read() {
  while (!has_ended_) {
    if (inflater_.wants_input()) {
      Result<std::string> packed = co_await packed_.read();
      if (!packed) co_return fail(std::move(packed).error());
      if (packed->empty()) break;
      inflater_.give(std::move(*packed));
    }
    Result<Result<std::string>> unpacked = co_await pool_.run([this] { return inflater_.take(); });
    if (!unpacked) co_return fail(std::move(unpacked).error());
    if (!*unpacked) co_return fail(std::move(*unpacked).error());
    unpacked_bytes_.add((*unpacked)->size());
    if (!(*unpacked)->empty()) co_return std::move(**unpacked);
  }
  has_ended_ = true;
  if (const Result<> ended = inflater_.finish(); !ended) co_return fail(ended.error());
  co_return std::string();
}

}  // namespace ruck::http

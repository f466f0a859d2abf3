#pragma once
// gzip (RFC 1952) both ways.
#include "base/error.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ruck::http {

// Empty when there is no memory to do it in: then the bytes go out as they are.
[[nodiscard]] std::string gzip(std::string_view bytes);

// The unpacked bytes, at most `bytes_max` of them: more is kPayloadTooLarge (a small request must
// not become a large one), damage is kMalformedRequest. For answers and tests: there is no limit to
// the ratio.
[[nodiscard]] Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

// Unpacks what comes in pieces, into pieces of at most kBodyPieceBytesMax.
class Inflater {
 public:
  struct Limits {
    std::size_t bytes_max = 0;  // of all that is unpacked
    std::size_t ratio_max = 0;  // of unpacked to packed, beyond kUnpackFreeBytes
  };
  explicit Inflater(Limits limits);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The next packed bytes; only when wants_input().
  void give(std::string packed);
  [[nodiscard]] bool wants_input() const;
  // Unpacks on; empty when more input is needed for the next byte. kPayloadTooLarge beyond a limit,
  // kMalformedRequest for damage.
  [[nodiscard]] Result<std::string> take();
  // No more input comes: kMalformedRequest where the end is missing.
  [[nodiscard]] Result<> finish() const;

 private:
  [[nodiscard]] Result<> check_limits() const;
  [[nodiscard]] bool begin_member();

  struct Stream;
  Limits limits_;
  std::unique_ptr<Stream> stream_;
  std::string packed_;
  std::size_t packed_total_ = 0;
  std::size_t unpacked_total_ = 0;
  bool is_between_ = true;  // of two members (RFC 1952 §2.2), or before the first
  bool has_member_ = false;
  bool is_full_ = false;  // the last piece had no room for all there was
};

}  // namespace ruck::http

#pragma once
// Frames of the WebSocket protocol (RFC 6455), both sides; no sockets here.
//
// We frame ourselves because a frame of the server is the same bytes for everybody: it is rendered
// once, with its header, and ten thousand sockets send the same memory (decisions/0003).
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ruck::http {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// Close codes of RFC 6455 §7.4 that we use; 4000–4999 belong to the application.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupported = 1003;
inline constexpr std::uint16_t kNotUtf8 = 1007;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kServiceRestart = 1012;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

inline constexpr std::size_t kControlBytesMax = 125;  // of a ping, pong or close: RFC 6455 §5.5

// Appends one whole frame. Clients mask, servers do not.
void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  std::optional<std::uint32_t> mask = std::nullopt);
// A close frame's payload; the reason is cut to what fits.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);

// From bytes to messages. Holds only what is incomplete.
class FrameReader {
 public:
  enum class Side : std::uint8_t { kServer, kClient };
  FrameReader(Side side, std::size_t message_bytes_max)
      : message_bytes_max_(message_bytes_max), side_(side) {}  // kFragmentsMax of them a message

  // `payload` lives during the call. Text is checked UTF-8.
  using Sink = std::function<void(Opcode opcode, std::string_view payload)>;
  // Calls `sink` for each message and control frame that is complete; unmasks `bytes` in place.
  // Gives the code to close with when the other side has broken the protocol: feed no more then.
  [[nodiscard]] std::optional<std::uint16_t> feed(std::span<char> bytes, const Sink& sink);

 private:
  struct Header;
  [[nodiscard]] std::optional<Header> parse(std::span<const char> bytes);
  [[nodiscard]] std::optional<std::uint16_t> flaw_of(const Header& header) const;
  [[nodiscard]] std::optional<std::uint16_t> take(const Header& header, std::span<char> payload,
                                                  const Sink& sink);

  std::size_t message_bytes_max_;
  std::string unread_;         // the beginning of a frame
  std::string message_;        // the fragments of a message so far
  std::size_t fragments_ = 0;  // how many they are: an empty one adds no byte
  Side side_;
  Opcode fragmented_ = Opcode::kContinuation;  // what they are fragments of
};

}  // namespace ruck::http

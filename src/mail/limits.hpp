#pragma once
// Bounds of mail, with their reasons.
#include <chrono>
#include <cstddef>

namespace ruck::mail {

inline constexpr auto kSmtpConnectTime = std::chrono::seconds(15);  // name, TCP, TLS
// Between two replies. RFC 5321 would have minutes; a server that takes so long is tried later.
inline constexpr auto kSmtpReplyTime = std::chrono::seconds(30);
inline constexpr auto kSmtpTotalTime = std::chrono::seconds(60);  // of one message, all together
// For what is being sent when the server stops; libcurl asks about once a second.
inline constexpr auto kSmtpStopTime = std::chrono::seconds(1);

// Of a text line without its end (RFC 5322 section 2.1.1); a longer one is encoded.
inline constexpr std::size_t kLineBytesMax = 998;
inline constexpr std::size_t kEncodedLineBytesMax = 76;  // RFC 2045 section 6.7 and 6.8
inline constexpr std::size_t kAddressBytesMax = 254;     // RFC 5321 section 4.5.3.1, erratum 1690
inline constexpr std::size_t kSubjectBytesMax = 500;     // the rest is cut off
inline constexpr std::size_t kUnsubscribeUrlBytesMax = 900;  // it must fit one line

}  // namespace ruck::mail

#include "http/websocket.hpp"

#include "base/text.hpp"
#include "http/limits.hpp"

#include <array>
#include <cstring>

namespace ruck::http {
namespace {
constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr std::size_t kLength16 = 126;
constexpr std::size_t kLength64 = 127;

unsigned byte_at(std::span<const char> bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

void apply_mask(std::span<char> bytes, const std::array<char, 4>& mask) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ mask[i & 3]);
  }
}

bool is_control(Opcode opcode) { return opcode >= Opcode::kClose; }
}  // namespace

struct FrameReader::Header {
  bool is_final = false;
  bool has_reserved = false;
  bool is_masked = false;
  Opcode opcode = Opcode::kContinuation;
  std::uint64_t length = 0;
  std::size_t size = 0;  // of the header itself
  std::array<char, 4> mask{};
};

void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  std::optional<std::uint32_t> mask) {
  const unsigned masked = mask ? kMasked : 0;
  out.push_back(static_cast<char>(kFinal | static_cast<unsigned>(opcode)));
  const auto push_length = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>((payload.size() >> shift) & 0xff));
    }
  };
  if (payload.size() < kLength16) {
    out.push_back(static_cast<char>(masked | payload.size()));
  } else if (payload.size() <= 0xffff) {
    out.push_back(static_cast<char>(masked | kLength16));
    push_length(2);
  } else {
    out.push_back(static_cast<char>(masked | kLength64));
    push_length(8);
  }
  std::array<char, 4> key{};
  if (mask) {
    std::memcpy(key.data(), &*mask, key.size());
    out.append(key.data(), key.size());
  }
  const std::size_t start = out.size();
  out += payload;
  if (mask) apply_mask(std::span(out).subspan(start), key);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  payload += reason.substr(0, kControlBytesMax - 2);
  return payload;
}

std::optional<FrameReader::Header> FrameReader::parse(std::span<const char> bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const unsigned first = byte_at(bytes, 0);
  const unsigned second = byte_at(bytes, 1);
  Header header{.is_final = (first & kFinal) != 0,
                .has_reserved = (first & kReserved) != 0,
                .is_masked = (second & kMasked) != 0,
                .opcode = static_cast<Opcode>(first & 0x0f),
                .length = second & 0x7fU,
                .size = 2};
  const std::size_t more = header.length == kLength64 ? 8 : header.length == kLength16 ? 2 : 0;
  const std::size_t mask_bytes = header.is_masked ? 4 : 0;
  if (bytes.size() < header.size + more + mask_bytes) return std::nullopt;
  if (more > 0) {
    header.length = 0;
    for (std::size_t i = 0; i < more; ++i) {
      header.length = (header.length << 8) | byte_at(bytes, header.size + i);
    }
    header.size += more;
  }
  if (header.is_masked) {
    std::memcpy(header.mask.data(), bytes.data() + header.size, 4);
    header.size += 4;
  }
  return header;
}

std::optional<std::uint16_t> FrameReader::flaw_of(const Header& h) const {
  const bool is_known =
      h.opcode <= Opcode::kBinary || (h.opcode >= Opcode::kClose && h.opcode <= Opcode::kPong);
  if (!is_known || h.has_reserved) return close_code::kProtocolError;
  if (h.is_masked != (side_ == Side::kServer)) return close_code::kProtocolError;
  if (is_control(h.opcode)) {
    const bool fits = h.is_final && h.length <= kControlBytesMax;
    return fits ? std::nullopt : std::optional(close_code::kProtocolError);
  }
  const bool continues = h.opcode == Opcode::kContinuation;
  const bool is_open = fragmented_ != Opcode::kContinuation;
  if (continues != is_open) return close_code::kProtocolError;
  if (h.length > message_bytes_max_ - message_.size()) return close_code::kTooBig;
  if (!h.is_final && fragments_ >= kFragmentsMax) return close_code::kTooBig;
  return std::nullopt;
}

std::optional<std::uint16_t> FrameReader::take(const Header& h, std::span<char> payload,
                                               const Sink& sink) {
  if (h.is_masked) apply_mask(payload, h.mask);
  const std::string_view bytes(payload.data(), payload.size());
  if (is_control(h.opcode)) {
    if (h.opcode == Opcode::kClose && bytes.size() == 1) return close_code::kProtocolError;
    sink(h.opcode, bytes);
    return std::nullopt;
  }
  if (!h.is_final || h.opcode == Opcode::kContinuation) {
    if (h.opcode != Opcode::kContinuation) fragmented_ = h.opcode;
    message_ += bytes;
    if (!h.is_final) {
      ++fragments_;
      return std::nullopt;
    }
  }
  const bool is_whole = h.opcode != Opcode::kContinuation;
  const Opcode opcode = is_whole ? h.opcode : fragmented_;
  std::string gathered;
  gathered.swap(message_);
  fragments_ = 0;
  fragmented_ = Opcode::kContinuation;
  const std::string_view message = is_whole ? bytes : std::string_view(gathered);
  if (opcode == Opcode::kText && !is_utf8(message)) return close_code::kNotUtf8;
  sink(opcode, message);
  return std::nullopt;
}

std::optional<std::uint16_t> FrameReader::feed(std::span<char> bytes, const Sink& sink) {
  std::string gathered;
  if (!unread_.empty()) {
    gathered.swap(unread_);
    gathered.append(bytes.data(), bytes.size());
    bytes = gathered;
  }
  while (!bytes.empty()) {
    const std::optional<Header> header = parse(bytes);
    if (!header) break;
    if (const auto flaw = flaw_of(*header)) return flaw;
    if (bytes.size() - header->size < header->length) break;
    const auto payload = bytes.subspan(header->size, static_cast<std::size_t>(header->length));
    if (const auto flaw = take(*header, payload, sink)) return flaw;
    bytes = bytes.subspan(header->size + payload.size());
  }
  if (!bytes.empty()) unread_.assign(bytes.data(), bytes.size());
  return std::nullopt;
}

}  // namespace ruck::http

#include "rucking/track_codec.hpp"

#include "base/crc32c.hpp"
#include "rucking/varint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ruck::rucking {
namespace {
constexpr std::uint8_t kPointBlock = 0x11;      // version 1 of points
constexpr std::uint8_t kHeartRateBlock = 0x21;  // version 1 of heart rate

// From here on a block is long. Below it, statistics over the block would be noise, and the column
// headers would weigh more than they save.
constexpr std::size_t kLongBlock = 256;
constexpr std::uint8_t kLongFlag = 0x40;

enum Presence : std::uint8_t { kAbsent = 0, kEverywhere = 1, kWithHoles = 2 };

// How an integer column predicts its next value.
enum class Prediction : std::uint8_t {
  kSame,          // the value before
  kLastStep,      // the value before plus the last difference
  kSlowMeanStep,  // the value before plus a slow mean of the differences
};

// The shape byte of a long column: how many low bits are packed apart, and the prediction.
constexpr std::uint8_t kLowBitsMask = 0x1f;
constexpr std::uint8_t kSlowMeanFlag = 0x20;
constexpr unsigned kMaxLowBits = 24;  // with a shift of up to 7, still inside one 32-bit load

// Foretells a column. Unsigned, because differences of extremes wrap and that is fine.
template <Prediction kPrediction>
class Predictor {
 public:
  [[nodiscard]] std::uint64_t next() const {
    if constexpr (kPrediction == Prediction::kSame) return last_;
    if constexpr (kPrediction == Prediction::kLastStep) return last_ + step_;
    const auto mean = static_cast<std::int64_t>(step_ + kStepUnit / 2) >> kStepUnitBits;
    return last_ + static_cast<std::uint64_t>(mean);
  }
  void saw(std::uint64_t value) {
    const std::uint64_t step = value - last_;
    last_ = value;
    if (first_) {
      first_ = false;
      return;
    }
    if constexpr (kPrediction == Prediction::kLastStep) step_ = step;
    if constexpr (kPrediction == Prediction::kSlowMeanStep) {
      const auto change = static_cast<std::int64_t>((step << kStepUnitBits) - step_);
      step_ += static_cast<std::uint64_t>(change >> kSlownessBits);
    }
  }

 private:
  // The mean step has four fractional bits and moves an eighth of the way to each new step: some
  // eight fixes of a walker average the receiver's noise without losing the bends. Chosen by size.
  static constexpr unsigned kStepUnitBits = 4;
  static constexpr std::uint64_t kStepUnit = std::uint64_t{1} << kStepUnitBits;
  static constexpr unsigned kSlownessBits = 3;

  std::uint64_t last_ = 0;
  std::uint64_t step_ = 0;
  bool first_ = true;
};

// ---- encoding -----------------------------------------------------------------------------------

using Values = std::vector<std::uint64_t>;

// The zigzagged differences of a column from its prediction; `get(i)` is the i-th value.
template <Prediction kPrediction, class Get>
void differences(Values& out, std::size_t count, Get get) {
  out.resize(count);
  Predictor<kPrediction> predictor;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint64_t>(static_cast<std::int64_t>(get(i)));
    out[i] = zigzag(static_cast<std::int64_t>(value - predictor.next()));
    predictor.saw(value);
  }
}

// What a long column is like is told from some of its values, evenly spread: looking at all would
// cost a third of the encoding.
template <class Look>
std::size_t look_at_sample(const Values& values, Look look) {
  constexpr std::size_t kSample = 2048;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / kSample);
  std::size_t looked = 0;
  for (std::size_t i = 0; i < values.size(); i += stride, ++looked) look(values[i]);
  return looked;
}

double mean_bits(const Values& values) {
  std::size_t bits = 0;
  const std::size_t count = look_at_sample(
      values, [&](std::uint64_t value) { bits += static_cast<unsigned>(std::bit_width(value)); });
  return static_cast<double>(bits) / static_cast<double>(count);
}

// Files that were rounded to six decimals have every difference a multiple of ten: packing their
// low bits would hide that from the compressor. Noise fills the eight lowest patterns evenly.
bool has_even_low_bits(const Values& values) {
  constexpr double kUneven = 1.5;  // times its share, which noise in 256 values hardly reaches
  std::array<std::size_t, 8> counts{};
  const std::size_t count =
      look_at_sample(values, [&](std::uint64_t value) { ++counts[value & 7]; });
  const auto most = static_cast<double>(*std::ranges::max_element(counts));
  return most * static_cast<double>(counts.size()) < kUneven * static_cast<double>(count);
}

// Leave about four bits to the varints: fewer would lose what still tells small from large.
unsigned choose_low_bits(const Values& values) {
  constexpr double kBitsLeft = 4;
  const double bits = mean_bits(values) - kBitsLeft;
  if (bits < 1 || !has_even_low_bits(values)) return 0;
  return std::min(static_cast<unsigned>(bits), kMaxLowBits);
}

void append_low_bits(std::string& out, const Values& values, unsigned low_bits) {
  const std::uint64_t mask = (std::uint64_t{1} << low_bits) - 1;
  out.reserve(out.size() + values.size() * low_bits / 8 + 8);
  std::uint64_t pending = 0;
  unsigned bits = 0;
  for (const std::uint64_t value : values) {
    pending |= (value & mask) << bits;
    bits += low_bits;
    if (bits < 32) continue;
    const auto word = static_cast<std::uint32_t>(pending);
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
    pending >>= 32;
    bits -= 32;
  }
  out.append(reinterpret_cast<const char*>(&pending), (bits + 7) / 8);
}

void append_varints(std::string& out, const Values& values, unsigned shift) {
  constexpr std::size_t kPerTurn = 256;
  std::array<char, kPerTurn * kMaxVarintSize> buffer;
  for (std::size_t i = 0; i < values.size();) {
    char* at = buffer.data();
    for (const std::size_t stop = std::min(values.size(), i + kPerTurn); i < stop; ++i) {
      at = put_varint(at, values[i] >> shift);
    }
    out.append(buffer.data(), at);
  }
}

void append_values(std::string& out, const Values& values, bool is_long, std::uint8_t shape = 0) {
  if (values.empty()) return;
  if (!is_long) return append_varints(out, values, 0);
  const unsigned low_bits = choose_low_bits(values);
  out.push_back(static_cast<char>(shape | low_bits));
  if (low_bits > 0) append_low_bits(out, values, low_bits);
  append_varints(out, values, low_bits);
}

// Working memory of one call, so that seven columns share two allocations.
struct Scratch {
  Values values;
  Values other;
};

template <class Get>
void append_time(std::string& out, Scratch& scratch, std::size_t count, bool is_long, Get get) {
  differences<Prediction::kLastStep>(scratch.values, count, get);
  append_values(out, scratch.values, is_long);
}

// A clean receiver is told best by its last step, a noisy one by the mean of several.
template <class Get>
void append_coordinate(std::string& out, Scratch& scratch, std::size_t count, bool is_long,
                       Get get) {
  differences<Prediction::kLastStep>(scratch.values, count, get);
  if (!is_long) return append_values(out, scratch.values, false);
  differences<Prediction::kSlowMeanStep>(scratch.other, count, get);
  if (mean_bits(scratch.other) < mean_bits(scratch.values)) {
    append_values(out, scratch.other, true, kSlowMeanFlag);
  } else {
    append_values(out, scratch.values, true);
  }
}

void append_bitmap(std::string& out, std::size_t count, auto has) {
  const std::size_t start = out.size();
  out.resize(start + (count + 7) / 8, '\0');
  for (std::size_t i = 0; i < count; ++i) {
    if (!has(i)) continue;
    char& byte = out[start + i / 8];
    byte = static_cast<char>(byte | (1 << (i % 8)));
  }
}

// An optional column: the bitmap of who has it where there are holes, then the values that exist.
template <auto kField>
Presence append_optional(std::string& out, Scratch& scratch, std::span<const TrackPoint> points,
                         bool is_long) {
  constexpr auto kNone = TrackPoint{}.*kField;
  const auto has = [&](std::size_t i) { return points[i].*kField != kNone; };
  std::size_t present = 0;
  for (std::size_t i = 0; i < points.size(); ++i) present += has(i) ? 1 : 0;
  if (present == 0) return kAbsent;
  if (present == points.size()) {
    differences<Prediction::kSame>(scratch.values, present,
                                   [&](std::size_t i) { return points[i].*kField; });
    append_values(out, scratch.values, is_long);
    return kEverywhere;
  }
  append_bitmap(out, points.size(), has);
  scratch.other.clear();
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (has(i)) scratch.other.push_back(static_cast<std::uint64_t>(points[i].*kField));
  }
  differences<Prediction::kSame>(scratch.values, present,
                                 [&](std::size_t i) { return scratch.other[i]; });
  append_values(out, scratch.values, is_long && present >= kLongBlock);
  return kWithHoles;
}

void append_framed(std::string& out, std::uint8_t kind, std::uint8_t columns, std::size_t count,
                   std::string_view body) {
  const std::size_t start = out.size();
  out.reserve(start + body.size() + 2 + 2 * kMaxVarintSize + sizeof(std::uint32_t));
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>(columns));
  append_varint(out, count);
  append_varint(out, body.size());
  out += body;
  const std::uint32_t checksum = crc32c(std::string_view(out).substr(start));
  out.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

void append_one_block(std::string& out, std::span<const TrackPoint> points, Scratch& scratch) {
  const bool is_long = points.size() >= kLongBlock;
  const std::size_t count = points.size();
  std::string body;
  body.reserve(count * 8 + 64);
  append_time(body, scratch, count, is_long, [&](std::size_t i) { return points[i].time_ms; });
  append_coordinate(body, scratch, count, is_long, [&](std::size_t i) { return points[i].lat_e7; });
  append_coordinate(body, scratch, count, is_long, [&](std::size_t i) { return points[i].lng_e7; });
  const Presence altitude =
      append_optional<&TrackPoint::altitude_dm>(body, scratch, points, is_long);
  const Presence accuracy =
      append_optional<&TrackPoint::accuracy_hm>(body, scratch, points, is_long);
  const Presence speed = append_optional<&TrackPoint::speed_5cm>(body, scratch, points, is_long);
  const auto columns = static_cast<std::uint8_t>(altitude | (accuracy << 2) | (speed << 4) |
                                                 (is_long ? kLongFlag : 0));
  append_framed(out, kPointBlock, columns, count, body);
}

void append_one_block(std::string& out, std::span<const HeartRateSample> samples,
                      Scratch& scratch) {
  const bool is_long = samples.size() >= kLongBlock;
  std::string body;
  body.reserve(samples.size() * 3 + 16);
  append_time(body, scratch, samples.size(), is_long,
              [&](std::size_t i) { return samples[i].time_ms; });
  differences<Prediction::kSame>(scratch.values, samples.size(),
                                 [&](std::size_t i) { return samples[i].bpm; });
  append_values(body, scratch.values, is_long);
  append_framed(out, kHeartRateBlock, is_long ? kLongFlag : 0, samples.size(), body);
}

template <class Sample>
void append_blocks(std::string& out, std::span<const Sample> samples) {
  Scratch scratch;
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), kMaxSamplesPerBlock);
    append_one_block(out, samples.first(count), scratch);
    samples = samples.subspan(count);
  }
}

// ---- decoding -----------------------------------------------------------------------------------

struct Frame {
  std::uint8_t columns = 0;
  std::size_t count = 0;
  std::string_view body;
  std::size_t size = 0;  // of the whole block
};

std::expected<Frame, CodecError> open_frame(std::string_view bytes, std::uint8_t kind) {
  ByteReader in(bytes);
  if (in.byte() != kind) {
    return std::unexpected(in.failed() ? CodecError::kTruncated : CodecError::kUnknownKind);
  }
  Frame frame;
  frame.columns = in.byte();
  const std::uint64_t count = in.varint();
  const std::uint64_t body_size = in.varint();
  if (in.failed()) return std::unexpected(CodecError::kTruncated);
  if (count > kMaxSamplesPerBlock) return std::unexpected(CodecError::kTooLong);
  if (body_size > in.left()) return std::unexpected(CodecError::kTruncated);
  frame.body = in.bytes(static_cast<std::size_t>(body_size));
  const auto checked = static_cast<std::size_t>(in.at() - bytes.data());
  std::uint32_t checksum = 0;
  const std::string_view stored = in.bytes(sizeof checksum);
  if (in.failed()) return std::unexpected(CodecError::kTruncated);
  std::memcpy(&checksum, stored.data(), sizeof checksum);
  if (checksum != crc32c(bytes.substr(0, checked))) return std::unexpected(CodecError::kDamaged);
  // Time takes at least a byte a sample, so this bounds what a forged count can make us allocate.
  if (count == 0 || count > body_size) return std::unexpected(CodecError::kDamaged);
  frame.count = static_cast<std::size_t>(count);
  frame.size = checked + sizeof checksum;
  return frame;
}

// The packed low bits of a column.
class LowBits {
 public:
  LowBits(const char* bytes, unsigned width) : bytes_(bytes), width_(width) {}
  [[nodiscard]] std::uint64_t at(std::size_t i) const {
    const std::size_t bit = i * width_;
    std::uint32_t word = 0;
    std::memcpy(&word, bytes_ + bit / 8, sizeof word);
    return (word >> (bit % 8)) & ((1U << width_) - 1);
  }

 private:
  const char* bytes_;
  unsigned width_;
};

template <Prediction kPrediction, class Put>
void undo_differences(ByteReader& in, std::size_t count, Put put) {
  Predictor<kPrediction> predictor;
  for (std::size_t i = 0; i < count; ++i) {
    const auto difference = static_cast<std::uint64_t>(unzigzag(in.varint()));
    const std::uint64_t value = predictor.next() + difference;
    predictor.saw(value);
    put(i, value);
  }
}

template <Prediction kPrediction, class Put>
void undo_differences(ByteReader& in, std::size_t count, LowBits low, unsigned width, Put put) {
  Predictor<kPrediction> predictor;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t folded = (in.varint() << width) | low.at(i);
    const std::uint64_t value = predictor.next() + static_cast<std::uint64_t>(unzigzag(folded));
    predictor.saw(value);
    put(i, value);
  }
}

// Reads one column of `count` values and gives each to `put(i, value)`. False: damaged.
template <Prediction kUsual, class Put>
bool read_values(ByteReader& in, std::size_t count, bool is_long, Put put) {
  if (!is_long) {
    undo_differences<kUsual>(in, count, put);
    return !in.failed();
  }
  const std::uint8_t shape = in.byte();
  const unsigned width = shape & kLowBitsMask;
  const bool slow_mean = (shape & kSlowMeanFlag) != 0;
  if ((shape & ~(kLowBitsMask | kSlowMeanFlag)) != 0 || width > kMaxLowBits) return false;
  if (slow_mean && kUsual != Prediction::kLastStep) return false;
  const std::string_view packed = in.bytes((count * width + 7) / 8);
  // At least kLongBlock bytes of varints follow the packed bits, so a 32-bit load of the last ones
  // stays inside the body.
  if (in.failed() || in.left() < count) return false;
  const LowBits low(packed.data(), width);
  if (slow_mean) {
    undo_differences<Prediction::kSlowMeanStep>(in, count, low, width, put);
  } else if (width > 0) {
    undo_differences<kUsual>(in, count, low, width, put);
  } else {
    undo_differences<kUsual>(in, count, put);
  }
  return !in.failed();
}

std::size_t count_ones(std::string_view bitmap) {
  std::size_t ones = 0;
  for (const char c : bitmap) {
    ones += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(c)));
  }
  return ones;
}

// `set(i, value)` for every point that has the column.
template <class Set>
bool read_optional(ByteReader& in, std::size_t count, unsigned presence, bool is_long, Set set) {
  if (presence == kAbsent) return true;
  if (presence == kEverywhere) return read_values<Prediction::kSame>(in, count, is_long, set);
  if (presence != kWithHoles) return false;
  const std::string_view bitmap = in.bytes((count + 7) / 8);
  const std::size_t present = count_ones(bitmap);
  if (in.failed() || present == 0 || present >= count) return false;
  const auto last = static_cast<unsigned char>(bitmap.back());
  if (count % 8 != 0 && last >> (count % 8) != 0) return false;  // a bit for no point
  std::size_t at = 0;
  const auto set_next = [&](std::size_t, std::uint64_t value) {
    while ((static_cast<unsigned char>(bitmap[at / 8]) >> (at % 8) & 1) == 0) ++at;
    set(at++, value);
  };
  const bool is_long_column = is_long && present >= kLongBlock;
  return read_values<Prediction::kSame>(in, present, is_long_column, set_next);
}

bool read_body(const Frame& frame, std::span<TrackPoint> points) {
  ByteReader in(frame.body);
  const bool is_long = (frame.columns & kLongFlag) != 0;
  const std::size_t count = points.size();
  if ((frame.columns & 0x80) != 0 || is_long != (count >= kLongBlock)) return false;
  TrackPoint* const out = points.data();
  return read_values<Prediction::kLastStep>(in, count, is_long,
                                            [=](std::size_t i, std::uint64_t v) {
                                              out[i].time_ms = static_cast<std::int64_t>(v);
                                            }) &&
         read_values<Prediction::kLastStep>(in, count, is_long,
                                            [=](std::size_t i, std::uint64_t v) {
                                              out[i].lat_e7 = static_cast<std::int32_t>(v);
                                            }) &&
         read_values<Prediction::kLastStep>(in, count, is_long,
                                            [=](std::size_t i, std::uint64_t v) {
                                              out[i].lng_e7 = static_cast<std::int32_t>(v);
                                            }) &&
         read_optional(in, count, frame.columns & 3, is_long,
                       [=](std::size_t i, std::uint64_t v) {
                         out[i].altitude_dm = static_cast<std::int32_t>(v);
                       }) &&
         read_optional(in, count, frame.columns >> 2 & 3, is_long,
                       [=](std::size_t i, std::uint64_t v) {
                         out[i].accuracy_hm = static_cast<std::uint16_t>(v);
                       }) &&
         read_optional(in, count, frame.columns >> 4 & 3, is_long,
                       [=](std::size_t i, std::uint64_t v) {
                         out[i].speed_5cm = static_cast<std::uint16_t>(v);
                       }) &&
         in.left() == 0;
}

bool read_body(const Frame& frame, std::span<HeartRateSample> samples) {
  ByteReader in(frame.body);
  const bool is_long = (frame.columns & kLongFlag) != 0;
  const std::size_t count = samples.size();
  if ((frame.columns & ~kLongFlag) != 0 || is_long != (count >= kLongBlock)) return false;
  HeartRateSample* const out = samples.data();
  return read_values<Prediction::kLastStep>(in, count, is_long,
                                            [=](std::size_t i, std::uint64_t v) {
                                              out[i].time_ms = static_cast<std::int64_t>(v);
                                            }) &&
         read_values<Prediction::kSame>(
             in, count, is_long,
             [=](std::size_t i, std::uint64_t v) { out[i].bpm = static_cast<std::uint16_t>(v); }) &&
         in.left() == 0;
}

template <class Sample>
std::expected<std::size_t, CodecError> decode_one(std::string_view bytes, std::uint8_t kind,
                                                  std::vector<Sample>& out) {
  const auto frame = open_frame(bytes, kind);
  if (!frame) return std::unexpected(frame.error());
  const std::size_t before = out.size();
  out.resize(before + frame->count);
  if (!read_body(*frame, std::span(out).subspan(before))) {
    out.resize(before);
    return std::unexpected(CodecError::kDamaged);
  }
  return frame->size;
}

template <class Sample>
std::expected<std::vector<Sample>, CodecError> decode_all(std::string_view bytes) {
  std::vector<Sample> out;
  while (!bytes.empty()) {
    const auto used = decode_block(bytes, out);
    if (!used) return std::unexpected(used.error());
    bytes.remove_prefix(*used);
  }
  return out;
}
}  // namespace

void append_block(std::string& out, std::span<const TrackPoint> points) {
  append_blocks(out, points);
}
void append_block(std::string& out, std::span<const HeartRateSample> samples) {
  append_blocks(out, samples);
}

std::expected<std::size_t, CodecError> decode_block(std::string_view bytes,
                                                    std::vector<TrackPoint>& out) {
  return decode_one(bytes, kPointBlock, out);
}
std::expected<std::size_t, CodecError> decode_block(std::string_view bytes,
                                                    std::vector<HeartRateSample>& out) {
  return decode_one(bytes, kHeartRateBlock, out);
}

std::expected<std::vector<TrackPoint>, CodecError> decode_points(std::string_view bytes) {
  return decode_all<TrackPoint>(bytes);
}
std::expected<std::vector<HeartRateSample>, CodecError> decode_heart_rate(std::string_view bytes) {
  return decode_all<HeartRateSample>(bytes);
}

}  // namespace ruck::rucking

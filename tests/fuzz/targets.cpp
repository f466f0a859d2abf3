#include "fuzz/targets.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "gpx/recording.hpp"
#include "http/address.hpp"
#include "http/compress.hpp"
#include "http/json/tree.hpp"
#include "http/limits.hpp"
#include "http/multipart.hpp"
#include "http/session/request_parser.hpp"
#include "push/fcm_errors.hpp"
#include "push/limits.hpp"
#include "push/web_push_crypto.hpp"
#include "rucking/polyline.hpp"
#include "rucking/track_codec.hpp"
#include "runtime/config.hpp"
#include "services/auth/tokens.hpp"
#include "services/rucks/recording/batch.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace ruck::fuzz {
namespace {
constexpr UtcMs kNow = utc_ms(1'763'800'000'000);
constexpr std::int64_t kStart = 1'763'790'000'000;

std::string padded(std::string_view text) {
  std::string out(text);
  out.append(json::kPadding, '\0');
  return out;
}

// ---- JSON batches ------------------------------------------------------------------------------

void location_json(std::string_view input) {
  const std::string bytes = padded(input);
  const auto batch = rucks::parse_points(std::string_view(bytes).substr(0, input.size()), kNow);
  if (!batch) return;
  RUCK_ASSERT(batch->submitted ==
              static_cast<std::int64_t>(batch->points.size()) + batch->rejected_count);
  RUCK_ASSERT(static_cast<std::int64_t>(batch->rejected.size()) <= batch->rejected_count);
  for (const rucking::TrackPoint& point : batch->points) {
    RUCK_ASSERT(std::abs(point.lat_e7) <= 900'000'000 && std::abs(point.lng_e7) <= 1'800'000'000);
    RUCK_ASSERT(point.time_ms >= rucking::kEarliestTime_ms);
    RUCK_ASSERT(point.time_ms <= kNow.time_since_epoch().count() + rucking::kClockAheadAllowed_ms);
  }
}
std::vector<std::string> location_seeds() {
  return {test::Walk{.start_ms = kStart, .count = 3}.json(),
          "[" + test::Walk{.start_ms = kStart}.point_json(1) + "]",
          test::Walk{.start_ms = kStart}.point_json(2),
          R"({"location_points":[{"latitude":"47.1","longitude":8,"time":1763790000,)"
          R"("elevation_meters":null,"speed_mps":1.2,"horizontal_accuracy_m":"5"}]})"};
}

void heart_rate_json(std::string_view input) {
  const std::string bytes = padded(input);
  auto batch = rucks::parse_samples(std::string_view(bytes).substr(0, input.size()));
  if (!batch) return;
  const std::int64_t submitted = batch->submitted;
  const rucks::SampleWindow window{.started_at = kNow - std::chrono::hours(2), .now = kNow};
  const auto placed = rucks::place_samples(*batch, window);
  RUCK_ASSERT(submitted == static_cast<std::int64_t>(placed.size()) + batch->rejected_count);
  for (const rucking::HeartRateSample& sample : placed) {
    RUCK_ASSERT(sample.bpm >= rucking::kLowestHeartRate_bpm &&
                sample.bpm <= rucking::kHighestHeartRate_bpm);
  }
}
std::vector<std::string> heart_rate_seeds() {
  return {test::heart_rate_json(kStart, 3, 120), test::heart_rate_json(kStart, 3, 120, false),
          R"([{"time":1763790000,"heart_rate":"140"}])"};
}

// ---- what is stored ----------------------------------------------------------------------------

template <class Sample>
void round_trip(const std::vector<Sample>& samples) {
  std::string bytes;
  rucking::append_block(bytes, samples);
  std::vector<Sample> back;
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto used = rucking::decode_block(rest, back);
    RUCK_ASSERT(used.has_value());
    rest.remove_prefix(*used);
  }
  RUCK_ASSERT(back == samples);
}

template <class Sample>
std::vector<Sample> as_samples(std::string_view bytes) {
  std::vector<Sample> samples(bytes.size() / sizeof(Sample));
  if (!samples.empty()) std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(Sample));
  return samples;
}

// The first byte says how the rest is meant: blocks as they would be read, or samples to write.
void codec_blocks(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  switch (input.front() & 3) {
    case 0:
      if (const auto points = rucking::decode_points(rest)) round_trip(*points);
      return;
    case 1:
      if (const auto samples = rucking::decode_heart_rate(rest)) round_trip(*samples);
      return;
    case 2:
      return round_trip(as_samples<rucking::TrackPoint>(rest));
    default:
      return round_trip(as_samples<rucking::HeartRateSample>(rest));
  }
}
std::vector<std::string> codec_seeds() {
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> samples;
  for (int i = 0; i < 60; ++i) {
    points.push_back({.time_ms = kStart + 1000 * i,
                      .lat_e7 = 470'000'000 + 130 * i,
                      .lng_e7 = 80'000'000 + i % 7,
                      .altitude_dm = i % 9 == 0 ? rucking::TrackPoint::kNoAltitude : 4000 + i,
                      .accuracy_hm = 10});
    samples.push_back({.time_ms = kStart + 1000 * i, .bpm = static_cast<std::uint16_t>(90 + i)});
  }
  std::string blocks = std::string(1, '\0');
  rucking::append_block(blocks, std::span(points).first(5));
  rucking::append_block(blocks, points);
  std::string pulse = "\1";
  rucking::append_block(pulse, samples);
  std::string raw = "\2";
  raw.append(reinterpret_cast<const char*>(points.data()), 4 * sizeof(rucking::TrackPoint));
  return {blocks, pulse, raw};
}

void polyline(std::string_view input) {
  if (input.empty()) return;
  const auto precision = (input.front() & 1) != 0 ? rucking::PolylinePrecision::kFive
                                                  : rucking::PolylinePrecision::kSix;
  const auto line = rucking::decode_polyline(input.substr(1), precision);
  if (!line) return;
  const auto again =
      rucking::decode_polyline(rucking::encode_polyline(*line, precision), precision);
  RUCK_ASSERT(again.has_value() && again->size() == line->size());
  const double half = precision == rucking::PolylinePrecision::kFive ? 0.6e-5 : 0.6e-6;
  for (std::size_t i = 0; i < line->size(); ++i) {
    RUCK_ASSERT(std::abs((*again)[i].lat_deg - (*line)[i].lat_deg) <= half);
    RUCK_ASSERT(std::abs((*again)[i].lng_deg - (*line)[i].lng_deg) <= half);
  }
}
std::vector<std::string> polyline_seeds() {
  return {"1_p~iF~ps|U_ulLnnqC_mqNvxq`@", "0_p~iF~ps|U_ulLnnqC_mqNvxq`@", "1??", "1"};
}

// ---- files -------------------------------------------------------------------------------------

void gpx_file(std::string_view input) {
  const auto document = gpx::read(input, kNow);
  if (!document) return;
  std::size_t fixes = 0;
  for (const auto& segment : document->segments) fixes += segment.size();
  const gpx::Recording recording = gpx::to_recording(*document, kNow);
  RUCK_ASSERT(recording.points.size() <= fixes);
  RUCK_ASSERT(std::isfinite(recording.length_m) && recording.length_m >= 0);
  RUCK_ASSERT(std::ranges::adjacent_find(recording.points, std::ranges::greater_equal{},
                                         &rucking::TrackPoint::time_ms) == recording.points.end());
  const auto again = gpx::read(gpx::write(*document), kNow);
  RUCK_ASSERT(again.has_value());
  std::size_t fixes_again = 0;
  for (const auto& segment : again->segments) fixes_again += segment.size();
  RUCK_ASSERT(fixes_again == fixes);
}
std::vector<std::string> gpx_seeds() {
  gpx::Document document{.creator = "seed", .name = "walk <&>", .time = kNow};
  document.segments.resize(2);
  for (int i = 0; i < 4; ++i) {
    gpx::Fix fix{.lat_deg = 47 + i * 1e-4,
                 .lng_deg = 8,
                 .time = utc_ms(kStart + 1000 * i),
                 .altitude_m = 400};
    if (i == 2) fix.time.reset();
    fix.heart_rate_bpm = 120 + i;
    document.segments[static_cast<std::size_t>(i) % 2].push_back(fix);
  }
  return {gpx::write(document),
          R"(<?xml version="1.0"?><gpx version="1.0"><trk><trkseg><trkpt lat="1" lon="2"/>)"
          R"(<trkpt lat="x" lon="2"><time>1901-01-01T00:00:00Z</time></trkpt></trkseg></trk>)"
          R"(<rte><rtept lat="1" lon="3"/></rte><wpt lat="1" lon="3"/></gpx>)"};
}

class Parts final : public http::PartSink {
 public:
  Result<> begin(const http::PartHead& head) override {
    ++count;
    RUCK_ASSERT(count <= http::kPartsMax);
    text += "\n[" + head.name + "|" + head.filename + "|" + head.content_type + "]";
    return {};
  }
  Result<> bytes(std::string_view bytes) override {
    RUCK_ASSERT(count > 0 && !bytes.empty());
    text += bytes;
    return {};
  }
  std::string text;
  std::size_t count = 0;
};

// The parts of a form that comes in pieces; nothing where it is no form.
std::optional<std::string> parts_of(std::string_view type, std::string_view body,
                                    std::size_t piece) {
  auto reader = http::MultipartReader::of(type);
  if (!reader) return std::nullopt;
  Parts parts;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    if (!reader->feed(body.substr(0, piece), parts)) return std::nullopt;
  }
  if (!reader->finish()) return std::nullopt;
  return parts.text;
}

// The content type up to the first line break, then the body.
void multipart_form(std::string_view input) {
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return;
  const std::string_view type = input.substr(0, end);
  const std::string_view body = input.substr(end + 1);
  const auto whole = parts_of(type, body, body.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    RUCK_ASSERT(parts_of(type, body, piece) == whole);
  }
}
std::vector<std::string> multipart_seeds() {
  return {
      "multipart/form-data; boundary=xx\n--xx\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"a.gpx\"\r\nContent-Type: application/gpx+xml\r\n\r\n<gpx/>\r\n--xx\r\n"
      "Content-Disposition: form-data; name=ruck_weight_kg\r\n\r\n15\r\n--xx--\r\n"};
}

// What comes out of a stream of packed pieces; nothing where it is damaged or too much.
std::optional<std::string> unpacked(std::string_view packed, std::size_t piece,
                                    std::size_t bytes_max) {
  http::Inflater inflater({.bytes_max = bytes_max, .ratio_max = http::kUnpackRatioMax});
  std::string out;
  for (; !packed.empty(); packed.remove_prefix(std::min(piece, packed.size()))) {
    inflater.give(std::string(packed.substr(0, piece)));
    while (!inflater.wants_input()) {
      const auto next = inflater.take();
      if (!next) return std::nullopt;
      RUCK_ASSERT(next->size() <= http::kBodyPieceBytesMax);
      out += *next;
    }
  }
  RUCK_ASSERT(out.size() <= bytes_max);
  if (!inflater.finish()) return std::nullopt;
  return out;
}

void gzip_body(std::string_view input) {
  constexpr std::size_t kMost = 1 << 16;
  const auto plain = http::gunzip(input, kMost);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}}) {
    const auto streamed = unpacked(input, piece, kMost);
    RUCK_ASSERT(streamed.has_value() == plain.has_value());
    RUCK_ASSERT(!plain || *streamed == *plain);
  }
  if (!plain) return;
  RUCK_ASSERT(plain->size() <= kMost);
  RUCK_ASSERT(http::gunzip(http::gzip(*plain), kMost).value_or("") == *plain);
}
std::vector<std::string> gzip_seeds() {
  return {http::gzip(R"({"points":[]})"), http::gzip(std::string(200'000, ' ')), http::gzip(""),
          http::gzip("one") + http::gzip("") + http::gzip("two")};
}

// A form inside of gzip, as an import may come: the first byte is the size of the pieces.
void upload_stream(std::string_view input) {
  constexpr std::size_t kMost = 1 << 20;
  constexpr std::string_view kType = "multipart/form-data; boundary=xx";
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input.front());
  const auto packed = input.substr(1);
  const auto plain = unpacked(packed, piece, kMost);
  // What is too dense at its beginning is refused earlier the less of it has come.
  if (!plain) return;
  RUCK_ASSERT(plain == unpacked(packed, packed.size() + 1, kMost));
  RUCK_ASSERT(parts_of(kType, *plain, piece) == parts_of(kType, *plain, plain->size() + 1));
}
std::vector<std::string> stream_seeds() {
  std::vector<std::string> seeds;
  for (const std::string& form : multipart_seeds()) {
    const std::string body = form.substr(form.find('\n') + 1);
    seeds.push_back("\7" + http::gzip(body));
    seeds.push_back("\1" + http::gzip(body.substr(0, 40)) + http::gzip(body.substr(40)));
  }
  seeds.push_back("x" + http::gzip(std::string(900'000, ' ')));
  return seeds;
}

// ---- the wire ----------------------------------------------------------------------------------

struct Heard {
  bool is_complete = false;
  std::string text;
};

constexpr std::size_t kBodyMost = 4096;

// What comes out when the bytes arrive in pieces of one size.
Heard hear(std::string_view input, std::size_t piece) {
  static telemetry::Metrics metrics;
  static http::BodyBudget budget(1 << 20, metrics);
  http::session::RequestParser parser(budget);
  std::string waiting;
  bool is_decided = false;
  while (!input.empty() && !parser.is_complete() && !parser.has_failed()) {
    const std::string_view next = input.substr(0, piece);
    input.remove_prefix(next.size());
    waiting += next;
    waiting.erase(0, parser.feed(waiting));
    if (!is_decided && parser.is_head_done() && !parser.has_failed()) {
      is_decided = true;
      parser.accept_body(kBodyMost, http::session::RequestParser::Keep::kWhole);
      waiting.erase(0, parser.feed(waiting));
    }
    if (!parser.is_complete() && !parser.has_failed()) {
      RUCK_ASSERT(waiting.size() <= std::max(http::kHeaderBytesMax, http::kFramingBytesMax));
    }
  }
  Heard heard{.is_complete = parser.is_complete(), .text = {}};
  RUCK_ASSERT(!parser.has_failed() || !parser.problem().client_text().empty());
  if (!heard.is_complete) return heard;
  const http::Request request = parser.head();
  const std::string_view body = parser.padded_body();
  RUCK_ASSERT(body.size() <= kBodyMost);
  heard.text = std::string(http::name_of(request.method)) + " " + std::string(request.path) + "?" +
               std::string(request.query) + "\n";
  for (const std::string_view field : request.headers) heard.text += std::string(field) + "\n";
  heard.text += body;
  parser.release_body();
  RUCK_ASSERT(budget.used() == 0);
  return heard;
}

// What is no HTTP may be noticed later when it comes in pieces, but it never becomes a request, and
// a request never becomes another one.
void http_request(std::string_view input) {
  const Heard whole = hear(input, input.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Heard heard = hear(input, piece);
    RUCK_ASSERT(heard.is_complete == whole.is_complete && heard.text == whole.text);
  }
}
std::vector<std::string> http_seeds() {
  return {
      "GET /api/rucks?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b.c\r\n\r\n",
      "POST /api/rucks/1/location HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
      "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"};
}

// The body of a chunked request alone: the same in every cut, and what came is what was sent.
void chunked_body(std::string_view input) {
  const std::string request =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(input);
  http_request(request);
  std::string chunks;
  for (std::string_view rest = input.substr(0, kBodyMost); !rest.empty();) {
    const std::string_view piece = rest.substr(0, 1 + static_cast<unsigned char>(rest.front()));
    rest.remove_prefix(piece.size());
    chunks += fmt::format("{:x};a=b\r\n{}\r\n", piece.size(), piece);
  }
  const std::string head = request.substr(0, request.size() - input.size());
  const Heard heard = hear(head + chunks + "0\r\nX-T: 1\r\n\r\n", 5);
  RUCK_ASSERT(heard.is_complete && heard.text.ends_with(input.substr(0, kBodyMost)));
}
std::vector<std::string> chunked_seeds() {
  return {"5\r\nhello\r\n0\r\n\r\n",    "1;a=\"b;c\"\r\nx\r\n0;last\r\nX-T: 1\r\n\r\n",
          "2;" + std::string(300, 'a'), "0\r\nX-T: 1\r\n folded\r\n\r\n",
          "ffffffffffffffff\r\n",       "0000000000000005\r\nhello\r\n0\r\n\r\n"};
}

// Lines of X-Forwarded-For, Forwarded and X-Forwarded-Proto. Whatever they say, the client is an
// address, and none of a trusted proxy's that named another one.
void forwarded(std::string_view input) {
  static const http::TrustedProxies proxies = [] {
    auto parsed = http::TrustedProxies::parse("10.0.0.0/8, 2001:db8:ffff::/48");
    return std::move(*parsed);
  }();
  const std::size_t first = std::min(input.find('\n'), input.size());
  const std::size_t second = std::min(input.find('\n', first + 1), input.size());
  const std::string_view rest = first < input.size() ? input.substr(first + 1) : "";
  const http::ForwardedFields fields{
      .forwarded_for = input.substr(0, first),
      .forwarded = rest.substr(0, second - first - (first < input.size() ? 1 : 0)),
      .forwarded_proto = second < input.size() ? input.substr(second + 1) : ""};
  const auto stranger = proxies.client_of("192.0.2.1", fields);
  RUCK_ASSERT(stranger.address == "192.0.2.1" && !stranger.is_secure);
  const auto client = proxies.client_of("10.0.0.1", fields);
  RUCK_ASSERT(http::parse_address(client.address).has_value());
  RUCK_ASSERT(http::canonical_address(client.address) == client.address);
  if (proxies.trusts(client.address)) return;
  // Behind one more proxy of ours the client is the same.
  const std::string longer = std::string(fields.forwarded_for) + ", 10.7.7.7";
  const auto behind = proxies.client_of("10.0.0.1", {.forwarded_for = longer});
  const auto alone = proxies.client_of("10.0.0.1", {.forwarded_for = fields.forwarded_for});
  if (!fields.forwarded_for.empty() && !proxies.trusts(alone.address)) {
    RUCK_ASSERT(behind.address == alone.address);
  }
}
std::vector<std::string> forwarded_seeds() {
  return {"192.0.2.1, 10.1.1.1\n\nhttps",
          "192.0.2.1,, 10.1.1.1, \n",
          "[2001:db8::1]:80\n",
          "192.0.2.1:4711\n\nhttps, http",
          "\nfor=192.0.2.60;proto=http;by=203.0.113.43, for=\"[2001:db8:cafe::17]:4711\"\n",
          "\nFor=\"_hidden\", for=unknown;host=\"a\\\"b,c\"",
          "::ffff:192.0.2.1, 2001:db8:ffff::1"};
}

struct Signer {
  auth::SigningKey key{.id = "k1", .secret = std::string(32, 's')};
  auth::Tokens tokens;
  // The same in every run: tokens are kept in the corpus.
  http::Viewer viewer{.user = UserId(Uuid(Uuid::Bytes{1})), .session = Uuid(Uuid::Bytes{2})};
  std::string issued;
  Signer() {
    tokens.add_key(key);
    tokens.sign_with(key.id);
    issued = tokens.issue(viewer, to_us(kNow)).token;
  }
  // With a signature that is right, so that the claims are read.
  [[nodiscard]] std::string sign(std::string_view payload) const {
    std::string token = issued.substr(0, issued.find('.') + 1) + to_base64url(payload);
    return token + "." + to_base64url(crypto::hmac_sha256(key.secret, token));
  }
};
const Signer& signer() {
  static const Signer one;
  return one;
}

// A token as it comes; and, after a '!', claims that we sign.
void token(std::string_view input) {
  if (input.starts_with('!')) {
    static_cast<void>(signer().tokens.authenticate(signer().sign(input.substr(1)), to_us(kNow)));
    return;
  }
  const auto viewer = signer().tokens.authenticate(input, to_us(kNow));
  if (!viewer) return;
  RUCK_ASSERT(viewer->user == signer().viewer.user);  // nobody else was ever given one
  const std::string_view body = input.substr(0, input.rfind('.'));
  RUCK_ASSERT(body == std::string_view(signer().issued).substr(0, body.size()));
}
std::vector<std::string> token_seeds() {
  const std::string& issued = signer().issued;
  const std::size_t first = issued.find('.') + 1;
  const auto payload = from_base64(issued.substr(first, issued.rfind('.') - first));
  return {issued, "!" + payload.value_or(""), "eyJhbGciOiJub25lIn0.e30."};
}

// ---- pushes ------------------------------------------------------------------------------------

// The status of an answer in the first byte, its body in the rest.
void fcm_error(std::string_view input) {
  if (input.empty()) return;
  const int status = 299 + static_cast<unsigned char>(input.front());
  const push::Report report =
      push::report_of_fcm({.status = status, .headers = {}, .body = std::string(input.substr(1))});
  RUCK_ASSERT((report.fate == push::Fate::kAccepted) == (status < 300));
  RUCK_ASSERT(report.reason.size() < 2 * push::kReasonWordBytesMax);
  // A device is removed for three codes only.
  RUCK_ASSERT(report.fate != push::Fate::kGone || report.reason.ends_with("the token") ||
              report.reason.ends_with("MISMATCH") || report.reason.ends_with("UNREGISTERED"));
}
std::vector<std::string> fcm_error_seeds() {
  const std::string body =
      R"({"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT","details":[{"@type":)"
      R"("type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"INVALID_ARGUMENT"},)"
      R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":)"
      R"("message.token","description":"x"}]}]}})";
  return {"e" + body, "h" + body, "i" + body, "i<html>", std::string(1, '\0')};
}

// What a browser gives: endpoint, p256dh and auth, one a line. Keys that are taken can be used.
void push_subscription(std::string_view input) {
  const std::size_t first = std::min(input.find('\n'), input.size());
  const std::size_t second = std::min(input.find('\n', first + 1), input.size());
  const auto line = [input](std::size_t from, std::size_t to) {
    return std::string(from < to ? input.substr(from, to - from) : "");
  };
  const push::WebSubscription subscription{.endpoint = line(0, first),
                                           .p256dh = line(first + 1, second),
                                           .auth = line(second + 1, input.size())};
  if (const auto origin = push::origin_of(subscription.endpoint)) {
    RUCK_ASSERT(push::origin_of(*origin) == *origin);
    RUCK_ASSERT(origin->find_first_of("/?#@", 8) == std::string::npos);
  }
  const auto keys = push::read_keys(subscription);
  if (!keys) return;
  const std::string body = push::encrypt("text", *keys, push::make_secrets());
  RUCK_ASSERT(body.size() == push::kHeaderBytes + 4 + 1 + push::kAesTagBytes);
}
std::vector<std::string> push_subscription_seeds() {
  return {
      "https://push.example.net:8443/x?y#z\n"
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4\n"
      "BTBZMqHH6r4Tts7J_aSIgg",
      "HTTPS://[::1]:443/\nBCVxsg==\nBTBZMqHH6r4Tts7J_aSIgg==", "https://a@b/\n\n"};
}

// ---- settings ----------------------------------------------------------------------------------

void config_file(std::string_view input) {
  const int file = ::memfd_create("config", MFD_CLOEXEC);
  RUCK_ASSERT(file >= 0);
  RUCK_ASSERT(::write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  const runtime::LoadedConfig loaded =
      runtime::load_config({.file = "/proc/self/fd/" + std::to_string(file),
                            .env = [](const char*) -> const char* { return nullptr; }});
  ::close(file);
  RUCK_ASSERT(loaded.origins.size() == runtime::settings().size());
}
std::vector<std::string> config_seeds() {
  return {"listen = \"127.0.0.1:8080\"\nthreads = 2\nrate_limits = false\n",
          "database_url = 'sqlite:var/ruck.db'\nlog_level = \"info\"\nconnections_max = 1_000\n",
          "[table]\nx = [1, 2]\n"};
}

constexpr Target kTargets[] = {{"http_request", http_request, http_seeds},
                               {"location_json", location_json, location_seeds},
                               {"heart_rate_json", heart_rate_json, heart_rate_seeds},
                               {"codec_blocks", codec_blocks, codec_seeds},
                               {"gpx_file", gpx_file, gpx_seeds},
                               {"multipart_form", multipart_form, multipart_seeds},
                               {"gzip_body", gzip_body, gzip_seeds},
                               {"upload_stream", upload_stream, stream_seeds},
                               {"chunked_body", chunked_body, chunked_seeds},
                               {"forwarded", forwarded, forwarded_seeds},
                               {"token", token, token_seeds},
                               {"polyline", polyline, polyline_seeds},
                               {"fcm_error", fcm_error, fcm_error_seeds},
                               {"push_subscription", push_subscription, push_subscription_seeds},
                               {"config_file", config_file, config_seeds}};
}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &Target::name);
  return found == std::end(kTargets) ? nullptr : found;
}

}  // namespace ruck::fuzz

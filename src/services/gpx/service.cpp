#include "services/gpx/service.hpp"

#include "base/clean_text.hpp"
#include "base/text.hpp"
#include "gpx/recording.hpp"
#include "http/bind.hpp"
#include "http/multipart.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace ruck::gpx_import {
namespace {
constexpr auto kClockAhead = std::chrono::hours(1);
constexpr std::string_view kForm = "multipart/form-data";

// Of a form's plain fields, which are short words: longer ones are no values of ours.
constexpr std::size_t kFieldBytesMax = 8 * 1024;
constexpr std::size_t kFieldsMax = 64;  // a form of ours has five

bool is_form(std::string_view content_type) {
  return ascii_lower(content_type.substr(0, kForm.size())) == kForm;
}

// The file in what is sent, and the fields beside it, gathered while it comes.
class Upload final : public http::PartSink {
 public:
  Upload(http::BodyStream body, ImportQuery query)
      : body_(std::move(body)), fields_(std::move(query)) {}

  // The body itself is the file, or the first file of a form is.
  task<Result<>> receive() {
    if (is_form(body_.content_type())) co_return co_await receive_form();
    for (;;) {
      const Result<std::string> piece = co_await body_.next();
      if (!piece) co_return fail(piece.error());
      if (piece->empty()) co_return Result<>();
      if (const Result<> kept = keep(*piece); !kept) co_return fail(kept.error());
    }
  }
  [[nodiscard]] const std::string& xml() const { return xml_; }
  [[nodiscard]] const ImportQuery& fields() const { return fields_; }

  Result<> begin(const http::PartHead& head) override {
    if (const Result<> ended = end_field(); !ended) return ended;
    const bool looks_like_file =
        !head.filename.empty() || head.name == "file" || head.name == "gpx";
    is_file_ = looks_like_file && xml_.empty();
    field_ = is_file_ || looks_like_file ? "" : head.name;
    return {};
  }
  Result<> bytes(std::string_view bytes) override {
    if (is_file_) return keep(bytes);
    if (field_.empty()) return {};
    // What is beyond the bound is dropped: the rule of the field refuses what is left, in its
    // words.
    value_ += bytes.substr(0, kFieldBytesMax - value_.size());
    return {};
  }

 private:
  task<Result<>> receive_form() {
    Result<http::MultipartReader> reader = http::MultipartReader::of(body_.content_type());
    if (!reader) co_return fail(reader.error());
    for (;;) {
      const Result<std::string> piece = co_await body_.next();
      if (!piece) co_return fail(piece.error());
      if (piece->empty()) break;
      if (const Result<> read = reader->feed(*piece, *this); !read) co_return fail(read.error());
    }
    Result<> ended = reader->finish();
    if (ended) ended = end_field();
    if (ended) ended = read_fields();
    if (ended && xml_.empty()) ended = fail(ErrorCode::kInvalidInput, "the form holds no file");
    co_return ended;
  }
  Result<> end_field() {
    const std::string name = std::exchange(field_, std::string());
    const std::string value = std::exchange(value_, std::string());
    if (name.empty()) return {};
    if (form_.size() >= kFieldsMax) {
      return fail(ErrorCode::kInvalidInput, "the form has more fields than this one can have");
    }
    form_.emplace_back(name, trim(value));
    return {};
  }
  // By the same types and bounds as the query.
  Result<> read_fields() {
    http::Binder binder(http::Binder::Mode::kStrict);
    binder.form(form_, fields_);
    return binder.error() ? Result<>(fail(*binder.error())) : Result<>();
  }
  Result<> keep(std::string_view bytes) {
    if (const Result<> kept = body_.keep(xml_.size() + bytes.size()); !kept) return kept;
    xml_ += bytes;
    return {};
  }

  http::BodyStream body_;
  ImportQuery fields_;
  std::string xml_;
  std::string field_;  // being read; empty: one that is not wanted
  std::string value_;
  http::Pairs form_;
  bool is_file_ = false;
};

std::string_view name_of(rucking::AltitudeSource source) {
  return source == rucking::AltitudeSource::kBarometer ? "barometer" : "gps";
}

struct Parsed {
  gpx::Document document;
  gpx::Recording recording;
};

Result<Parsed> parse(std::string_view xml, UtcMs latest) {
  Result<gpx::Document> document = gpx::read(xml, latest);
  if (!document) return fail(std::move(document).error());
  gpx::Recording recording = gpx::to_recording(*document, latest);
  return Parsed{std::move(*document), std::move(recording)};
}

rucks::ImportedRuck to_ruck(const Parsed& parsed, const ImportQuery& fields) {
  const auto& [document, recording] = parsed;
  rucks::ImportedRuck ruck{
      .import_key = recording.identity,
      .ruck_weight_kg = fields.ruck_weight_kg,
      .is_public = fields.is_public,
      .visibility = fields.visibility,
      .altitude_source = std::string(name_of(recording.altitude_source)),
      .track = {.points = recording.points, .heart_rate = recording.heart_rate}};
  if (fields.title && !fields.title->empty()) {
    ruck.title = fields.title;
  } else if (const std::string name = clean_line(document.name); !name.empty()) {
    ruck.title = clean_line(first_code_points(name, rucks::kTitleLengthMax));
  }
  for (const gpx::Pause& pause : recording.pauses) {
    ruck.track.events.push_back({.at_ms = pause.from_ms, .kind = "pause"});
    ruck.track.events.push_back({.at_ms = pause.to_ms, .kind = "resume"});
  }
  if (!recording.has_times) {
    ruck.started_at = document.time;
    ruck.distance_m = std::min(recording.length_m, rucks::kDistanceKmMax * 1000);
  }
  return ruck;
}
}  // namespace

namespace {
// Heart rate of the moment, if there is a sample so near.
std::optional<int> heart_rate_at(const std::vector<rucking::HeartRateSample>& samples,
                                 std::int64_t time_ms) {
  constexpr std::int64_t kNearMs = 10'000;
  const auto after =
      std::ranges::lower_bound(samples, time_ms, {}, &rucking::HeartRateSample::time_ms);
  const rucking::HeartRateSample* nearest = nullptr;
  if (after != samples.end()) nearest = &*after;
  if (after != samples.begin()) {
    const auto before = std::prev(after);
    const bool is_nearer =
        nearest == nullptr || time_ms - before->time_ms <= nearest->time_ms - time_ms;
    if (is_nearer) nearest = &*before;
  }
  if (nearest == nullptr || std::abs(nearest->time_ms - time_ms) > kNearMs) return std::nullopt;
  return nearest->bpm;
}

// A pause begins a new segment.
gpx::Document document_of(const rucks::RecordedTrack& recorded) {
  gpx::Document document{.creator = "RuckingApp"};
  document.name = recorded.ruck.title.value.value_or("Ruck");
  std::vector<gpx::Fix> segment;
  auto event = recorded.track.events.begin();
  for (const rucking::TrackPoint& point : recorded.track.points) {
    for (; event != recorded.track.events.end() && event->at_ms < point.time_ms; ++event) {
      if (event->kind != "pause" || segment.empty()) continue;
      document.segments.push_back(std::move(segment));
      segment = {};
    }
    segment.push_back({.lat_deg = static_cast<double>(point.lat_e7) / 1e7,
                       .lng_deg = static_cast<double>(point.lng_e7) / 1e7,
                       .time = utc_ms(point.time_ms),
                       .altitude_m = point.altitude_m(),
                       .accuracy_m = point.accuracy_m(),
                       .speed_m_per_s = point.speed_m_per_s(),
                       .heart_rate_bpm = heart_rate_at(recorded.track.heart_rate, point.time_ms)});
  }
  if (!segment.empty()) document.segments.push_back(std::move(segment));
  if (!document.segments.empty()) document.time = document.segments.front().front().time;
  return document;
}
}  // namespace

task<Result<http::Response>> GpxService::export_ruck(http::Viewer viewer, rucks::RuckRef ref) {
  Result<rucks::RecordedTrack> recorded = co_await rucks_.recorded(viewer, std::move(ref));
  if (!recorded) co_return fail(std::move(recorded).error());
  const std::string filename = "ruck-" + std::to_string(recorded->ruck.id.value()) + ".gpx";
  Result<std::string> text = co_await pool_.run(
      [recorded = std::move(*recorded)] { return gpx::write(document_of(recorded)); });
  if (!text) co_return fail(std::move(text).error());
  co_return http::Response{
      .content_type = "application/gpx+xml",
      .body = std::move(*text),
      .headers = {{"Content-Disposition", "attachment; filename=\"" + filename + "\""}}};
}

task<Result<GpxService::Reply>> GpxService::import(http::Viewer viewer,
                                                   http::Query<ImportQuery> query,
                                                   http::BodyStream body) {
  Upload upload(std::move(body), std::move(query.value));
  if (const Result<> received = co_await upload.receive(); !received) {
    co_return fail(received.error());
  }
  const UtcMs latest = to_ms(clock_.now()) + kClockAhead;
  // Off the core: a large file takes a second.
  Result<Result<Parsed>> parsed =
      co_await pool_.run([&upload, latest] { return parse(upload.xml(), latest); });
  if (!parsed) co_return fail(std::move(parsed).error());
  if (!*parsed) co_return fail(std::move(*parsed).error());
  Result<rucks::ImportOutcome> outcome =
      co_await rucks_.import(viewer.user, to_ruck(**parsed, upload.fields()));
  if (!outcome) co_return fail(std::move(outcome).error());
  ImportReply reply{.message = outcome->was_there ? "This file was imported before" : "Imported",
                    .was_there = outcome->was_there,
                    .ruck = std::move(outcome->ruck),
                    .remarks = std::move((*parsed)->recording.remarks)};
  if (reply.was_there) co_return Reply(std::move(reply));
  co_return Reply(http::Created<ImportReply>{std::move(reply)});
}

}  // namespace ruck::gpx_import

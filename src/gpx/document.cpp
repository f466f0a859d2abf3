#include "gpx/document.hpp"

#include "base/clean_text.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <cmath>
#include <cstring>

namespace ruck::gpx {
namespace {
constexpr UtcMs kEarliest = utc_ms(946'684'800'000);  // 2000: older times are a receiver's default
constexpr int kExtensionDepthMax = 4;                 // TrackPointExtension lies two deep

// The name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::optional<double> number_of(std::string_view text) { return parse_double(trim(text)); }

class Reader {
 public:
  Reader(UtcMs latest, Document& out) : latest_(latest), out_(out) {}

  Result<> read(const pugi::xml_node& gpx) {
    out_.creator = gpx.attribute("creator").value();
    for (const pugi::xml_node& child : gpx) {
      const std::string_view name = local_name(child);
      if (name == "trk") read_track(child);
      if (name == "rte") read_points(child, "rtept");
      if (name == "time") out_.time = time_of(child);
      if (name == "metadata") read_metadata(child);
      if (count_ > kFixesMax) {
        return fail(ErrorCode::kPayloadTooLarge,
                    fmt::format("the file has more than {} points", kFixesMax));
      }
    }
    return {};
  }

 private:
  void read_metadata(const pugi::xml_node& metadata) {
    for (const pugi::xml_node& child : metadata) {
      if (local_name(child) == "time") out_.time = time_of(child);
    }
  }
  void read_track(const pugi::xml_node& track) {
    for (const pugi::xml_node& child : track) {
      const std::string_view name = local_name(child);
      if (name == "name" && out_.name.empty()) out_.name = trim(child.text().get());
      if (name == "trkseg") read_points(child, "trkpt");
    }
  }
  void read_points(const pugi::xml_node& parent, std::string_view point_name) {
    std::vector<Fix> segment;
    for (const pugi::xml_node& child : parent) {
      if (local_name(child) != point_name) continue;
      if (++count_ > kFixesMax) return;
      if (auto fix = read_fix(child)) {
        segment.push_back(*fix);
      } else {
        out_.dropped += 1;
      }
    }
    if (!segment.empty()) out_.segments.push_back(std::move(segment));
  }
  std::optional<Fix> read_fix(const pugi::xml_node& point) {
    const auto lat = number_of(point.attribute("lat").value());
    const auto lng = number_of(point.attribute("lon").value());
    if (!lat || !lng || std::abs(*lat) > 90 || std::abs(*lng) > 180) return std::nullopt;
    Fix fix{.lat_deg = *lat, .lng_deg = *lng};
    for (const pugi::xml_node& child : point) {
      const std::string_view name = local_name(child);
      if (name == "ele") fix.altitude_m = number_of(child.text().get());
      if (name == "time") fix.time = time_of(child);
      if (name == "speed") fix.speed_m_per_s = number_of(child.text().get());
      if (name == "extensions") read_extensions(child, fix, 0);
    }
    return fix;
  }
  void read_extensions(const pugi::xml_node& parent, Fix& fix, int depth) {
    if (depth > kExtensionDepthMax) return;
    for (const pugi::xml_node& child : parent) {
      const std::string_view name = local_name(child);
      const auto number = number_of(child.text().get());
      if (name == "hr" && number && *number > 0 && *number < 300) {
        fix.heart_rate_bpm = static_cast<int>(std::lround(*number));
      } else if (name == "speed") {
        fix.speed_m_per_s = number;
      } else if (name == "accuracy_horizontal") {
        fix.accuracy_m = number;
      } else {
        read_extensions(child, fix, depth + 1);
      }
    }
  }
  std::optional<UtcMs> time_of(const pugi::xml_node& node) {
    const auto parsed = parse_iso8601(trim(node.text().get()));
    if (!parsed) return std::nullopt;
    if (parsed->time >= kEarliest && parsed->time <= latest_) return parsed->time;
    out_.odd_times += 1;
    return std::nullopt;
  }

  UtcMs latest_;
  Document& out_;
  std::size_t count_ = 0;
};

// The line and column of a byte, from 1.
std::pair<std::size_t, std::size_t> place_of(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text.substr(0, offset)) {
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return {line, column};
}

void write_fix(std::string& out, const Fix& fix) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "      <trkpt lat=\"{:.7f}\" lon=\"{:.7f}\">\n", fix.lat_deg, fix.lng_deg);
  if (fix.altitude_m) fmt::format_to(to, "        <ele>{:.1f}</ele>\n", *fix.altitude_m);
  if (fix.time) fmt::format_to(to, "        <time>{}</time>\n", to_iso8601(*fix.time));
  if (fix.heart_rate_bpm || fix.accuracy_m || fix.speed_m_per_s) {
    out += "        <extensions>\n";
    if (fix.heart_rate_bpm || fix.speed_m_per_s) {
      out += "          <gpxtpx:TrackPointExtension>";
      if (fix.heart_rate_bpm) fmt::format_to(to, "<gpxtpx:hr>{}</gpxtpx:hr>", *fix.heart_rate_bpm);
      if (fix.speed_m_per_s)
        fmt::format_to(to, "<gpxtpx:speed>{:.2f}</gpxtpx:speed>", *fix.speed_m_per_s);
      out += "</gpxtpx:TrackPointExtension>\n";
    }
    if (fix.accuracy_m) {
      fmt::format_to(
          to, "          <opentracks:accuracy_horizontal>{:.1f}</opentracks:accuracy_horizontal>\n",
          *fix.accuracy_m);
    }
    out += "        </extensions>\n";
  }
  out += "      </trkpt>\n";
}
}  // namespace

Result<Document> read(std::string_view xml, UtcMs latest) {
  if (xml.size() > kBytesMax) {
    return fail(ErrorCode::kPayloadTooLarge, "a GPX file may have at most 50 MB");
  }
  pugi::xml_document tree;
  // No DOCTYPE is looked into: entities that it could define stay text.
  const pugi::xml_parse_result parsed =
      tree.load_buffer(xml.data(), xml.size(), pugi::parse_default);
  if (!parsed) {
    const auto [line, column] = place_of(xml, static_cast<std::size_t>(parsed.offset));
    return fail(ErrorCode::kInvalidInput, fmt::format("not a GPX file: {} at line {}, column {}",
                                                      parsed.description(), line, column));
  }
  const pugi::xml_node root = tree.document_element();
  if (local_name(root) != "gpx") {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("not a GPX file: the root element is <{}>", root.name()));
  }
  Document out;
  const Result<> ok = Reader(latest, out).read(root);
  if (!ok) return fail(ok.error());
  if (out.segments.empty())
    return fail(ErrorCode::kInvalidInput, "the GPX file has no track points");
  return out;
}

std::string write(const Document& document) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<gpx version=\"1.1\" creator=\"" +
      escape_markup(document.creator) +
      "\""
      " xmlns=\"http://www.topografix.com/GPX/1/1\""
      " xmlns:gpxtpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v2\""
      " xmlns:opentracks=\"http://opentracksapp.com/xmlschemas/v1\">\n";
  if (document.time)
    out += "  <metadata><time>" + to_iso8601(*document.time) + "</time></metadata>\n";
  out += "  <trk>\n    <name>" + escape_markup(clean_line(document.name)) + "</name>\n";
  for (const auto& segment : document.segments) {
    out += "    <trkseg>\n";
    for (const Fix& fix : segment) write_fix(out, fix);
    out += "    </trkseg>\n";
  }
  return out + "  </trk>\n</gpx>\n";
}

}  // namespace ruck::gpx

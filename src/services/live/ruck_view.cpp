#include "services/live/ruck_view.hpp"

#include "base/whole_number.hpp"
#include "http/json/writer.hpp"
#include "rucking/keyed_hash.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ruck::live {
namespace {
using rucking::HiddenPlaces;
using rucking::Position;

double degrees(std::int32_t e7) { return std::round(static_cast<double>(e7)) / 1e7; }

std::size_t index_of(Audience audience) { return static_cast<std::size_t>(audience); }

template <class Spot>
void write_spot(json::Writer& w, const Spot& spot) {
  w.begin_object();
  w.key("lat");
  w.number(degrees(spot.lat_e7));
  w.key("lng");
  w.number(degrees(spot.lng_e7));
  w.end_object();
}

template <class Spots>
void write_line(json::Writer& w, const Spots& spots) {
  w.begin_array();
  for (const auto& spot : spots) write_spot(w, spot);
  w.end_array();
}

template <class Pieces>
void write_pieces(json::Writer& w, const Pieces& pieces) {
  w.begin_array();
  for (const auto& piece : pieces) write_line(w, piece);
  w.end_array();
}

// Numbers for others that look random and can be turned back: a Feistel network of four rounds
// (Luby and Rackoff 1988) keyed by the owner's secret and the ruck.
struct SeqMask {
  rucking::PrivacyKey key;
  RuckId ruck;

  [[nodiscard]] std::uint32_t round(std::uint32_t number, std::uint32_t half) const {
    constexpr std::uint64_t kPurpose = 0x6c6976652d736571;  // "live-seq"
    const auto ruck_number = static_cast<std::uint64_t>(ruck.value());
    return static_cast<std::uint32_t>(
        rucking::keyed_hash(key, {kPurpose, ruck_number, number, half}) & 0xffff);
  }
  [[nodiscard]] std::uint32_t forward(std::uint32_t value) const {
    std::uint32_t left = value >> 16;
    std::uint32_t right = value & 0xffff;
    for (std::uint32_t i = 0; i < kRounds; ++i) {
      left ^= round(i, right);
      std::swap(left, right);
    }
    return left << 16 | right;
  }
  [[nodiscard]] std::uint32_t back(std::uint32_t value) const {
    std::uint32_t left = value >> 16;
    std::uint32_t right = value & 0xffff;
    for (std::uint32_t i = kRounds; i-- > 0;) {
      std::swap(left, right);
      left ^= round(i, right);
    }
    return left << 16 | right;
  }
  static constexpr std::uint32_t kRounds = 4;
};

}  // namespace

RuckView::RuckView(const rucks::LiveState& state, const people::OwnerPrivacy& privacy)
    : state_(state), privacy_(privacy) {}

void RuckView::load(const rucks::LiveTrack& track) {
  spots_.clear();
  finder_ = rucking::EndFinder();
  last_.reset();
  seq_ = 0;
  trail_ = 0;
  spacing_m_ = kSpacingMinM;
  pauses_ = track.pauses;
  progress_ = {.distance_m = track.distance_m, .duration_s = track.duration_s};
  if (!track.points.empty()) begin_at(track.points.front());
  for (const rucking::TrackPoint& point : track.points) finder_.add(point);
  hide();
  for (const rucking::TrackPoint& point : track.points) take(point);
  follow_with_trail();
}

void RuckView::add(std::span<const rucking::TrackPoint> points, Progress progress) {
  progress_ = progress;
  if (!last_ && !points.empty()) begin_at(points.front());
  for (const rucking::TrackPoint& point : points) finder_.add(point);
  hide_new_ends();
  for (const rucking::TrackPoint& point : points) take(point);
  follow_with_trail();
}

void RuckView::begin_at(const rucking::TrackPoint& point) { first_ms_ = point.time_ms; }

void RuckView::set_privacy(const people::OwnerPrivacy& privacy) {
  privacy_ = privacy;
  hide();
}

// The same rule as for a finished ruck; until fixes agree where it began, everything.
HiddenPlaces RuckView::hidden_places() const {
  if (!finder_.is_settled() || ends_.size() >= rucking::kRuckEndsMax) return {};
  return privacy_.hide(state_.id, ends_);
}

// After what is hidden has changed: figures and fronts anew, from the spots there are.
void RuckView::hide() {
  ends_ = finder_.ends();
  hidden_ = hidden_places();
  meter_ = {};
  trail_front_.reset();
  for (Spot& spot : spots_) {
    measure(spot);
    if (spot.order <= trail_ && !hidden_.hides(spot.position())) trail_front_ = spot;
  }
  for (const Audience audience : {Audience::kFollower, Audience::kLink}) {
    std::optional<Spot>& at = shown_[index_of(audience)].at;
    if (at && hidden_.hides(at->position())) at.reset();
  }
}

void RuckView::hide_new_ends() {
  const bool is_first_time = hidden_.hides_everything() && finder_.is_settled();
  if (is_first_time || finder_.ends() != ends_) hide();
}

// What would be hidden around the newest points if the ruck ended there; around the same anchors as
// its start.
HiddenPlaces RuckView::hidden_if_over() const {
  if (hidden_.hides_everything()) return {};
  std::vector<rucking::Anchor> anchors = privacy_.anchors.value_or(std::vector<rucking::Anchor>());
  anchors.insert(anchors.end(), hidden_.new_anchors().begin(), hidden_.new_anchors().end());
  return HiddenPlaces::of({.key = privacy_.key,
                           .zones = std::vector<rucking::Circle>(),
                           .anchors = std::move(anchors),
                           .ends = finder_.late_ends(),
                           .ruck = state_.id.value()});
}

std::int64_t RuckView::time_ms(const Spot& spot) const {
  return first_ms_ + std::llround(static_cast<double>(spot.at_s) * 1000);
}

double RuckView::paused_s(const Spot& from, const Spot& to) const {
  const std::int64_t begin = time_ms(from);
  const std::int64_t end = time_ms(to);
  std::int64_t ms = 0;
  for (const auto& pause : pauses_) {
    ms += std::max<std::int64_t>(0, std::min(end, pause.to_ms) - std::max(begin, pause.from_ms));
  }
  return static_cast<double>(ms) / 1000;
}

// Adds the way from the point before, if both and the way are seen.
void RuckView::measure(Spot& spot) {
  const Position here = spot.position();
  if (hidden_.hides(here)) {
    meter_.before.reset();
    return;
  }
  const bool joins = meter_.before && !hidden_.hides_way(meter_.before->position(), here);
  if (!joins) meter_.anchor = here;
  if (joins) {
    const double passed_s = static_cast<double>(spot.at_s - meter_.before->at_s);
    meter_.seen_s += std::max(0.0, passed_s - paused_s(*meter_.before, spot));
    const double length_m = rucking::distance_m(meter_.anchor, here);
    if (length_m >= kMeasureStepM) {
      meter_.seen_m += length_m;
      meter_.anchor = here;
    }
  }
  spot.seen_m = static_cast<float>(meter_.seen_m);
  spot.seen_s = static_cast<float>(meter_.seen_s);
  if (!meter_.first) meter_.first = spot;
  meter_.before = spot;
  meter_.front = spot;
}

const std::optional<RuckView::Spot>& RuckView::front(Audience audience) const {
  if (audience == Audience::kOwner) return last_;
  return audience == Audience::kLink ? trail_front_ : meter_.front;
}

std::uint32_t RuckView::order(Audience audience) const {
  const std::optional<Spot>& at = front(audience);
  return at ? at->order : 0;
}

std::uint32_t RuckView::seq(Audience audience) const { return masked(audience, order(audience)); }

// A permutation of all numbers but 0, which is nothing at all.
std::uint32_t RuckView::masked(Audience audience, std::uint32_t order) const {
  if (audience == Audience::kOwner || order == 0 || !privacy_.key) return order;
  const SeqMask mask{.key = *privacy_.key, .ruck = state_.id};
  const std::uint32_t seq = mask.forward(order);
  return seq != 0 ? seq : mask.forward(0);
}

std::uint32_t RuckView::unmasked(Audience audience, std::uint32_t seq) const {
  if (audience == Audience::kOwner || seq == 0 || !privacy_.key) return seq;
  const SeqMask mask{.key = *privacy_.key, .ruck = state_.id};
  const std::uint32_t order = mask.back(seq);
  return order != 0 ? order : mask.back(0);
}

// Nothing for one who followed another instance, or another life of the ruck: all of it is new.
std::optional<std::uint32_t> RuckView::order_of(Audience audience,
                                                std::optional<std::uint32_t> since) const {
  if (!since || *since == 0) return std::nullopt;
  const std::uint32_t known = unmasked(audience, *since);
  return known <= order(audience) ? std::optional(known) : std::nullopt;
}

std::optional<std::int64_t> RuckView::last_point_ms() const {
  return last_ ? std::optional(last_ms_) : std::nullopt;
}

void RuckView::take(const rucking::TrackPoint& point) {
  Spot spot{.lat_e7 = point.lat_e7,
            .lng_e7 = point.lng_e7,
            .order = ++seq_,
            .at_s = static_cast<float>(static_cast<double>(point.time_ms - first_ms_) / 1000)};
  measure(spot);
  last_ = spot;
  last_ms_ = point.time_ms;
  const bool is_far = spots_.empty() ||
                      rucking::distance_m(spots_.back().position(), spot.position()) >= spacing_m_;
  if (!is_far) return;
  spots_.push_back(spot);
  if (spots_.size() > kSpotsMax) thin();
}

// A long ruck is drawn with longer steps.
void RuckView::thin() {
  spacing_m_ *= 2;
  std::vector<Spot> kept;
  for (const Spot& spot : spots_) {
    const bool is_far =
        kept.empty() || rucking::distance_m(kept.back().position(), spot.position()) >= spacing_m_;
    if (is_far) kept.push_back(spot);
  }
  spots_ = std::move(kept);
}

// Only ever forward: what has been shown cannot be taken back.
void RuckView::follow_with_trail() {
  if (!last_ || spots_.empty()) return;
  const HiddenPlaces end = hidden_if_over();
  auto next = std::ranges::upper_bound(spots_, trail_, {}, &Spot::order);
  for (; next != spots_.end(); ++next) {
    const Spot& from = next == spots_.begin() ? *next : *(next - 1);
    if (end.hides_way(from.position(), next->position())) return;
    trail_ = next->order;
    if (!hidden_.hides(next->position())) trail_front_ = *next;
  }
}

// The spots after an order, with the newest point at the end, as far as the audience may know.
std::vector<RuckView::Spot> RuckView::line_for(Audience audience, std::uint32_t after) const {
  const auto from = std::ranges::upper_bound(spots_, after, {}, &Spot::order);
  std::vector<Spot> line(from, spots_.end());
  if (last_ && last_->order > after && (line.empty() || line.back().order < last_->order)) {
    line.push_back(*last_);
  }
  if (audience == Audience::kLink) {
    std::erase_if(line, [this](const Spot& spot) { return spot.order > trail_; });
  }
  return line;
}

RuckView::Line RuckView::visible(Audience audience, std::vector<Spot> line) const {
  Line out;
  if (line.empty()) return out;
  if (audience == Audience::kOwner) {
    out.pieces.push_back(std::move(line));
    return out;
  }
  for (std::size_t i = 0; i < line.size(); ++i) {
    const Position here = line[i].position();
    if (hidden_.hides(here)) continue;
    const bool joins = i > 0 && !out.pieces.empty() &&
                       out.pieces.back().back().order == line[i - 1].order &&
                       !hidden_.hides_way(line[i - 1].position(), here);
    if (!joins) out.pieces.emplace_back();
    out.pieces.back().push_back(line[i]);
  }
  return out;
}

RuckView::Line RuckView::visible_since(Audience audience, std::uint32_t since) const {
  // One spot before, to know whether the way from there may be shown.
  const auto next = std::ranges::upper_bound(spots_, since, {}, &Spot::order);
  const std::uint32_t before = next == spots_.begin() ? 0 : (next - 1)->order;
  Line out = visible(audience, line_for(audience, before == 0 ? 0 : before - 1));
  if (!out.pieces.empty() && out.pieces.front().front().order <= since) {
    out.continues = true;
    std::erase_if(out.pieces.front(), [since](const Spot& s) { return s.order <= since; });
    if (out.pieces.front().empty()) {
      out.pieces.erase(out.pieces.begin());
      out.continues = false;
    }
  }
  return out;
}

void RuckView::write_state(std::string& out, Audience audience,
                           const std::optional<Spot>& current) const {
  json::Writer w(out);
  const bool is_owner = audience == Audience::kOwner;
  const std::optional<Spot>& at = front(audience);
  const rucking::PublicTotals shown = rucking::public_totals(
      {.distance_m = at ? at->seen_m : 0.0, .duration_s = at ? at->seen_s : 0.0});
  const double km = std::round(progress_.distance_m) / 1000;
  const double pace = km >= 0.01 ? std::round(progress_.duration_s / km) : 0;
  w.key("ruck_id");
  w.integer(state_.id.value());
  w.key("ruck_status");
  w.string(state_.status);
  w.key("is_active");
  w.boolean(state_.is_under_way);
  w.key("distance_km");
  w.number(is_owner ? km : shown.distance_km);
  w.key("duration_seconds");
  w.integer(is_owner ? whole_number(progress_.duration_s) : shown.duration_s);
  w.key("average_pace");
  w.number(is_owner ? pace : shown.pace_s_per_km);
  w.key("ruck_weight_kg");
  w.number(state_.load_kg);
  w.key("current_location");
  if (current) {
    w.begin_object();
    w.key("latitude");
    w.number(degrees(current->lat_e7));
    w.key("longitude");
    w.number(degrees(current->lng_e7));
    w.end_object();
  } else {
    w.null();
  }
  const auto moment = [&](std::optional<UtcUs> time) {
    if (!time) return w.null();
    const std::int64_t us = time->time_since_epoch().count();
    w.time(to_ms(utc_us(is_owner ? us : rucking::public_time_us(us))));
  };
  w.key("last_location_update");
  moment(at ? std::optional(to_us(utc_ms(is_owner ? last_ms_ : time_ms(*at)))) : std::nullopt);
  w.key("started_at");
  moment(is_owner ? state_.started_at : shown_start(audience));
}

// To others a ruck begins where they see it begin, and they are told the hour: the moment it left
// the door and the moment it appears would give the length of the hidden way.
std::optional<UtcUs> RuckView::shown_start(Audience audience) const {
  std::optional<UtcUs> start = state_.started_at;
  if (front(audience) && meter_.first) start = to_us(utc_ms(time_ms(*meter_.first)));
  if (!start) return std::nullopt;
  return UtcUs(std::chrono::floor<std::chrono::hours>(*start));
}

std::string RuckView::snapshot(Audience audience, std::optional<std::uint32_t> since) const {
  const std::optional<std::uint32_t> known = order_of(audience, since);
  const bool is_part = known.has_value();
  const Line line =
      is_part ? visible_since(audience, *known) : visible(audience, line_for(audience, 0));
  std::optional<Spot> current;
  if (!line.pieces.empty()) {
    current = line.pieces.back().back();
  } else if (is_part) {
    const Line all = visible(audience, line_for(audience, 0));
    if (!all.pieces.empty()) current = all.pieces.back().back();
  }
  std::string out;
  json::Writer w(out);
  w.begin_object();
  write_state(out, audience, current);
  w.key("since");
  is_part ? w.integer(*since) : w.null();
  w.key("continues");
  w.boolean(line.continues);
  w.key("route_pieces");
  write_pieces(w, line.pieces);
  w.end_object();
  return out;
}

void RuckView::begin(Audience audience) {
  const Line line = visible(audience, line_for(audience, 0));
  Shown& shown = shown_[index_of(audience)];
  shown.order = order(audience);
  shown.at.reset();
  shown.state.clear();
  if (!line.pieces.empty()) shown.at = line.pieces.back().back();
}

RuckView::Update RuckView::update(Audience audience) {
  Shown& shown = shown_[index_of(audience)];
  const std::uint32_t now = order(audience);
  std::uint32_t previous = shown.order;
  bool continues = false;
  std::vector<Spot> fresh;
  if (now > shown.order) {
    std::vector<Spot> line = line_for(audience, shown.order);
    if (shown.at) line.insert(line.begin(), *shown.at);
    Line seen = visible(audience, std::move(line));
    if (!seen.pieces.empty()) {
      fresh = std::move(seen.pieces.back());
      seen.pieces.pop_back();
      continues = shown.at && fresh.front().order == shown.at->order;
      if (continues) fresh.erase(fresh.begin());
    }
    // Of what lies before a hidden place in between, there is no room in an update.
    if (!seen.pieces.empty()) previous = std::max(previous, seen.pieces.back().back().order);
  }
  if (fresh.size() > kUpdateSpotsMax) {  // after a dead zone
    const auto kept = fresh.end() - static_cast<std::ptrdiff_t>(kUpdateSpotsMax);
    previous = (kept - 1)->order;
    fresh.erase(fresh.begin(), kept);
    continues = false;
  }
  if (!fresh.empty()) shown.at = fresh.back();
  shown.order = now;
  std::string state;
  write_state(state, audience, shown.at);
  Update out{.data = {},
             .seq = masked(audience, now),
             .previous = masked(audience, previous),
             .is_news = !fresh.empty() || state != shown.state};
  json::Writer w(out.data);
  w.begin_object();
  write_state(out.data, audience, shown.at);
  w.key("continues");
  w.boolean(continues);
  w.key("points");
  write_line(w, fresh);
  w.end_object();
  shown.state = std::move(state);
  return out;
}

std::string RuckView::contract_form(Audience audience) const {
  const Line line = visible(audience, line_for(audience, 0));
  std::optional<Spot> current;
  if (!line.pieces.empty()) current = line.pieces.back().back();
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("status");
  w.string("success");
  write_state(out, audience, current);
  w.key("seq");
  w.integer(seq(audience));
  // For apps that draw one line: the piece that leads to where the rucker is.
  w.key("route");
  write_line(w, line.pieces.empty() ? std::vector<Spot>() : line.pieces.back());
  w.key("route_pieces");
  write_pieces(w, line.pieces);
  w.end_object();
  return out;
}

}  // namespace ruck::live

// From lines to cuts, and to the places that no line shows.
#include "privacy/attacks.hpp"

#include <algorithm>
#include <deque>
#include <numbers>

namespace ruck::attack {
namespace {
constexpr double kNearM = 850;   // of a cut from the middle: a ruck's circle reaches 840 m
constexpr double kClearM = 110;  // of a door from a line that is shown: the margin, less some noise
constexpr std::size_t kCellsASide = static_cast<std::size_t>(2 * Scene::kReachM / Scene::kCellM);

// The direction of the last of a line that leads up to its end: a fit over some ten metres.
Point heading_at(const Piece& piece, bool at_front) {
  constexpr double kFitM = 80;
  std::vector<Point> near;
  const std::size_t size = piece.size();
  double walked = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const Point p = piece[at_front ? i : size - 1 - i].at;
    if (!near.empty()) walked += distance(near.back(), p);
    near.push_back(p);
    if (walked > kFitM) break;
  }
  const Point middle = mean_of(near);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 1; i < near.size(); ++i) {  // along the line, whatever the spacing
    const double share = distance(near[i - 1], near[i]);
    for (const Point& end : {near[i - 1], near[i]}) {
      const Point d = end - middle;
      xx += share * d.x * d.x;
      xy += share * d.x * d.y;
      yy += share * d.y * d.y;
    }
  }
  const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
  const Point along = towards(angle);
  const Point out = near.front() - near.back();
  return along.x * out.x + along.y * out.y >= 0 ? along : -1.0 * along;
}
double step_at(const Piece& piece, bool at_front) {
  if (piece.size() < 2) return 0;
  return at_front ? distance(piece[0].at, piece[1].at)
                  : distance(piece[piece.size() - 1].at, piece[piece.size() - 2].at);
}
}  // namespace

Scene::Scene(const Sight& sight) : sight_(&sight) {
  find_cuts();
  measure_clearance();
  find_hidden();
}

void Scene::find_cuts() {
  std::vector<Cut> all;
  for (std::size_t r = 0; r < sight_->rucks.size(); ++r) {
    const auto& pieces = sight_->rucks[r].pieces;
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      if (pieces[k].empty()) continue;
      all.push_back({.ruck = r,
                     .at = pieces[k].front().at,
                     .heading = heading_at(pieces[k], true),
                     .step_m = step_at(pieces[k], true),
                     .is_end = k == 0,
                     .is_first = k == 0});
      all.push_back({.ruck = r,
                     .at = pieces[k].back().at,
                     .heading = heading_at(pieces[k], false),
                     .step_m = step_at(pieces[k], false),
                     .is_end = k + 1 == pieces.size(),
                     .is_first = false});
    }
  }
  find_middle(std::move(all));
}

// Most cuts lie around home: the place with the most of them within reach.
void Scene::find_middle(std::vector<Cut> all) {
  std::size_t most = 0;
  for (const Cut& guess : all) {
    Point at = guess.at + 250.0 * guess.heading;
    for (int round = 0; round < 4; ++round) {
      std::vector<Point> near;
      for (const Cut& cut : all) {
        if (distance(cut.at, at) < kNearM) near.push_back(cut.at);
      }
      if (near.empty()) break;
      if (near.size() > most) {
        most = near.size();
        middle_ = mean_of(near);
      }
      at = mean_of(near);
    }
  }
  for (const Cut& cut : all) {
    if (distance(cut.at, middle_) < kNearM) cuts_.push_back(cut);
  }
}

std::optional<std::size_t> Scene::cell_of(Point p) const {
  const Point d = p - middle_;
  if (std::fabs(d.x) >= kReachM || std::fabs(d.y) >= kReachM) return std::nullopt;
  const auto column = static_cast<std::size_t>((d.x + kReachM) / kCellM);
  const auto row = static_cast<std::size_t>((d.y + kReachM) / kCellM);
  return row * kCellsASide + column;
}

Point Scene::place_of(std::size_t cell) const {
  return middle_ + Point{(static_cast<double>(cell % kCellsASide) + 0.5) * kCellM - kReachM,
                         (static_cast<double>(cell / kCellsASide) + 0.5) * kCellM - kReachM};
}

// Rows, then columns, of squared distances (Felzenszwalb and Huttenlocher 2012, the plain way).
void Scene::measure_clearance() {
  constexpr float kFar = 1e4F;
  std::vector<float> across(kCellsASide * kCellsASide, kFar);
  const auto mark = [&](const std::vector<Piece>& pieces) {
    for (const Piece& piece : pieces) {
      for (std::size_t i = 0; i < piece.size(); ++i) {
        const Point from = piece[i == 0 ? 0 : i - 1].at;
        const Point to = piece[i].at;
        const int steps = 1 + static_cast<int>(distance(from, to) / (kCellM / 2));
        for (int s = 0; s <= steps; ++s) {
          const auto cell = cell_of(from + (static_cast<double>(s) / steps) * (to - from));
          if (cell) across[*cell] = 0;
        }
      }
    }
  };
  for (const SeenRuck& ruck : sight_->rucks) mark(ruck.pieces);
  for (const auto& state : sight_->earlier) {
    for (const SeenRuck& ruck : state) mark(ruck.pieces);
  }
  mark(sight_->more_pieces);
  for (std::size_t row = 0; row < kCellsASide; ++row) {
    float* cells = &across[row * kCellsASide];
    for (std::size_t i = 1; i < kCellsASide; ++i) cells[i] = std::min(cells[i], cells[i - 1] + 1);
    for (std::size_t i = kCellsASide - 1; i-- > 0;) cells[i] = std::min(cells[i], cells[i + 1] + 1);
  }
  clearance_m_.assign(across.size(), 0);
  for (std::size_t column = 0; column < kCellsASide; ++column) {
    for (std::size_t row = 0; row < kCellsASide; ++row) {
      float best = kFar * kFar;
      for (std::size_t other = 0; other < kCellsASide; ++other) {
        const float up = static_cast<float>(other) - static_cast<float>(row);
        const float side = across[other * kCellsASide + column];
        best = std::min(best, up * up + side * side);
      }
      clearance_m_[row * kCellsASide + column] = std::sqrt(best) * static_cast<float>(kCellM);
    }
  }
}

double Scene::clearance_m(Point p) const {
  const auto cell = cell_of(p);
  return cell ? clearance_m_[*cell] : 0;
}

// The clearest place near the middle, and what hangs together with it.
void Scene::find_hidden() {
  constexpr double kSearchM = 380;
  std::optional<std::size_t> best;
  for (std::size_t cell = 0; cell < clearance_m_.size(); ++cell) {
    if (distance(place_of(cell), middle_) > kSearchM) continue;
    if (!best || clearance_m_[cell] > clearance_m_[*best]) best = cell;
  }
  empty_disc_ = {.centre = place_of(*best), .radius_m = clearance_m_[*best]};
  std::vector<bool> is_seen(clearance_m_.size());
  std::deque<std::size_t> open{*best};
  is_seen[*best] = true;
  const double clear = std::min(kClearM, 0.7 * static_cast<double>(clearance_m_[*best]));
  while (!open.empty()) {
    const std::size_t cell = open.front();
    open.pop_front();
    hidden_.push_back(place_of(cell));
    for (const Point step : {Point{1, 0}, Point{-1, 0}, Point{0, 1}, Point{0, -1}}) {
      const auto next = cell_of(place_of(cell) + kCellM * step);
      if (!next || is_seen[*next] || clearance_m_[*next] < clear) continue;
      if (distance(place_of(*next), middle_) > kSearchM + 150) continue;
      is_seen[*next] = true;
      open.push_back(*next);
    }
  }
}

}  // namespace ruck::attack

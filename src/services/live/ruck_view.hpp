#pragma once
// A ruck that is followed, as memory has it: its line, what each kind of viewer has been shown of
// it, and the frames that say so. Pure: no sockets, no database, no clock.
//
// What is hidden is decided by the same rule as for a finished ruck (rucking/ruck_ends): until
// fixes agree where it began, nothing is shown.
//
// Three kinds of viewers. The owner sees everything. Followers see the line without the owner's
// zones and the circle around the start. Share links, which anybody may have got hold of, also
// trail behind: they see what would be shown if the ruck ended here, so that where it does end
// stays hidden (rucking/privacy).
//
// `seq` is the number of points that an audience has been told of: all there are, and for links
// those up to where they trail. Updates carry only what was not shown before, and every viewer of a
// kind gets the same frame.
#include "rucking/privacy.hpp"
#include "rucking/ruck_ends.hpp"
#include "services/live/limits.hpp"
#include "services/people/zones.hpp"
#include "services/rucks/live_source.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::live {

enum class Audience : std::uint8_t { kOwner, kFollower, kLink };
inline constexpr std::size_t kAudiences = 3;

struct Progress {
  double distance_m = 0;
  double duration_s = 0;
};

class RuckView {
 public:
  RuckView(const rucks::LiveState& state, const people::OwnerPrivacy& privacy);

  // Replaces the line; what was shown stays counted as shown.
  void load(const rucks::LiveTrack& track);
  // New points, by time, after those that are there.
  void add(std::span<const rucking::TrackPoint> points, Progress progress);
  void set_state(const rucks::LiveState& state) { state_ = state; }
  void set_privacy(const people::OwnerPrivacy& privacy);

  [[nodiscard]] const rucks::LiveState& state() const { return state_; }
  [[nodiscard]] std::uint32_t seq(Audience audience) const {
    return audience == Audience::kLink ? trail_ : seq_;
  }
  [[nodiscard]] std::optional<std::int64_t> last_point_ms() const;

  // The whole of it, or what came after `since`.
  [[nodiscard]] std::string snapshot(Audience audience, std::optional<std::uint32_t> since) const;
  // The audience is shown all there is: the first of it has just got a snapshot.
  void begin(Audience audience);
  // What the audience has not been shown yet; from then on it has. Where not all of it fits,
  // `previous` is the last that was left out: whoever has less must ask for it with `since`.
  struct Update {
    std::string data;
    std::uint32_t seq = 0;
    std::uint32_t previous = 0;
  };
  [[nodiscard]] Update update(Audience audience);
  // The contract's form of GET /rucks/{id}/live (core §11).
  [[nodiscard]] std::string contract_form(Audience audience) const;

 private:
  struct Spot {
    std::int32_t lat_e7 = 0;
    std::int32_t lng_e7 = 0;
    std::uint32_t order = 0;  // its number among all points, from 1
    [[nodiscard]] rucking::Position position() const { return rucking::from_e7(lat_e7, lng_e7); }
  };
  struct Shown {  // to one audience
    std::uint32_t order = 0;
    std::optional<Spot> at;
  };
  struct Line {
    std::vector<std::vector<Spot>> pieces;
    bool continues = false;  // the first piece continues what `since` had
  };

  void take(const rucking::TrackPoint& point);
  void thin();
  void follow_with_trail();
  void hide();
  void hide_new_ends();
  [[nodiscard]] rucking::HiddenPlaces hidden_if_over() const;
  [[nodiscard]] std::vector<Spot> line_for(Audience audience, std::uint32_t after) const;
  [[nodiscard]] Line visible(Audience audience, std::vector<Spot> line) const;
  [[nodiscard]] Line visible_since(Audience audience, std::uint32_t since) const;
  void write_state(std::string& out, Audience audience, const std::optional<Spot>& current) const;

  rucks::LiveState state_;
  people::OwnerPrivacy privacy_;
  rucking::EndFinder finder_;
  std::vector<rucking::RuckEnd> ends_;  // those that hidden_ was made with
  rucking::HiddenPlaces hidden_;        // zones and the circles of ends
  std::vector<Spot> spots_;             // thinned
  std::optional<Spot> last_;            // the newest point; often not among the spots
  std::int64_t last_ms_ = 0;
  std::uint32_t seq_ = 0;
  std::uint32_t trail_ = 0;  // links see spots up to this order
  double spacing_m_ = kSpacingMinM;
  Progress progress_;
  std::array<Shown, kAudiences> shown_;
};

}  // namespace ruck::live

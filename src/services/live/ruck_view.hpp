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
// Others' figures follow from what they see: its length, its time, the moment of its last point.
// All of them stand still while the rucker is hidden, and nothing is sent then.
//
// `seq` names the last point that an audience sees. The owner's is its number among all points;
// others get that number masked with the owner's secret, so that two of them tell nothing of how
// many hidden points lie between. Updates carry only what was not shown before, and every viewer of
// a kind gets the same frame.
#include "rucking/privacy.hpp"
#include "rucking/ruck_ends.hpp"
#include "services/live/limits.hpp"
#include "services/people/zones.hpp"
#include "services/rucks/recording/live_source.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::live {

enum class Audience : std::uint8_t { kOwner, kFollower, kLink };
inline constexpr std::size_t kAudiences = 3;

// Of the whole ruck: the owner's figures.
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
  [[nodiscard]] const people::OwnerPrivacy& privacy() const { return privacy_; }
  [[nodiscard]] std::uint32_t seq(Audience audience) const;
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
    bool is_news = false;  // there is something in it that the audience does not know
  };
  [[nodiscard]] Update update(Audience audience);
  // The contract's form of GET /rucks/{id}/live (core §11).
  [[nodiscard]] std::string contract_form(Audience audience) const;

 private:
  struct Spot {
    std::int32_t lat_e7 = 0;
    std::int32_t lng_e7 = 0;
    std::uint32_t order = 0;  // its number among all points, from 1
    float at_s = 0;           // since the first point
    float seen_m = 0;         // what others see up to here, if it is seen
    float seen_s = 0;
    [[nodiscard]] rucking::Position position() const { return rucking::from_e7(lat_e7, lng_e7); }
  };
  struct Shown {  // to one audience
    std::uint32_t order = 0;
    std::optional<Spot> at;
    std::string state;  // the rest of the frame
  };
  // Length and time of what followers see, point by point.
  struct Meter {
    double seen_m = 0;
    double seen_s = 0;
    std::optional<Spot> before;  // the point before, if it is seen
    rucking::Position anchor;    // length is measured from here
    std::optional<Spot> first;   // the first and the last point that are seen
    std::optional<Spot> front;
  };
  struct Line {
    std::vector<std::vector<Spot>> pieces;
    bool continues = false;  // the first piece continues what `since` had
  };

  // The one place that decides what of this ruck is hidden.
  [[nodiscard]] rucking::HiddenPlaces hidden_places() const;
  void begin_at(const rucking::TrackPoint& point);
  void take(const rucking::TrackPoint& point);
  void thin();
  void follow_with_trail();
  void hide();
  void hide_new_ends();
  [[nodiscard]] rucking::HiddenPlaces hidden_if_over() const;
  void measure(Spot& spot);
  [[nodiscard]] double paused_s(const Spot& from, const Spot& to) const;
  [[nodiscard]] std::int64_t time_ms(const Spot& spot) const;
  [[nodiscard]] std::optional<UtcUs> shown_start(Audience audience) const;
  [[nodiscard]] const std::optional<Spot>& front(Audience audience) const;
  [[nodiscard]] std::uint32_t order(Audience audience) const;
  [[nodiscard]] std::uint32_t masked(Audience audience, std::uint32_t order) const;
  [[nodiscard]] std::uint32_t unmasked(Audience audience, std::uint32_t seq) const;
  [[nodiscard]] std::optional<std::uint32_t> order_of(Audience audience,
                                                      std::optional<std::uint32_t> since) const;
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
  std::uint32_t trail_ = 0;          // links see spots up to this order
  std::optional<Spot> trail_front_;  // the last of them that is seen
  Meter meter_;
  std::vector<rucks::LiveTrack::Pause> pauses_;
  std::int64_t first_ms_ = 0;
  double spacing_m_ = kSpacingMinM;
  Progress progress_;
  std::array<Shown, kAudiences> shown_;
};

}  // namespace ruck::live

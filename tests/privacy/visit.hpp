#pragma once
// Plays a world to a real server: the owner records, imports, edits and moves zones; a stranger, a
// follower and a holder of a share link look whenever something could be told.
#include "privacy/sight.hpp"

#include <string>

namespace ruck::attack {

// The accounts that look; one of each for all worlds of a server.
struct Viewers {
  explicit Viewers(const test::RuckServer& server);
  test::ApiClient stranger;
  test::ApiClient follower;
  test::ApiClient nobody;  // without an account: holds links
};

class Visit {
 public:
  Visit(const test::RuckServer& server, Viewers& viewers, const WorldSettings& settings);

  // Everything, from the first ruck to the last look.
  [[nodiscard]] Seen play();

  [[nodiscard]] test::ApiClient& owner() { return owner_; }

 private:
  void sign_up();
  void add_zone();
  void change_zone(Point centre, double radius_m);
  void record(const PlannedRuck& plan);
  [[nodiscard]] std::int64_t import_file(const PlannedRuck& plan);
  [[nodiscard]] std::int64_t record_batches(const PlannedRuck& plan);
  void follow_live(std::int64_t id, std::int64_t clock_ms);
  void follow_link(const std::string& token);
  void trim(std::int64_t id, const PlannedRuck& plan);
  void look_at_profile(std::int64_t id);
  void look_at_cards();
  void tell_story();
  [[nodiscard]] SeenRuck look(test::ApiClient& viewer, std::int64_t id);
  [[nodiscard]] std::vector<SeenRuck> look_at_all();
  // The same after a change of zones, once what was shown before is shown again.
  [[nodiscard]] std::vector<SeenRuck> look_when_settled(const std::vector<SeenRuck>& before);
  void keep_more(std::vector<Piece> pieces);
  [[nodiscard]] Truth truth();
  [[nodiscard]] double common_radius(const std::vector<std::vector<Disc>>& hidden) const;

  Viewers& viewers_;
  std::unique_ptr<World> world_;
  test::ApiClient owner_;
  Sight sight_;
  std::string zone_;
  std::vector<std::int64_t> ids_;
  double profile_m_ = 0;
  double profile_s_ = 0;
  struct Watching {
    std::optional<std::int64_t> since_ms;
    std::int64_t news_ms = 0;  // when they were last seen to move
    bool has_seen = false;
  };
  std::map<std::int64_t, Watching> watching_;
};

}  // namespace ruck::attack

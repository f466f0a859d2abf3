#pragma once
// Users and their profiles.
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "cache/revisions.hpp"
#include "calendar/time_zone.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "rucking/heart_rate.hpp"
#include "services/profile/types.hpp"

#include <string>
#include <vector>

namespace ruck::profile {

// For other services, inside their own unit of work.
struct NewUser {
  std::string email;
  std::string username;
  std::optional<double> weight_kg;
  std::optional<double> height_cm;
  std::optional<Day> date_of_birth;
  std::optional<std::string> gender;
  std::optional<bool> prefer_metric;
  std::optional<std::string> time_zone;  // one that does not exist counts as none
};
[[nodiscard]] UserRow create_user(db::Session& q, const NewUser& user, UtcUs now);
[[nodiscard]] std::optional<UserRow> find_user(db::Session& q, UserId user);
void set_email(db::Session& q, UserId user, const std::string& email, UtcUs now);
// An address that the server made; nothing: no picture.
void set_avatar(db::Session& q, UserId user, const std::optional<std::string>& url, UtcUs now);
// With everything that refers to it.
void remove_user(db::Session& q, UserId user);
// The user's zone; UTC for a user who is gone.
[[nodiscard]] calendar::TimeZone zone_of(db::Session& q, UserId user);
[[nodiscard]] Body body_of(const UserRow& user, UtcUs now);
[[nodiscard]] rucking::Sex sex_of(const Body& body);
[[nodiscard]] std::vector<ZoneView> zones_of(const Body& body);
[[nodiscard]] Profile to_profile(db::Session& q, const UserRow& user, UtcUs now);

// An address of an uploaded file of this server (contract core §2), which people reach at
// `public_url`.
[[nodiscard]] bool is_media_address(std::string_view url, std::string_view public_url);

// What an e-mail address looks like to us: something, an @, a dot in what follows.
[[nodiscard]] bool is_email(std::string_view text);

// What a profile needs of services that stand on it. All but the last inside the unit of work.
class ProfileRelations {
 public:
  virtual ~ProfileRelations() = default;
  // A new address to sign in with waits to be confirmed by a mail. kDuplicateEmail when it is
  // taken.
  [[nodiscard]] virtual Result<> ask_for_email(db::Session& q, UserId user,
                                               const std::string& email) = 0;
  // The user's local days have moved: sums by day are to be made anew.
  virtual void zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone) = 0;
  // Others are shown other figures of the user's rucks from now on.
  virtual void totals_changed(db::Session& q, UserId user, UtcUs now) = 0;
  // The picture that was in the profile is not the user's any more.
  virtual void avatar_cleared(db::Session& q, UserId user, UtcUs now) = 0;
  // Whether the two may know of each other: neither has blocked the other.
  [[nodiscard]] virtual bool may_meet(db::Session& q, UserId viewer, UserId user) = 0;
  // Hides the account now, deletes it later; the text for the user.
  [[nodiscard]] virtual task<Result<std::string>> delete_account(UserId user) = 0;
};

class ProfileService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    bus::Bus& bus;  // topics.hpp
    ProfileRelations& relations;
    std::string public_url;  // pictures from elsewhere are not taken
  };
  explicit ProfileService(Dependencies dependencies);

  task<Result<Profile>> get(http::Viewer viewer);
  task<Result<Profile>> update(http::Viewer viewer, UpdateProfile changes);
  task<Result<http::Created<Profile>>> create(http::Viewer viewer, UpdateProfile changes);
  task<Result<UserReply>> patch(http::Viewer viewer, UserId user, UpdateProfile changes);
  task<Result<MessageReply>> remove(http::Viewer viewer, UserId user);
  task<Result<PublicUserReply>> get_public(http::Viewer viewer, UserId user);
  task<Result<PrivacyReply>> set_privacy(http::Viewer viewer, PrivacyUpdate update);

 private:
  Result<UserRow> apply(db::Session& q, UserId user, const UpdateProfile& changes, UtcUs now) const;

  Dependencies deps_;
};

void add_routes(http::Router& router, ProfileService& service);

}  // namespace ruck::profile

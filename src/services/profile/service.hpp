#pragma once
// Users and their profiles.
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "calendar/time_zone.hpp"
#include "db/database.hpp"
#include "http/endpoint.hpp"
#include "rucking/heart_rate.hpp"
#include "services/profile/types.hpp"

#include <functional>
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

class ProfileService {
 public:
  struct Hooks {
    // Changes the address the user signs in with; kDuplicateEmail when it is taken.
    std::function<Result<>(db::Session&, UserId, const std::string& email)> change_email;
    // The user's local days have moved: sums by day are to be made anew.
    std::function<void(db::Session&, UserId, const calendar::TimeZone&)> on_zone_changed;
    // Others are shown other figures of the user's rucks from now on.
    std::function<void(db::Session&, UserId, UtcUs now)> on_totals_changed;
    // Whether an address of a picture is one that this server gave out.
    std::function<bool(std::string_view url)> is_own_media;
    // Whether the two may know of each other: neither has blocked the other.
    std::function<bool(db::Session&, UserId viewer, UserId user)> may_meet;
    // Before an account and everything that refers to it goes: what others count of it.
    std::function<void(db::Session&, UserId)> on_deleting;
    // After a change of who may see the user's rucks or follow them live.
    std::function<void(UserId)> on_access_changed;
    // After an account is gone: what memory holds of it goes too.
    std::function<void(UserId)> on_deleted;
  };
  ProfileService(db::Database& database, cache::Revisions& revisions, const Clock& clock,
                 Hooks hooks);

  task<Result<Profile>> get(http::Viewer viewer);
  task<Result<Profile>> update(http::Viewer viewer, UpdateProfile changes);
  task<Result<http::Created<Profile>>> create(http::Viewer viewer, UpdateProfile changes);
  task<Result<UserReply>> patch(http::Viewer viewer, UserId user, UpdateProfile changes);
  task<Result<MessageReply>> remove(http::Viewer viewer, UserId user);
  task<Result<PublicUserReply>> get_public(http::Viewer viewer, UserId user);
  task<Result<PrivacyReply>> set_privacy(http::Viewer viewer, PrivacyUpdate update);

 private:
  Result<UserRow> apply(db::Session& q, UserId user, const UpdateProfile& changes, UtcUs now) const;

  db::Database& database_;
  cache::Revisions& revisions_;
  const Clock& clock_;
  Hooks hooks_;
};

void add_routes(http::Router& router, ProfileService& service);

}  // namespace ruck::profile

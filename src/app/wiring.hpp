#pragma once
// What services need of services that stand on them, inside their units of work: the one place that
// knows all of them. What has happened travels by the bus instead (topics.hpp of each service).
#include "base/clock.hpp"
#include "services/auth/account.hpp"
#include "services/media/service.hpp"
#include "services/people/service.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/service.hpp"

namespace ruck::app {

class ProfileWiring final : public profile::ProfileRelations {
 public:
  // The account service is made later than the profile's.
  void set_account(auth::AccountService& account) { account_ = &account; }

  [[nodiscard]] Result<> ask_for_email(db::Session& q, UserId user,
                                       const std::string& email) override;
  void zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone) override;
  void totals_changed(db::Session& q, UserId user, UtcUs now) override;
  void avatar_cleared(db::Session& q, UserId user, UtcUs now) override;
  [[nodiscard]] bool may_meet(db::Session& q, UserId viewer, UserId user) override;
  [[nodiscard]] task<Result<std::string>> delete_account(UserId user) override;

 private:
  auth::AccountService* account_ = nullptr;
};

class AccountWiring final : public auth::AccountRelations {
 public:
  explicit AccountWiring(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] std::vector<UserId> hidden(db::Session& q, UserId user) override;
  [[nodiscard]] std::vector<UserId> shown(db::Session& q, UserId user) override;
  void remove(db::Session& q, UserId user) override;

 private:
  const Clock& clock_;
};

class PhotoWiring final : public rucks::PhotoSource {
 public:
  // The media service is made later than those that show photos.
  void set_media(const photos::MediaService& media) { media_ = &media; }

  [[nodiscard]] std::vector<rucks::RuckPhoto> of(db::Session& q, UserId viewer,
                                                 const std::vector<RuckId>& rucks,
                                                 std::int64_t each) override;
  void remove(db::Session& q, RuckId ruck, UtcUs now) override;

 private:
  const photos::MediaService* media_ = nullptr;
};

class ReactionWiring final : public rucks::ReactionSource {
 public:
  [[nodiscard]] rucks::Reactions of(db::Session& q, UserId viewer, RuckId ruck) override;
};

class RecentRucksWiring final : public people::RecentRucks {
 public:
  [[nodiscard]] std::vector<json::Raw> of(db::Session& q, UserId viewer, UserId owner,
                                          std::size_t limit) override;
};

}  // namespace ruck::app

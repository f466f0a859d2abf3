#include "app/wiring.hpp"

#include "services/feed/service.hpp"
#include "services/notify/service.hpp"
#include "services/people/zones.hpp"

namespace ruck::app {

Result<> ProfileWiring::ask_for_email(db::Session& q, UserId user, const std::string& email) {
  return account_->ask_for_email(q, user, email);
}

void ProfileWiring::zone_changed(db::Session& q, UserId user, const calendar::TimeZone& zone) {
  rucks::on_zone_changed(q, user, zone);
  notify::on_zone_changed(q, user, zone);
}

void ProfileWiring::totals_changed(db::Session& q, UserId user, UtcUs now) {
  people::begin_refresh(q, user, now);
}

void ProfileWiring::avatar_cleared(db::Session& q, UserId user, UtcUs now) {
  photos::on_avatar_cleared(q, user, now);
}

bool ProfileWiring::may_meet(db::Session& q, UserId viewer, UserId user) {
  const auto standing = people::standing_of(q, viewer, user);
  return standing && (standing->is_self || !standing->is_blocked);
}

task<Result<std::string>> ProfileWiring::delete_account(UserId user) {
  Result<auth::DeletionReply> reply = co_await account_->request_deletion(user);
  if (!reply) co_return fail(std::move(reply).error());
  co_return std::move(reply->message);
}

std::vector<UserId> AccountWiring::hidden(db::Session& q, UserId user) {
  feed::on_hidden(q, user);
  notify::on_hidden(q, user);
  return people::on_hidden(q, user);
}

std::vector<UserId> AccountWiring::shown(db::Session& q, UserId user) {
  feed::on_shown(q, user);
  return people::on_shown(q, user);
}

void AccountWiring::remove(db::Session& q, UserId user) {
  photos::on_account_removed(q, user, clock_.now());
  profile::remove_user(q, user);
}

std::vector<rucks::RuckPhoto> PhotoWiring::of(db::Session& q, UserId viewer,
                                              const std::vector<RuckId>& rucks, std::int64_t each) {
  return media_->of_rucks(q, viewer, rucks, each);
}

void PhotoWiring::remove(db::Session& q, RuckId ruck, UtcUs now) {
  photos::on_ruck_removed(q, ruck, now);
}

rucks::Reactions ReactionWiring::of(db::Session& q, UserId viewer, RuckId ruck) {
  return feed::reactions(q, viewer, ruck);
}

std::vector<json::Raw> RecentRucksWiring::of(db::Session& q, UserId viewer, UserId owner,
                                             std::size_t limit) {
  return rucks::recent_rucks(q, viewer, owner, limit);
}

}  // namespace ruck::app

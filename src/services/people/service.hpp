#pragma once
// People: public profiles, follows, blocks, search, privacy zones (contract core §8).
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "services/people/types.hpp"
#include "services/people/visibility.hpp"

#include <vector>

namespace ruck::people {

// For an account that is hidden from everybody, and one that is shown again, inside the unit of
// work: what others count of it.
// They give whose counts moved.
std::vector<UserId> on_hidden(db::Session& q, UserId user);
std::vector<UserId> on_shown(db::Session& q, UserId user);

// The latest rucks of an owner that this viewer may see, rendered; kept by another service.
class RecentRucks {
 public:
  virtual ~RecentRucks() = default;
  [[nodiscard]] virtual std::vector<json::Raw> of(db::Session& q, UserId viewer, UserId owner,
                                                  std::size_t limit) = 0;
};

class PeopleService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    bus::Bus& bus;  // profile/topics.hpp: who may see what
    RecentRucks& recent_rucks;
  };
  explicit PeopleService(Dependencies dependencies) : deps_(dependencies) {}

  using Viewer = http::Viewer;
  task<Result<ProfilePageReply>> profile(Viewer viewer, UserId user);
  task<Result<FollowersReply>> followers(Viewer viewer, UserId user, PageQuery query);
  task<Result<FollowingReply>> following(Viewer viewer, UserId user, PageQuery query);
  task<Result<OutNowReply>> out_now(Viewer viewer);
  task<Result<FollowReply>> follow(Viewer viewer, UserId user);
  task<Result<FollowReply>> unfollow(Viewer viewer, UserId user);
  // Of one's own followers: one leaves, or one who waits is let in or not.
  task<Result<FollowersChanged>> remove_follower(Viewer viewer, UserId follower);
  task<Result<FollowRequestsReply>> follow_requests(Viewer viewer);
  task<Result<FollowersChanged>> approve_follower(Viewer viewer, UserId follower);
  task<Result<FollowersChanged>> decline_follower(Viewer viewer, UserId follower);
  task<Result<BlockReply>> block(Viewer viewer, UserId user);
  task<Result<BlockReply>> unblock(Viewer viewer, UserId user);
  task<Result<BlockedReply>> blocked(Viewer viewer);
  task<Result<SearchReply>> search(Viewer viewer, SearchQuery query);

  task<Result<ZonesReply>> zones(Viewer viewer);
  task<Result<http::Created<ZoneReply>>> add_zone(Viewer viewer, ZoneInput zone);
  task<Result<ZoneReply>> change_zone(Viewer viewer, ZoneId id, ZoneInput zone);
  task<Result<ZoneDeleted>> remove_zone(Viewer viewer, ZoneId id);

 private:
  // A unit of work that changes what both of them see.
  template <class T, class Fn>
  task<Result<T>> write_both(UserId first, UserId second, Fn fn);

  Dependencies deps_;
};

void add_routes(http::Router& router, PeopleService& service);

}  // namespace ruck::people

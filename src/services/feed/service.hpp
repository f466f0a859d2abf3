#pragma once
// What people see of each other's rucks and what they make of it: the feed, likes, comments
// (contract core §3.8, §9, §10).
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "services/feed/types.hpp"
#include "services/rucks/service.hpp"

#include <variant>
#include <vector>

namespace ruck::feed {

// For the rucks' details, inside their unit of work.
[[nodiscard]] rucks::Reactions reactions(db::Session& q, UserId viewer, RuckId ruck);
// For other services, inside their unit of work.
[[nodiscard]] bool has_comment(db::Session& q, CommentId comment);
// Who has liked a ruck or commented on it: of each the latest `limit`, in no order.
[[nodiscard]] std::vector<UserId> reacted(db::Session& q, RuckId ruck, std::int64_t limit);
// What others have said to one's rucks, from `from` until before `until`: as one may see it now.
struct Received {
  std::int64_t likes = 0;
  std::int64_t comments = 0;
};
struct Span {
  UtcUs from{};
  UtcUs until{};
};
[[nodiscard]] Received received(db::Session& q, UserId owner, const Span& span);
// For an account that is hidden from everybody, and one that is shown again, inside the unit of
// work: what others count of it.
void on_hidden(db::Session& q, UserId user);
void on_shown(db::Session& q, UserId user);

namespace store {
struct FeedRow;
}

// A page of a list.
struct Window {
  std::int64_t page = 1;
  std::int64_t per_page = 20;
  std::optional<std::string> cursor;
};

class FeedService {
 public:
  FeedService(db::Database& database, cache::Revisions& revisions, const Clock& clock,
              rucks::PhotoSource& photos)
      : database_(database), revisions_(revisions), clock_(clock), photos_(photos) {}

  using Viewer = http::Viewer;
  using LikeOutcome = std::variant<http::Created<LikedReply>, LikedReply>;

  task<Result<FeedReply>> feed(Viewer viewer, FeedQuery query);
  task<Result<FeedReply>> public_sessions(Viewer viewer, http::Lenient<PublicSessionsCall> call);
  task<Result<FeedReply>> rucks_of(Viewer viewer, UserId user, UserRucksQuery query);
  task<Result<std::vector<RecentSession>>> recent_sessions(Viewer viewer,
                                                           http::Lenient<RecentSessionsCall> call);

  task<Result<LikesReply>> likes(Viewer viewer, RuckQuery query);
  task<Result<HasLikedReply>> has_liked(Viewer viewer, RuckQuery query);
  task<Result<LikesBatchReply>> likes_batch(Viewer viewer, LikesBatchQuery query);
  task<Result<LikeOutcome>> like(Viewer viewer, LikeRequest request);
  task<Result<LikedReply>> unlike(Viewer viewer, RuckQuery query);

  task<Result<CommentsReply>> comments(Viewer viewer, RuckId ruck);
  task<Result<http::Created<CommentReply>>> add_comment(Viewer viewer, RuckId ruck,
                                                        CommentRequest request);
  // Both path forms of the contract.
  task<Result<CommentReply>> change_comment_of(Viewer viewer, RuckId ruck, CommentEdit edit);
  task<Result<CommentReply>> change_comment(Viewer viewer, CommentId id, CommentRequest request);
  task<Result<CommentDeleted>> remove_comment_of(Viewer viewer, RuckId ruck, CommentQuery query);
  task<Result<CommentDeleted>> remove_comment(Viewer viewer, CommentId id);

 private:
  // With the photos of its rucks, in one statement more where there are any.
  [[nodiscard]] FeedReply reply_of(db::Session& q, UserId viewer, std::vector<store::FeedRow> rows,
                                   const Window& window) const;
  task<Result<CommentReply>> change(Viewer viewer, CommentId id, std::string content,
                                    std::optional<RuckId> ruck);
  task<Result<CommentDeleted>> remove(Viewer viewer, CommentId id, std::optional<RuckId> ruck);

  db::Database& database_;
  cache::Revisions& revisions_;
  const Clock& clock_;
  rucks::PhotoSource& photos_;
};

void add_routes(http::Router& router, FeedService& service);

}  // namespace ruck::feed

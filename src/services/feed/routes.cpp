#include "services/feed/service.hpp"

namespace ruck::feed {
namespace {
void add_feed_routes(http::Router& r, FeedService& s) {
  // Contract core §9; the rpc forms are the addresses that the mobile app uses.
  http::get(r, "/api/ruck-buddies", "feed.list",
            {.summary = "Rucks of everybody, or of those one follows, by time, place or size"}, &s,
            &FeedService::feed);
  http::post(r, "/rest/v1/rpc/get_public_sessions_optimized", "feed.public_sessions",
             {.summary = "The same list, as the mobile app asks for it"}, &s,
             &FeedService::public_sessions);
  http::get(r, "/api/users/{id}/rucks", "feed.rucks_of",
            {.summary = "A user's completed rucks that one may see, the latest first"}, &s,
            &FeedService::rucks_of);
  http::post(r, "/rest/v1/rpc/get_user_recent_sessions", "feed.recent_sessions",
             {.summary = "The home screen's rucks: one's own, or what one may see of another's"},
             &s, &FeedService::recent_sessions);
}

void add_reaction_routes(http::Router& r, FeedService& s) {
  // Contract core §10.
  http::get(r, "/api/ruck-likes", "feed.likes", {.summary = "Who liked a ruck, the latest first"},
            &s, &FeedService::likes);
  http::get(r, "/api/ruck-likes/check", "feed.has_liked", {.summary = "Whether one likes a ruck"},
            &s, &FeedService::has_liked);
  http::get(
      r, "/api/ruck-likes/batch", "feed.likes_batch",
      {.summary = "Likes and comments of up to 50 rucks, by id", .limit = http::per_minute(100)},
      &s, &FeedService::likes_batch);
  http::post(r, "/api/ruck-likes", "feed.like",
             {.summary = "Like a ruck", .limit = http::per_minute(2000)}, &s, &FeedService::like);
  http::del(r, "/api/ruck-likes", "feed.unlike", {.summary = "Like it no longer"}, &s,
            &FeedService::unlike);

  http::get(r, "/api/rucks/{id}/comments", "feed.comments",
            {.summary = "The newest 100 comments on a ruck", .limit = http::per_minute(500)}, &s,
            &FeedService::comments);
  http::post(r, "/api/rucks/{id}/comments", "feed.add_comment", {.summary = "Comment on a ruck"},
             &s, &FeedService::add_comment);
  http::put(r, "/api/rucks/{id}/comments", "feed.change_comment_of",
            {.summary = "Change one's own comment"}, &s, &FeedService::change_comment_of);
  http::del(r, "/api/rucks/{id}/comments", "feed.remove_comment_of",
            {.summary = "Delete one's own comment"}, &s, &FeedService::remove_comment_of);
  http::put(r, "/api/comments/{id}", "feed.change_comment", {.summary = "Change one's own comment"},
            &s, &FeedService::change_comment);
  http::del(r, "/api/comments/{id}", "feed.remove_comment", {.summary = "Delete one's own comment"},
            &s, &FeedService::remove_comment);
}
}  // namespace

void add_routes(http::Router& r, FeedService& s) {
  add_feed_routes(r, s);
  add_reaction_routes(r, s);
}

}  // namespace ruck::feed

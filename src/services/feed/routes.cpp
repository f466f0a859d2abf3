#include "http/endpoint.hpp"
#include "services/feed/service.hpp"

namespace ruck::feed {
namespace {
void add_feed_routes(http::Router& r, FeedService& s) {
  // Contract core §9; the rpc forms are the addresses that the mobile app uses.
  http::get(r, "/api/ruck-buddies", "feed.list",
            {.summary = "List public rucks, or those of people you follow, by time, place or size"},
            &s, &FeedService::feed);
  http::post(r, "/rest/v1/rpc/get_public_sessions_optimized", "feed.public_sessions",
             {.summary = "List public rucks, or those of people you follow (mobile app)"}, &s,
             &FeedService::public_sessions);
  http::get(r, "/api/users/{id}/rucks", "feed.rucks_of",
            {.summary = "List a user's completed rucks that you may see, newest first"}, &s,
            &FeedService::rucks_of);
  http::post(
      r, "/rest/v1/rpc/get_user_recent_sessions", "feed.recent_sessions",
      {.summary =
           "List rucks for the home screen: your own, or what you may see of another user's"},
      &s, &FeedService::recent_sessions);
}

void add_reaction_routes(http::Router& r, FeedService& s) {
  // Contract core §10.
  http::get(r, "/api/ruck-likes", "feed.likes", {.summary = "List who liked a ruck, newest first"},
            &s, &FeedService::likes);
  http::get(r, "/api/ruck-likes/check", "feed.has_liked",
            {.summary = "Check whether you like a ruck"}, &s, &FeedService::has_liked);
  http::get(
      r, "/api/ruck-likes/batch", "feed.likes_batch",
      {.summary = "Get likes and comment counts of up to 50 rucks", .limit = http::per_minute(100)},
      &s, &FeedService::likes_batch);
  http::post(r, "/api/ruck-likes", "feed.like",
             {.summary = "Like a ruck", .limit = http::per_minute(2000)}, &s, &FeedService::like);
  http::del(r, "/api/ruck-likes", "feed.unlike", {.summary = "Unlike a ruck"}, &s,
            &FeedService::unlike);

  http::get(r, "/api/rucks/{id}/comments", "feed.comments",
            {.summary = "List the newest 100 comments on a ruck", .limit = http::per_minute(500)},
            &s, &FeedService::comments);
  http::post(r, "/api/rucks/{id}/comments", "feed.add_comment", {.summary = "Comment on a ruck"},
             &s, &FeedService::add_comment);
  http::put(r, "/api/rucks/{id}/comments", "feed.change_comment_of",
            {.summary = "Update your own comment"}, &s, &FeedService::change_comment_of);
  http::del(r, "/api/rucks/{id}/comments", "feed.remove_comment_of",
            {.summary = "Delete your own comment"}, &s, &FeedService::remove_comment_of);
  http::put(r, "/api/comments/{id}", "feed.change_comment", {.summary = "Update your own comment"},
            &s, &FeedService::change_comment);
  http::del(r, "/api/comments/{id}", "feed.remove_comment", {.summary = "Delete your own comment"},
            &s, &FeedService::remove_comment);
}
}  // namespace

void add_routes(http::Router& r, FeedService& s) {
  add_feed_routes(r, s);
  add_reaction_routes(r, s);
}

}  // namespace ruck::feed

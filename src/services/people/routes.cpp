#include "http/endpoint.hpp"
#include "services/people/service.hpp"

namespace ruck::people {

void add_routes(http::Router& r, PeopleService& s) {
  // Contract core §8.
  http::get(r, "/api/users/search", "people.search",
            {.summary = "Search users by the start of their name, or a similar one"}, &s,
            &PeopleService::search);
  http::get(r, "/api/users/{id}/profile", "people.profile",
            {.summary = "Get a user's public profile; a private one has no figures",
             .cached = true,
             .about_user_in_path = true},
            &s, &PeopleService::profile);
  http::get(r, "/api/users/{id}/followers", "people.followers",
            {.summary = "List a user's followers, newest first"}, &s, &PeopleService::followers);
  http::get(r, "/api/users/{id}/following", "people.following",
            {.summary = "List whom a user follows, newest first, with live badges"}, &s,
            &PeopleService::following);
  http::get(r, "/api/users/me/following/live", "people.out_now",
            {.summary = "List people you follow who are live now, latest start first"}, &s,
            &PeopleService::out_now);
  http::post(r, "/api/users/{id}/follow", "people.follow",
             {.summary = "Follow a user, or request it where followers are approved"}, &s,
             &PeopleService::follow);
  http::del(r, "/api/users/{id}/follow", "people.unfollow",
            {.summary = "Unfollow a user, or cancel the follow request"}, &s,
            &PeopleService::unfollow);
  http::del(r, "/api/users/me/followers/{id}", "people.remove_follower",
            {.summary = "Remove a follower; they can no longer watch live and are not told"}, &s,
            &PeopleService::remove_follower);
  http::get(r, "/api/users/me/follow-requests", "people.follow_requests",
            {.summary = "List follow requests, oldest first"}, &s, &PeopleService::follow_requests);
  http::post(r, "/api/users/me/follow-requests/{id}/approve", "people.approve_follower",
             {.summary = "Approve a follow request"}, &s, &PeopleService::approve_follower);
  http::del(r, "/api/users/me/follow-requests/{id}", "people.decline_follower",
            {.summary = "Decline a follow request; the requester is not told"}, &s,
            &PeopleService::decline_follower);

  http::get(r, "/api/users/me/blocks", "people.blocked", {.summary = "List blocked users"}, &s,
            &PeopleService::blocked);
  http::post(r, "/api/users/{id}/block", "people.block",
             {.summary = "Block a user; neither sees the other anywhere"}, &s,
             &PeopleService::block);
  http::del(r, "/api/users/{id}/block", "people.unblock", {.summary = "Unblock a user"}, &s,
            &PeopleService::unblock);

  http::get(r, "/api/users/me/privacy-zones", "people.zones",
            {.summary = "List your privacy zones", .cached = true}, &s, &PeopleService::zones);
  http::post(r, "/api/users/me/privacy-zones", "people.add_zone",
             {.summary = "Create a privacy zone: others see nothing inside it, on any ruck"}, &s,
             &PeopleService::add_zone);
  http::put(r, "/api/users/me/privacy-zones/{id}", "people.change_zone",
            {.summary = "Move or resize a privacy zone"}, &s, &PeopleService::change_zone);
  http::del(r, "/api/users/me/privacy-zones/{id}", "people.remove_zone",
            {.summary = "Remove a privacy zone"}, &s, &PeopleService::remove_zone);
}

}  // namespace ruck::people

#include "services/people/service.hpp"

namespace ruck::people {

void add_routes(http::Router& r, PeopleService& s) {
  // Contract core §8.
  http::get(r, "/api/users/search", "people.search",
            {.summary = "Users by the beginning of their name, or one like it"}, &s,
            &PeopleService::search);
  http::get(r, "/api/users/{id}/profile", "people.profile",
            {.summary = "A user's public profile; no numbers where it is private",
             .cached = true,
             .about_user_in_path = true},
            &s, &PeopleService::profile);
  http::get(r, "/api/users/{id}/followers", "people.followers",
            {.summary = "Who follows a user, the latest first"}, &s, &PeopleService::followers);
  http::get(r, "/api/users/{id}/following", "people.following",
            {.summary = "Whom a user follows, the latest first, with live badges"}, &s,
            &PeopleService::following);
  http::get(r, "/api/users/me/following/live", "people.out_now",
            {.summary = "Whom one follows and may follow live now, the latest start first"}, &s,
            &PeopleService::out_now);
  http::post(r, "/api/users/{id}/follow", "people.follow",
             {.summary = "Follow a user, or ask to: who approves followers is asked first"}, &s,
             &PeopleService::follow);
  http::del(r, "/api/users/{id}/follow", "people.unfollow",
            {.summary = "Follow no longer, or take the request back"}, &s,
            &PeopleService::unfollow);
  http::del(
      r, "/api/users/me/followers/{id}", "people.remove_follower",
      {.summary = "Remove one of one's own followers: they see live no longer, and are not told"},
      &s, &PeopleService::remove_follower);
  http::get(r, "/api/users/me/follow-requests", "people.follow_requests",
            {.summary = "Who waits to follow, the longest wait first"}, &s,
            &PeopleService::follow_requests);
  http::post(r, "/api/users/me/follow-requests/{id}/approve", "people.approve_follower",
             {.summary = "Let somebody follow who asked to"}, &s, &PeopleService::approve_follower);
  http::del(r, "/api/users/me/follow-requests/{id}", "people.decline_follower",
            {.summary = "Decline a request to follow; the one who asked is not told"}, &s,
            &PeopleService::decline_follower);

  http::get(r, "/api/users/me/blocks", "people.blocked", {.summary = "Whom one has blocked"}, &s,
            &PeopleService::blocked);
  http::post(r, "/api/users/{id}/block", "people.block",
             {.summary = "Block a user: neither sees the other anywhere"}, &s,
             &PeopleService::block);
  http::del(r, "/api/users/{id}/block", "people.unblock", {.summary = "Block no longer"}, &s,
            &PeopleService::unblock);

  http::get(r, "/api/users/me/privacy-zones", "people.zones",
            {.summary = "One's own privacy zones", .cached = true}, &s, &PeopleService::zones);
  http::post(r, "/api/users/me/privacy-zones", "people.add_zone",
             {.summary = "Hide what lies in a circle, on all rucks, from everyone else"}, &s,
             &PeopleService::add_zone);
  http::put(r, "/api/users/me/privacy-zones/{id}", "people.change_zone",
            {.summary = "Move or resize a privacy zone"}, &s, &PeopleService::change_zone);
  http::del(r, "/api/users/me/privacy-zones/{id}", "people.remove_zone",
            {.summary = "Remove a privacy zone"}, &s, &PeopleService::remove_zone);
}

}  // namespace ruck::people

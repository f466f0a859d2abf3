#include "http/endpoint.hpp"
#include "services/live/service.hpp"

namespace ruck::live {

// Contract core §11; the socket is described in docs/api/live.md.
void add_routes(http::Router& r, LiveService& s) {
  http::socket(
      r, "/api/live", "live.socket",
      {.summary = "WebSocket: follow rucks live, receive cheers", .auth = http::Auth::kNone}, &s);
  http::get(r, "/api/rucks/{id}/live", "live.follow",
            {.summary = "Get a live ruck, as its owner or a follower"}, &s, &LiveService::follow);

  http::get(r, "/api/live/{token}", "live.follow_link",
            {.summary = "Get a live ruck with a share link",
             .auth = http::Auth::kNone,
             .limit = http::per_minute(60)},
            &s, &LiveService::follow_link);
  http::post(r, "/api/rucks/{id}/live/links", "live.add_link",
             {.summary = "Create a share link; viewers need no account"}, &s,
             &LiveService::add_link);
  http::get(r, "/api/rucks/{id}/live/links", "live.links",
            {.summary = "List the valid share links of your ruck"}, &s, &LiveService::links);
  http::del(r, "/api/rucks/{id}/live/links/{link}", "live.remove_link",
            {.summary = "Revoke a share link"}, &s, &LiveService::remove_link);

  http::post(r, "/api/rucks/{id}/messages", "live.cheer",
             {.summary = "Send a cheer to a rucker under way; followers only"}, &s,
             &LiveService::cheer);
  http::get(r, "/api/rucks/{id}/messages", "live.cheers",
            {.summary = "List cheers: all of them for the rucker, a sender's own for the sender"},
            &s, &LiveService::cheers);
  http::post(r, "/api/rucks/{id}/messages/read", "live.read_cheers",
             {.summary = "Mark cheers as read"}, &s, &LiveService::read_cheers);
}

}  // namespace ruck::live

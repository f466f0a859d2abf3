#include "services/live/service.hpp"

namespace ruck::live {

// Contract core §11; the socket is described in docs/api/live.md.
void add_routes(http::Router& r, LiveService& s) {
  http::socket(r, "/api/live", "live.socket",
               {.summary = "WebSocket: follow rucks live, hear cheers", .auth = http::Auth::kNone},
               &s);
  http::get(r, "/api/rucks/{id}/live", "live.follow",
            {.summary = "A ruck under way, for its owner and followers"}, &s, &LiveService::follow);

  http::get(r, "/api/live/{token}", "live.follow_link",
            {.summary = "A ruck under way, for whoever has a share link",
             .auth = http::Auth::kNone,
             .limit = http::per_minute(60)},
            &s, &LiveService::follow_link);
  http::post(r, "/api/rucks/{id}/live/links", "live.add_link",
             {.summary = "Make a share link: no account is needed to follow it"}, &s,
             &LiveService::add_link);
  http::get(r, "/api/rucks/{id}/live/links", "live.links",
            {.summary = "The share links of one's ruck that are good"}, &s, &LiveService::links);
  http::del(r, "/api/rucks/{id}/live/links/{link}", "live.remove_link",
            {.summary = "Revoke a share link"}, &s, &LiveService::remove_link);

  http::post(r, "/api/rucks/{id}/messages", "live.cheer",
             {.summary = "Say something to a rucker on the move; followers only"}, &s,
             &LiveService::cheer);
  http::get(r, "/api/rucks/{id}/messages", "live.cheers",
            {.summary = "What was said: all of it to the rucker, their own to senders"}, &s,
            &LiveService::cheers);
  http::post(r, "/api/rucks/{id}/messages/read", "live.read_cheers",
             {.summary = "The rucker has heard them"}, &s, &LiveService::read_cheers);
}

}  // namespace ruck::live

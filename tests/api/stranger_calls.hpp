#pragma once
// How a stranger would call each operation of the API document.
#include "support/photos.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ruck::test {

// How each operation is called. In targets and bodies stand: {ruck}, each ruck of the owner in
// turn; {photo}, one of that ruck, taken where its way is hidden; {owner}, {other} (a user to whom
// things may be done), {comment}, {zone}, {owner_name}. A body that is a form is sent as one. No
// calls: a reason why the operation can hold nothing of a ruck.
struct StrangersCall {
  std::vector<std::pair<std::string, std::string>> calls;  // target, body
  std::string no_calls_because;
};
inline const std::string kBatch =
    R"({"points":[{"lat":1.5,"lng":1.5,"timestamp":"2026-01-01T10:00:00Z"}]})";
inline const std::string kEdit =
    R"({"duration_seconds":1,"distance_km":1,"elevation_gain_m":0,"elevation_loss_m":0})";
inline const std::string kZone = R"({"name":"x","latitude":1.5,"longitude":1.5,"radius_m":100})";
inline const std::string kAboutAccounts = "is about signing in";
inline const std::string kAboutServer = "is about the server";

inline const std::map<std::string, StrangersCall>& strangers_calls() {
  static const std::map<std::string, StrangersCall> all = {
      {"GET /api/app/version-info", {{}, kAboutServer}},
      {"GET /api/app/web-config", {{}, kAboutServer}},
      {"GET /api/openapi.json", {{}, kAboutServer}},
      {"GET /api/system/health", {{}, kAboutServer}},
      {"GET /health", {{}, kAboutServer}},
      {"GET /livez", {{}, kAboutServer}},
      {"GET /readyz", {{}, kAboutServer}},
      {"POST /api/auth/forgot-password", {{}, kAboutAccounts}},
      {"POST /api/auth/login", {{}, kAboutAccounts}},
      {"POST /api/auth/logout", {{}, kAboutAccounts}},
      {"POST /api/auth/password-reset-confirm", {{}, kAboutAccounts}},
      {"POST /api/auth/refresh", {{}, kAboutAccounts}},
      {"POST /api/auth/signup", {{}, kAboutAccounts}},
      {"GET /api/auth/sessions", {{{"/api/auth/sessions", ""}}, ""}},
      {"DELETE /api/auth/sessions/{id}", {{{"/api/auth/sessions/{zone}", ""}}, ""}},
      {"POST /api/auth/sessions/{id}/end", {{{"/api/auth/sessions/{zone}/end", "{}"}}, ""}},
      {"GET /api/account", {{{"/api/account", ""}}, ""}},
      {"POST /api/account/password", {{}, kAboutAccounts}},
      {"POST /api/account/email", {{}, kAboutAccounts}},
      {"POST /api/account/delete", {{}, kAboutAccounts}},
      {"POST /api/account/confirm-email", {{}, kAboutAccounts}},
      {"POST /api/account/undo-deletion", {{}, kAboutAccounts}},
      {"POST /api/auth/sessions/end-others", {{{"/api/auth/sessions/end-others", "{}"}}, ""}},

      {"GET /api/rucks", {{{"/api/rucks?limit=200", ""}}, ""}},
      {"POST /api/rucks", {{{"/api/rucks", R"({"ruck_weight_kg":5,"is_public":false})"}}, ""}},
      {"GET /api/rucks/records", {{{"/api/rucks/records", ""}}, ""}},
      {"GET /api/rucks/{id}/gpx", {{{"/api/rucks/{ruck}/gpx", ""}}, ""}},
      {"GET /api/rucks/{id}", {{{"/api/rucks/{ruck}", ""}}, ""}},
      {"PATCH /api/rucks/{id}", {{{"/api/rucks/{ruck}", R"({"notes":"x"})"}}, ""}},
      {"DELETE /api/rucks/{id}", {{{"/api/rucks/{ruck}", ""}}, ""}},
      {"GET /api/rucks/{id}/details", {{{"/api/rucks/{ruck}/details", ""}}, ""}},
      {"PATCH /api/rucks/{id}/details", {{{"/api/rucks/{ruck}/details", R"({"notes":"x"})"}}, ""}},
      {"GET /api/rucks/{id}/preview", {{{"/api/rucks/{ruck}/preview", ""}}, ""}},
      {"PUT /api/rucks/{id}/edit", {{{"/api/rucks/{ruck}/edit", kEdit}}, ""}},
      {"POST /api/rucks/{id}/start", {{{"/api/rucks/{ruck}/start", "{}"}}, ""}},
      {"POST /api/rucks/{id}/pause", {{{"/api/rucks/{ruck}/pause", "{}"}}, ""}},
      {"POST /api/rucks/{id}/resume", {{{"/api/rucks/{ruck}/resume", "{}"}}, ""}},
      {"POST /api/rucks/{id}/load", {{{"/api/rucks/{ruck}/load", R"({"load_kg":5})"}}, ""}},
      {"POST /api/rucks/{id}/complete", {{{"/api/rucks/{ruck}/complete", "{}"}}, ""}},
      {"POST /api/rucks/{id}/location",
       {{{"/api/rucks/{ruck}/location", kBatch}, {"/api/rucks/{ruck}/location-batch", kBatch}},
        ""}},
      {"GET /api/rucks/{id}/heartrate", {{{"/api/rucks/{ruck}/heartrate", ""}}, ""}},
      {"POST /api/rucks/{id}/heartrate",
       {{{"/api/rucks/{ruck}/heartrate", R"({"samples":[]})"}}, ""}},
      {"POST /api/rucks/{id}/heart-rate-chunk",
       {{{"/api/rucks/{ruck}/heart-rate-chunk", R"({"heart_rate_samples":[]})"}}, ""}},
      {"POST /api/gpx/import", {{{"/api/gpx/import", "<gpx></gpx>"}}, ""}},

      {"GET /api/stats/weekly", {{{"/api/stats/weekly", ""}}, ""}},
      {"GET /api/stats/monthly", {{{"/api/stats/monthly", ""}}, ""}},
      {"GET /api/stats/yearly", {{{"/api/stats/yearly", ""}}, ""}},
      {"GET /api/stats/training", {{{"/api/stats/training?days=366", ""}}, ""}},

      {"GET /api/users/profile", {{{"/api/users/profile", ""}, {"/api/auth/profile", ""}}, ""}},
      {"PUT /api/users/profile", {{{"/api/users/profile", R"({"gender":"x"})"}}, ""}},
      {"POST /api/users/profile", {{{"/api/users/profile", R"({"gender":"x"})"}}, ""}},
      {"PATCH /api/users/me/privacy",
       {{{"/api/users/me/privacy", R"({"isPrivateProfile":false})"}}, ""}},
      {"GET /api/users/{id}", {{{"/api/users/{owner}", ""}}, ""}},
      {"PATCH /api/users/{id}", {{{"/api/users/{owner}", R"({"username":"x"})"}}, ""}},
      {"DELETE /api/users/{id}", {{{"/api/users/{owner}", ""}}, ""}},
      {"GET /api/users/search",
       {{{"/api/users/search?q={owner_name}", ""}, {"/api/users/search?q=anan", ""}}, ""}},
      {"GET /api/users/{id}/profile", {{{"/api/users/{owner}/profile", ""}}, ""}},
      {"GET /api/users/{id}/followers", {{{"/api/users/{owner}/followers", ""}}, ""}},
      {"GET /api/users/{id}/following",
       {{{"/api/users/{owner}/following", ""}, {"/api/users/{other}/following", ""}}, ""}},
      {"GET /api/users/me/following/live", {{{"/api/users/me/following/live", ""}}, ""}},
      {"POST /api/users/{id}/follow", {{{"/api/users/{other}/follow", "{}"}}, ""}},
      {"DELETE /api/users/{id}/follow", {{{"/api/users/{other}/follow", ""}}, ""}},
      {"DELETE /api/users/me/followers/{id}", {{{"/api/users/me/followers/{owner}", ""}}, ""}},
      {"GET /api/users/me/follow-requests", {{{"/api/users/me/follow-requests", ""}}, ""}},
      {"POST /api/users/me/follow-requests/{id}/approve",
       {{{"/api/users/me/follow-requests/{owner}/approve", "{}"}}, ""}},
      {"DELETE /api/users/me/follow-requests/{id}",
       {{{"/api/users/me/follow-requests/{owner}", ""}}, ""}},
      {"POST /api/users/{id}/block", {{{"/api/users/{other}/block", "{}"}}, ""}},
      {"DELETE /api/users/{id}/block", {{{"/api/users/{other}/block", ""}}, ""}},
      {"GET /api/users/me/blocks", {{{"/api/users/me/blocks", ""}}, ""}},
      {"GET /api/users/me/privacy-zones", {{{"/api/users/me/privacy-zones", ""}}, ""}},
      {"POST /api/users/me/privacy-zones", {{{"/api/users/me/privacy-zones", kZone}}, ""}},
      {"PUT /api/users/me/privacy-zones/{id}",
       {{{"/api/users/me/privacy-zones/{zone}", kZone}}, ""}},
      {"DELETE /api/users/me/privacy-zones/{id}",
       {{{"/api/users/me/privacy-zones/{zone}", ""}}, ""}},

      {"GET /api/ruck-buddies",
       {{{"/api/ruck-buddies?per_page=50", ""},
         {"/api/ruck-buddies?following_only=true", ""},
         {"/api/ruck-buddies?sort_by=distance_desc", ""},
         {"/api/ruck-buddies?sort_by=duration_desc&following_only=true", ""},
         {"/api/ruck-buddies?sort_by=proximity_asc&latitude=47.0123&longitude=8.0457", ""},
         {"/api/ruck-buddies?sort_by=proximity_asc&latitude=45.5123&longitude=7.0457", ""},
         {"/api/ruck-buddies?cursor={ruck}", ""}},
        ""}},
      {"POST /rest/v1/rpc/get_public_sessions_optimized",
       {{{"/rest/v1/rpc/get_public_sessions_optimized", R"({"p_per_page":50})"},
         {"/rest/v1/rpc/get_public_sessions_optimized", R"({"p_following_only":true})"}},
        ""}},
      {"GET /api/users/{id}/rucks", {{{"/api/users/{owner}/rucks?per_page=50", ""}}, ""}},
      {"POST /rest/v1/rpc/get_user_recent_sessions",
       {{{"/rest/v1/rpc/get_user_recent_sessions", R"({"p_limit":50,"p_user_id":"{owner}"})"}},
        ""}},
      {"GET /api/ruck-likes", {{{"/api/ruck-likes?ruck_id={ruck}", ""}}, ""}},
      {"GET /api/ruck-likes/check", {{{"/api/ruck-likes/check?ruck_id={ruck}", ""}}, ""}},
      {"GET /api/ruck-likes/batch", {{{"/api/ruck-likes/batch?ruck_ids={ruck}", ""}}, ""}},
      {"POST /api/ruck-likes", {{{"/api/ruck-likes", R"({"ruck_id":{ruck}})"}}, ""}},
      {"DELETE /api/ruck-likes", {{{"/api/ruck-likes?ruck_id={ruck}", ""}}, ""}},
      {"GET /api/rucks/{id}/comments", {{{"/api/rucks/{ruck}/comments", ""}}, ""}},
      {"POST /api/rucks/{id}/comments",
       {{{"/api/rucks/{ruck}/comments", R"({"content":"hello"})"}}, ""}},
      {"PUT /api/rucks/{id}/comments",
       {{{"/api/rucks/{ruck}/comments", R"({"comment_id":"{comment}","content":"x"})"}}, ""}},
      {"DELETE /api/rucks/{id}/comments",
       {{{"/api/rucks/{ruck}/comments?comment_id={comment}", ""}}, ""}},
      {"PUT /api/comments/{id}", {{{"/api/comments/{comment}", R"({"content":"x"})"}}, ""}},

      {"GET /api/live", {{{"/api/live", ""}}, ""}},
      {"GET /api/live/{token}", {{{"/api/live/{token}", ""}}, ""}},
      {"GET /api/rucks/{id}/live", {{{"/api/rucks/{ruck}/live", ""}}, ""}},
      {"POST /api/rucks/{id}/live/links",
       {{{"/api/rucks/{ruck}/live/links", R"({"hours":1})"}}, ""}},
      {"GET /api/rucks/{id}/live/links", {{{"/api/rucks/{ruck}/live/links", ""}}, ""}},
      {"DELETE /api/rucks/{id}/live/links/{link}",
       {{{"/api/rucks/{ruck}/live/links/{zone}", ""}}, ""}},
      {"POST /api/rucks/{id}/messages",
       {{{"/api/rucks/{ruck}/messages", R"({"message":"go"})"}}, ""}},
      {"GET /api/rucks/{id}/messages", {{{"/api/rucks/{ruck}/messages", ""}}, ""}},
      {"POST /api/rucks/{id}/messages/read", {{{"/api/rucks/{ruck}/messages/read", "{}"}}, ""}},
      {"DELETE /api/comments/{id}", {{{"/api/comments/{comment}", ""}}, ""}},

      {"GET /api/ruck-photos", {{{"/api/ruck-photos?ruck_id={ruck}", ""}}, ""}},
      {"POST /api/ruck-photos",
       {{{"/api/ruck-photos",
          form_of({{"ruck_id", "{ruck}"}}, "photos", {{.name = "a.jpg", .bytes = jpeg_of({})}})}},
        ""}},
      {"PATCH /api/ruck-photos/{id}", {{{"/api/ruck-photos/{photo}", R"({"alt_text":"x"})"}}, ""}},
      {"DELETE /api/ruck-photos", {{{"/api/ruck-photos?photo_id={photo}", ""}}, ""}},
      {"POST /api/users/me/avatar",
       {{{"/api/users/me/avatar", form_of({}, "image", {{.name = "a.jpg", .bytes = jpeg_of({})}})}},
        ""}},
      {"DELETE /api/users/me/avatar", {{{"/api/users/me/avatar", ""}}, ""}},
      {"POST /api/auth/avatar", {{{"/api/auth/avatar", R"({"image":"eA=="})"}}, ""}},
      {"GET /media/{id}/{file}",
       {{{"/media/{photo}/large.jpg", ""},
         {"/media/{photo}/small", ""},
         {"/media/{photo}/original", ""},
         {"/media/{photo}/large.jpg?v={owner}&e=4102444800&s=x", ""}},
        ""}},

      {"GET /api/notifications", {{{"/api/notifications?limit=100", ""}}, ""}},
      {"GET /api/notifications/unread-count", {{{"/api/notifications/unread-count", ""}}, ""}},
      {"POST /api/notifications/{id}/read", {{{"/api/notifications/{ruck}/read", "{}"}}, ""}},
      {"POST /api/notifications/read-all", {{{"/api/notifications/read-all", "{}"}}, ""}},
      {"DELETE /api/notifications/{id}", {{{"/api/notifications/{ruck}", ""}}, ""}},
      {"GET /api/notifications/unsubscribe", {{}, "leads to a page"}},
      {"POST /api/notifications/unsubscribe", {{}, "wants a link that was mailed"}},
      {"GET /api/notifications/preferences", {{{"/api/notifications/preferences", ""}}, ""}},
      {"PUT /api/notifications/preferences", {{{"/api/notifications/preferences", "{}"}}, ""}},
      {"POST /api/device-token",
       {{{"/api/device-token", R"({"fcm_token":"t","device_id":"d"})"}}, ""}},
      {"DELETE /api/device-token", {{{"/api/device-token?fcm_token=t", ""}}, ""}},
      {"POST /api/push/subscriptions", {{{"/api/push/subscriptions", "{}"}}, ""}},
      {"DELETE /api/push/subscriptions",
       {{{"/api/push/subscriptions?endpoint=https://push.example.org/x", ""}}, ""}},
  };
  return all;
}

}  // namespace ruck::test

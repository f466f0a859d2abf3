#include "http/endpoint.hpp"
#include "services/notify/service.hpp"

#include <algorithm>

namespace ruck::notify {
namespace {
constexpr int kSeeOther = 303;  // RFC 9110 section 15.4.4
void add_list_routes(http::Router& r, NotifyService& s) {
  // Contract core §7.
  http::get(r, "/api/notifications", "notify.list",
            {.summary = "List your notifications, newest first; unread ones about the same thing"
                        " are one",
             .limit = http::per_hour(4000)},
            &s, &NotifyService::list);
  http::get(r, "/api/notifications/unread-count", "notify.unread_count",
            {.summary = "Count unread entries of the list", .limit = http::per_hour(4000)}, &s,
            &NotifyService::unread_count);
  http::post(r, "/api/notifications/{id}/read", "notify.read",
             {.summary = "Mark a notification as read, with those that are shown as one with it"},
             &s, &NotifyService::read);
  http::post(r, "/api/notifications/read-all", "notify.read_all",
             {.summary = "Mark all notifications as read"}, &s, &NotifyService::read_all);
  http::del(r, "/api/notifications/{id}", "notify.remove",
            {.summary = "Delete a notification, with those that are shown as one with it"}, &s,
            &NotifyService::remove);
  http::get(r, "/api/notifications/preferences", "notify.preferences",
            {.summary = "Get what you are told, by type and channel, and your quiet hours"}, &s,
            &NotifyService::preferences);
  http::put(
      r, "/api/notifications/preferences", "notify.set_preferences",
      {.summary = "Change what you are told; what is left out stays", .limit = http::per_hour(600)},
      &s, &NotifyService::set_preferences);
}

// To the page of the web app, which asks first: programs that look at mails open links, too.
task<http::Response> to_page(std::string token) {
  const bool is_plain = std::ranges::all_of(token, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  http::Response response{.status = kSeeOther};
  response.headers.emplace_back("Location", "/unsubscribe?token=" + (is_plain ? token : ""));
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

void add_mail_link_routes(http::Router& r, NotifyService& s) {
  constexpr http::Limit kLinks = http::per_minute(60);  // a provider's machines ask for many people
  http::OperationDoc doc{.query = r.openapi().schemas().members_of<MailLinkQuery>(),
                         .replies = {{.status = kSeeOther}}};
  r.add(
      http::Method::kGet, "/api/notifications/unsubscribe", "notify.unsubscribe_page",
      {.summary = "Go to the page that ends mails of a kind; changes nothing",
       .auth = http::Auth::kNone,
       .limit = kLinks},
      [](http::Call& call) {
        MailLinkQuery query;
        // What cannot be read is a link that was cut off; the page says so.
        http::Binder binder(http::Binder::Mode::kLenient);
        binder.query(call.request.query, query);
        return to_page(std::move(query.token));
      },
      std::move(doc));
  http::post(
      r, "/api/notifications/unsubscribe", "notify.end_mails",
      {.summary = "End mails of a kind by the link in one of them (RFC 8058); the body is the "
                  "form List-Unsubscribe=One-Click",
       .auth = http::Auth::kNone,
       .limit = kLinks,
       .body = http::BodyType::kAny,
       .body_bytes_max = kOneClickBytesMax},
      &s, &NotifyService::end_mails);
}

void add_device_routes(http::Router& r, NotifyService& s) {
  constexpr http::Limit kDevices = http::per_hour(600);  // an app does so once a start
  http::post(r, "/api/device-token", "notify.put_device",
             {.summary = "Register this device for pushes; the token leaves every other account",
              .limit = kDevices},
             &s, &NotifyService::put_device);
  http::del(
      r, "/api/device-token", "notify.remove_device",
      {.summary = "Forget a device's token, given in the query or the body", .limit = kDevices}, &s,
      &NotifyService::remove_device);
  http::post(r, "/api/push/subscriptions", "notify.subscribe",
             {.summary = "Register this browser for pushes", .limit = kDevices}, &s,
             &NotifyService::subscribe);
  http::del(
      r, "/api/push/subscriptions", "notify.unsubscribe",
      {.summary = "Forget a browser, by its endpoint in the query or the body", .limit = kDevices},
      &s, &NotifyService::unsubscribe);
}
}  // namespace

void add_routes(http::Router& r, NotifyService& s) {
  add_list_routes(r, s);
  add_device_routes(r, s);
  add_mail_link_routes(r, s);
}

}  // namespace ruck::notify

#pragma once
// Notifications, devices and what people choose about them on the wire (contract core §7).
#include "base/ids.hpp"
#include "http/values.hpp"
#include "services/notify/limits.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::notify {

using NotificationId = Id<struct NotificationIdTag, std::int64_t>;  // of its user; below 2^53

// ---- the list ----------------------------------------------------------------------------------

struct NotificationsQuery {
  std::int64_t page = 1;
  std::int64_t limit = kPerPage;
};
BOOST_DESCRIBE_STRUCT(NotificationsQuery, (), (page, limit))

struct NotificationView {
  NotificationId id;
  std::string type;
  std::string message;
  json::Raw data;  // text to text
  bool is_read = false;
  std::optional<UtcUs> read_at;
  UtcUs created_at{};
  std::optional<UserId> sender_id;
  std::optional<std::string> duel_id;
  std::optional<std::string> event_id;
  std::optional<std::string> club_id;
};
BOOST_DESCRIBE_STRUCT(NotificationView, (),
                      (id, type, message, data, is_read, read_at, created_at, sender_id, duel_id,
                       event_id, club_id))
struct NotificationsReply {
  std::vector<NotificationView> notifications;
  std::int64_t count = 0;  // of this page
  std::int64_t page = 1;
  std::int64_t limit = kPerPage;
  bool has_more = false;
};
BOOST_DESCRIBE_STRUCT(NotificationsReply, (), (notifications, count, page, limit, has_more))
struct NotificationsChanged {
  bool success = true;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(NotificationsChanged, (), (success, message))
struct UnreadCount {
  bool success = true;
  std::int64_t unread_count = 0;
};
BOOST_DESCRIBE_STRUCT(UnreadCount, (), (success, unread_count))

// On the socket, topic `me`.
struct NotificationMessage {
  std::string type = "notification";
  std::string topic = "me";
  NotificationView data;
  std::int64_t unread_count = 0;
};
BOOST_DESCRIBE_STRUCT(NotificationMessage, (), (type, topic, data, unread_count))

// ---- devices -----------------------------------------------------------------------------------

struct DeviceTokenRequest {
  std::string fcm_token;
  std::optional<std::string> device_id;
  std::optional<std::string> device_type;
  std::optional<std::string> app_version;
};
BOOST_DESCRIBE_STRUCT(DeviceTokenRequest, (), (fcm_token, device_id, device_type, app_version))
struct DeviceTokenId {
  std::string token_id;
};
BOOST_DESCRIBE_STRUCT(DeviceTokenId, (), (token_id))
struct DeviceTokenReply {
  bool success = true;
  DeviceTokenId data;
};
BOOST_DESCRIBE_STRUCT(DeviceTokenReply, (), (success, data))
struct DeviceTokenRef {
  std::optional<std::string> fcm_token;
};
BOOST_DESCRIBE_STRUCT(DeviceTokenRef, (), (fcm_token))

struct SubscriptionKeys {
  std::string p256dh;
  std::string auth;
};
BOOST_DESCRIBE_STRUCT(SubscriptionKeys, (), (p256dh, auth))
// PushSubscription.toJSON() of a browser.
struct SubscriptionRequest {
  std::string endpoint;
  SubscriptionKeys keys;
};
BOOST_DESCRIBE_STRUCT(SubscriptionRequest, (), (endpoint, keys))
struct SubscriptionRef {
  std::optional<std::string> endpoint;
};
BOOST_DESCRIBE_STRUCT(SubscriptionRef, (), (endpoint))

// ---- links at the end of mails -----------------------------------------------------------------

struct MailLinkQuery {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(MailLinkQuery, (), (token))
struct MailsEnded {
  bool success = true;
  std::string message;
  std::string type;  // as in the preferences: "ruck_like", "weekly_digest"
};
BOOST_DESCRIBE_STRUCT(MailsEnded, (), (success, message, type))

// ---- what people choose ------------------------------------------------------------------------

struct NotificationChannels {
  bool in_app = true;
  bool push = true;
  bool email = false;
};
BOOST_DESCRIBE_STRUCT(NotificationChannels, (), (in_app, push, email))
// By type. The defaults are those of who has chosen nothing.
struct NotificationChoices {
  NotificationChannels ruck_started;
  NotificationChannels ruck_message;
  NotificationChannels ruck_like;
  NotificationChannels ruck_comment;
  NotificationChannels ruck_activity;
  NotificationChannels follow;
  NotificationChannels system{.email = true};  // an unknown sign-in
};
BOOST_DESCRIBE_STRUCT(NotificationChoices, (),
                      (ruck_started, ruck_message, ruck_like, ruck_comment, ruck_activity, follow,
                       system))
// Minutes of the local day; over midnight where the end is before the start.
struct NotificationQuietHours {
  std::int64_t start_minute = 0;
  std::int64_t end_minute = 0;
};
BOOST_DESCRIBE_STRUCT(NotificationQuietHours, (), (start_minute, end_minute))
struct NotificationPreferences {
  NotificationChoices types;
  std::optional<NotificationQuietHours> quiet_hours;
  std::string time_zone;       // of the quiet hours and the week: the profile's
  bool weekly_digest = false;  // a mail on Monday about the week before, if there was a ruck in it
};
BOOST_DESCRIBE_STRUCT(NotificationPreferences, (), (types, quiet_hours, time_zone, weekly_digest))

// What is left out stays as it was.
struct ChannelsUpdate {
  std::optional<bool> in_app;
  std::optional<bool> push;
  std::optional<bool> email;
};
BOOST_DESCRIBE_STRUCT(ChannelsUpdate, (), (in_app, push, email))
struct ChoicesUpdate {
  ChannelsUpdate ruck_started;
  ChannelsUpdate ruck_message;
  ChannelsUpdate ruck_like;
  ChannelsUpdate ruck_comment;
  ChannelsUpdate ruck_activity;
  ChannelsUpdate follow;
  ChannelsUpdate system;
};
BOOST_DESCRIBE_STRUCT(ChoicesUpdate, (),
                      (ruck_started, ruck_message, ruck_like, ruck_comment, ruck_activity, follow,
                       system))
struct PreferencesUpdate {
  std::optional<ChoicesUpdate> types;
  http::Settable<NotificationQuietHours> quiet_hours;  // null: none
  std::optional<bool> weekly_digest;
};
BOOST_DESCRIBE_STRUCT(PreferencesUpdate, (), (types, quiet_hours, weekly_digest))

}  // namespace ruck::notify

template <>
struct ruck::http::RulesOf<ruck::notify::NotificationsQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("page", "From 1; the newest first")
           .between(1, static_cast<double>(ruck::notify::kPageMax)),
       rule("limit", "Of one page").between(1, static_cast<double>(ruck::notify::kPerPageMax))});
};
template <>
struct ruck::http::RulesOf<ruck::notify::DeviceTokenRequest> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("fcm_token", "Of Firebase Cloud Messaging")
           .length(1, ruck::notify::kTokenBytesMax)
           .also("fcmToken", "token")
           .verbatim()
           .required(),
       rule("device_id", "Names the device: its new token takes the place of the old one")
           .length(0, ruck::notify::kDeviceIdMax)
           .also("deviceId"),
       rule("device_type", "ios or android").length(0, 20).also("deviceType"),
       rule("app_version", "Of the mobile app").length(0, 50).also("appVersion")});
};
template <>
struct ruck::http::RulesOf<ruck::notify::DeviceTokenRef> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("fcm_token", "The token that is to be forgotten")
                               .length(1, ruck::notify::kTokenBytesMax)
                               .also("fcmToken", "token")
                               .verbatim()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::SubscriptionKeys> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("p256dh", "The browser's public key, base64url")
                               .length(1, ruck::notify::kKeyTextMax)
                               .verbatim()
                               .required(),
                           rule("auth", "The browser's secret, base64url")
                               .length(1, ruck::notify::kKeyTextMax)
                               .verbatim()
                               .required()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::SubscriptionRequest> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("endpoint", "Address at the browser's push service; https")
                               .length(1, ruck::notify::kEndpointBytesMax)
                               .verbatim()
                               .required(),
                           rule("keys", "What messages to it are encrypted for").required()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::SubscriptionRef> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("endpoint", "Of the subscription that is to be forgotten")
                               .length(1, ruck::notify::kEndpointBytesMax)
                               .verbatim()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::MailLinkQuery> {
  static constexpr auto kRules = std::to_array<Rule>({rule("token", "From the link in the mail")
                                                          .length(1, ruck::notify::kMailTokenMax)
                                                          .verbatim()
                                                          .required()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::NotificationQuietHours> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("start_minute", "Of the local day")
                               .between(0, static_cast<double>(ruck::notify::kMinutesOfDay - 1))
                               .required(),
                           rule("end_minute", "Of the local day; before the start: on the next day")
                               .between(0, static_cast<double>(ruck::notify::kMinutesOfDay - 1))
                               .required()});
};
template <>
struct ruck::http::RulesOf<ruck::notify::PreferencesUpdate> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("types", "By type and channel; what is left out stays as it was"),
                           rule("quiet_hours", "No push in this time; null: none"),
                           rule("weekly_digest",
                                "A mail on Monday morning about the week before, if there was a "
                                "ruck in it")});
};

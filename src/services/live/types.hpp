#pragma once
// Live following, cheers and share links on the wire (contract core §11, docs/api/live.md).
#include "http/values.hpp"
#include "services/live/limits.hpp"
#include "services/profile/types.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::live {

// ---- cheers ------------------------------------------------------------------------------------

struct CheerRequest {
  std::string message;
  std::optional<std::string> voice_id;
  std::optional<std::int64_t> delay_minutes;
};
BOOST_DESCRIBE_STRUCT(CheerRequest, (), (message, voice_id, delay_minutes))

struct CheerView {
  Uuid id;
  RuckId ruck_id;
  UserId sender_id;
  std::string sender_username;
  std::optional<std::string> sender_avatar_url;
  std::string message;
  std::optional<std::string> voice_id;
  UtcUs created_at{};
  UtcUs due_at{};
  bool is_read = false;
};
BOOST_DESCRIBE_STRUCT(CheerView, (),
                      (id, ruck_id, sender_id, sender_username, sender_avatar_url, message,
                       voice_id, created_at, due_at, is_read))

struct CheerReply {
  std::string status = "success";
  std::string message;
  CheerView response;
};
BOOST_DESCRIBE_STRUCT(CheerReply, (), (status, message, response))

struct CheersReply {
  std::string status = "success";
  std::vector<CheerView> messages;
};
BOOST_DESCRIBE_STRUCT(CheersReply, (), (status, messages))

struct CheersRead {
  std::string status = "success";
  std::int64_t read = 0;
};
BOOST_DESCRIBE_STRUCT(CheersRead, (), (status, read))

// ---- share links -------------------------------------------------------------------------------

struct LinkRequest {
  std::int64_t hours = kLinkHoursUsual;
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (hours))

struct LinkView {
  Uuid id;
  RuckId ruck_id;
  UtcUs created_at{};
  UtcUs expires_at{};
};
BOOST_DESCRIBE_STRUCT(LinkView, (), (id, ruck_id, created_at, expires_at))

// The token is shown this once.
struct NewLink : LinkView {
  std::string token;
  std::string url;
  std::string shows =
      "Whoever has this link can follow this ruck live until it ends or the link"
      " expires. Your privacy zones and the place where you started are hidden, and"
      " the link trails behind you, so that it does not lead to where you end.";
};
BOOST_DESCRIBE_STRUCT(NewLink, (LinkView), (token, url, shows))
struct NewLinkReply {
  std::string status = "success";
  NewLink data;
};
BOOST_DESCRIBE_STRUCT(NewLinkReply, (), (status, data))
struct LinksReply {
  std::string status = "success";
  std::vector<LinkView> data;
};
BOOST_DESCRIBE_STRUCT(LinksReply, (), (status, data))
struct LinkRevoked {
  std::string status = "success";
  std::string message;
};
BOOST_DESCRIBE_STRUCT(LinkRevoked, (), (status, message))

// ---- on the socket -----------------------------------------------------------------------------

struct Ready {
  std::string type = "ready";
  json::Omittable<UserId> user_id;
  json::Omittable<std::string> topic;  // a link's only one
  UtcUs expires_at{};
};
BOOST_DESCRIBE_STRUCT(Ready, (), (type, user_id, topic, expires_at))

struct MeSnapshot {
  std::optional<RuckId> active_ruck_id;
  std::int64_t watching = 0;
  std::vector<CheerView> cheers;  // unread ones
};
BOOST_DESCRIBE_STRUCT(MeSnapshot, (), (active_ruck_id, watching, cheers))
struct MeMessage {
  std::string type = "snapshot";
  std::string topic = "me";
  MeSnapshot data;
};
BOOST_DESCRIBE_STRUCT(MeMessage, (), (type, topic, data))
struct CheerMessage {
  std::string type = "cheer";
  std::string topic = "me";
  CheerView data;
};
BOOST_DESCRIBE_STRUCT(CheerMessage, (), (type, topic, data))

using LinkId = Id<struct LinkIdTag, Uuid>;

}  // namespace ruck::live

template <>
struct ruck::http::PathParam<ruck::live::LinkId> {
  static std::optional<ruck::live::LinkId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(ruck::live::LinkId(*uuid)) : std::nullopt;
  }
};
template <>
struct ruck::http::RulesOf<ruck::live::CheerRequest> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("message", "What the rucker hears").length(1, ruck::live::kCheerLengthMax).required(),
       rule("voice_id", "The voice that says it").length(1, 100),
       rule("delay_minutes", "Delivered so much later")
           .between(0, static_cast<double>(ruck::live::kCheerDelayMaxMin))});
};
template <>
struct ruck::http::RulesOf<ruck::live::LinkRequest> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("hours", "How long the link is good")
                               .between(1, static_cast<double>(ruck::live::kLinkHoursMax))});
};

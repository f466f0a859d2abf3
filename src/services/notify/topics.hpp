#pragma once
// What the user's own sockets are told of notifications, after the commit: a message on their topic
// `me` (services/live/topics.hpp, docs/api/live.md).
#include "bus/bus.hpp"
#include "services/notify/types.hpp"

namespace ruck::notify {

void publish_new(bus::Bus& bus, UserId user, NotificationView notification,
                 std::int64_t unread_count);

}  // namespace ruck::notify

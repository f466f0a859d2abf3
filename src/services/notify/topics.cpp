#include "services/notify/topics.hpp"

#include "http/json/writer.hpp"
#include "services/live/topics.hpp"

namespace ruck::notify {

void publish_new(bus::Bus& bus, UserId user, NotificationView notification,
                 std::int64_t unread_count) {
  live::tell_user(bus, user,
                  json::to_text(NotificationMessage{.data = std::move(notification),
                                                    .unread_count = unread_count}));
}

}  // namespace ruck::notify

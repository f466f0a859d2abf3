#include "services/notify/push_test.hpp"

#include "push/reports.hpp"
#include "services/auth/lookup.hpp"
#include "services/notify/devices.hpp"
#include "services/notify/pushes.hpp"

namespace ruck::notify {
namespace {
Result<std::vector<Device>> devices_of(db::Session& q, const std::string& email, UtcUs now) {
  const std::optional<UserId> user = auth::user_of(q, email);
  if (!user) return fail(ErrorCode::kUserNotFound, "There is no account with this address");
  std::vector<Device> devices;
  for (const Uuid& id : notify::devices_of(q, *user)) {
    if (auto device = find_device(q, *user, id, now)) devices.push_back(std::move(*device));
  }
  return devices;
}
}  // namespace

task<Result<std::vector<TestedDevice>>> test_push(db::Database& database, push::Sender& sender,
                                                  std::string email, UtcUs now) {
  const auto devices = co_await database.read(
      [email = std::move(email), now](db::Session& q) { return devices_of(q, email, now); });
  if (!devices) co_return fail(devices.error());
  const push::Message message{.title = "RuckingApp",
                              .body = "Pushes to this device work",
                              .data = {{"type", "system"}},
                              .urgency = push::Urgency::kHigh};
  std::vector<TestedDevice> tested;
  for (const Device& device : *devices) {
    push::Report report = co_await send_to(sender, device, message);
    tested.push_back({.service = device.service,
                      .fate = std::string(push::name_of(report.fate)),
                      .reason = std::move(report.reason)});
  }
  co_return tested;
}

}  // namespace ruck::notify

#pragma once
#include "db/session.hpp"
#include "services/profile/types.hpp"

namespace ruck::profile::store {

void insert(db::Session& q, const UserRow& row, const std::string& secret);
[[nodiscard]] std::optional<UserRow> find(db::Session& q, UserId user);
void update(db::Session& q, const UserRow& row);
// After update(), when the name is another: how it is found.
void rename(db::Session& q, const UserRow& row);
// Everything that refers to the user goes with the row.
void set_avatar(db::Session& q, UserId user, const std::optional<std::string>& url, UtcUs now);
void set_email(db::Session& q, UserId user, const std::string& email, UtcUs now);
bool remove(db::Session& q, UserId user);
[[nodiscard]] std::optional<std::string> time_zone(db::Session& q, UserId user);

}  // namespace ruck::profile::store

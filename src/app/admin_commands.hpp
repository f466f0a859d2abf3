#pragma once
// What an operator does with accounts, over the control socket.
#include "app/control.hpp"
#include "base/clock.hpp"

namespace ruck::app {

// Where people reach the server: of links in mails and on pages.
[[nodiscard]] std::string public_url(const runtime::Config& config);

// admin.reset_link: a link that sets a new password, as the mail has it. For a server without
// e-mail, and for who has lost theirs.
void add_admin_commands(Control& control, db::Database& database, const Clock& clock,
                        std::string public_url);

}  // namespace ruck::app

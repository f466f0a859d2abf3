#include "app/admin_commands.hpp"

#include "http/json/writer.hpp"
#include "services/auth/reset_link.hpp"
#include "telemetry/log.hpp"

namespace ruck::app {

std::string public_url(const runtime::Config& config) {
  if (!config.public_url.empty()) return config.public_url;
  return (config.tls_cert.empty() ? "http://" : "https://") + config.listen;
}

void add_admin_commands(Control& control, db::Database& database, const Clock& clock,
                        std::string public_url) {
  control.add("admin.reset_link",
              [&database, &clock,
               url = std::move(public_url)](const json::Tree& request) -> Result<std::string> {
                const auto link = database.write_now([&](db::Session& q) {
                  return auth::new_reset_link(q, request["email"].text(), url, clock.now());
                });
                if (!link) return fail(link.error());
                telemetry::log_info("admin.reset_link_made");
                return json::to_text(link->url);
              });
}

}  // namespace ruck::app

#include "cluster/installation.hpp"

#include <fmt/format.h>

namespace ruck::test {

Installation::Installation(int shutdown_delay_s, const std::string& disk) {
  const std::string files = disk.empty() ? folder_.path() : disk;
  primary_ = std::make_unique<PostgresCluster>(files + "/primary", true);
  database_ports_ = {primary_->port()};
  for (std::size_t i = 0; i < standbys_.size(); ++i) {
    standbys_.at(i) = std::make_unique<PostgresStandby>(
        *primary_, fmt::format("{}/standby{}", folder_.path(), i + 1));
    database_ports_.push_back(standbys_.at(i)->port());
  }
  for (const auto& standby : standbys_) standby->follow(database_ports_);
  std::string replicas;
  for (const auto& standby : standbys_) {
    replicas += (replicas.empty() ? "" : ",") + standby->url("postgres");
  }
  std::vector<int> ports;
  for (auto& server : servers_) {
    server = std::make_unique<RuckServer>(ServerSettings{
        .database_url = database_url(),
        .extra_env = {"RUCK_REDIS_URL=" + redis_.url(), "RUCK_DATABASE_REPLICAS=" + replicas,
                      "RUCK_TRUSTED_PROXIES=127.0.0.1",
                      fmt::format("RUCK_SHUTDOWN_DELAY_SECONDS={}", shutdown_delay_s)}});
    ports.push_back(server->port());
  }
  proxy_ = std::make_unique<HaProxy>(ports);
}

Installation::~Installation() = default;

std::string Installation::database_url() const { return url_of_all(database_ports_, "postgres"); }

std::string Installation::addresses() const {
  std::string text = fmt::format("  the web app, behind HAProxy  {}\n", url());
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    text += fmt::format("  server {}                     {}\n", i + 1, servers_.at(i)->url());
  }
  text += fmt::format("  PostgreSQL, primary          {}\n", primary_->url("postgres"));
  for (std::size_t i = 0; i < standbys_.size(); ++i) {
    text += fmt::format("  PostgreSQL, standby {}        {}\n", i + 1,
                        standbys_.at(i)->url("postgres"));
  }
  return text + fmt::format("  Redis                        {}\n", redis_.url());
}

void Installation::promote() {
  const std::size_t ahead = standbys_[0]->received() >= standbys_[1]->received() ? 0 : 1;
  standbys_.at(ahead)->promote();
  make_commits_wait(standbys_.at(ahead)->url("postgres"));
}

}  // namespace ruck::test

#pragma once
// All of a large installation on loopback: three servers behind HAProxy, a PostgreSQL primary with
// two standbys of which one has each commit and both answer reads, and Redis.
#include "support/haproxy.hpp"
#include "support/redis.hpp"
#include "support/server.hpp"
#include "support/standby.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

inline constexpr std::size_t kInstances = 3;

class Installation {
 public:
  // `shutdown_delay_s`: of each server, for HAProxy to notice that it ends. `disk`: a folder for
  // the primary's files; empty: with the rest.
  explicit Installation(int shutdown_delay_s, const std::string& disk = "");
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  // Where phones and browsers go.
  [[nodiscard]] std::string url() const { return proxy_->url(); }
  // Of whoever is the primary.
  [[nodiscard]] std::string database_url() const;
  // What runs where, for people.
  [[nodiscard]] std::string addresses() const;

  RuckServer& server(std::size_t i) { return *servers_.at(i); }
  RedisServer& redis() { return redis_; }
  PostgresCluster& primary() { return *primary_; }
  PostgresStandby& standby(std::size_t i) { return *standbys_.at(i); }
  // Of those that are standbys, the one that has most becomes the primary; the other follows it.
  void promote();

 private:
  TemporaryFolder folder_;
  RedisServer redis_;
  std::unique_ptr<PostgresCluster> primary_;
  std::array<std::unique_ptr<PostgresStandby>, 2> standbys_;
  std::vector<int> database_ports_;
  std::array<std::unique_ptr<RuckServer>, kInstances> servers_;
  std::unique_ptr<HaProxy> proxy_;
};

}  // namespace ruck::test

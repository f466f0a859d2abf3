#pragma once
// Following rucks live, cheers and share links (contract core §11, docs/api/live.md).
#include "http/authenticator.hpp"
#include "http/handler.hpp"
#include "services/live/client.hpp"
#include "services/live/hub.hpp"
#include "services/live/types.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ruck::live {

// For other services, inside their unit of work: what was said to a rucker.
[[nodiscard]] std::optional<CheerView> find_cheer(db::Session& q, UserId rucker, RuckId ruck,
                                                  const Uuid& id);

class LiveService final : public http::SocketAcceptor {
 public:
  struct Dependencies {
    db::Database& database;
    bus::Bus& bus;
    runtime::Cores& cores;
    const http::Authenticator& authenticator;
    const Clock& clock;
    telemetry::Metrics& metrics;
    std::string public_url;  // links begin with it
  };
  explicit LiveService(Dependencies dependencies);

  // Others tell it what has happened.
  [[nodiscard]] Hub& hub() { return hub_; }
  void start();
  // While cores and database still run.
  void stop();

  [[nodiscard]] std::shared_ptr<http::SocketHandler> open(http::Socket& socket,
                                                          std::string_view address) override;

  using Viewer = http::Viewer;
  task<Result<http::Response>> follow(Viewer viewer, RuckId ruck);
  task<Result<http::Response>> follow_link(std::string token);

  task<Result<http::Created<NewLinkReply>>> add_link(Viewer viewer, RuckId ruck,
                                                     LinkRequest request);
  task<Result<LinksReply>> links(Viewer viewer, RuckId ruck);
  task<Result<LinkRevoked>> remove_link(Viewer viewer, RuckId ruck, LinkId link);

  task<Result<http::Created<CheerReply>>> cheer(Viewer viewer, RuckId ruck, CheerRequest request);
  task<Result<CheersReply>> cheers(Viewer viewer, RuckId ruck);
  task<Result<CheersRead>> read_cheers(Viewer viewer, RuckId ruck);

 private:
  task<> deliver_due();
  void deliver(const store::CheerRow& cheer);

  Dependencies deps_;
  Hub hub_;
  Client::Shared clients_;
  std::unique_ptr<runtime::Periodic> due_;
};

void add_routes(http::Router& router, LiveService& service);

}  // namespace ruck::live

#pragma once
// The composition root: makes every part of the server, knows how they are wired, and takes them
// down in reverse order.
#include "base/error.hpp"
#include "runtime/config.hpp"

#include <memory>

namespace ruck::app {

class ServerApp {
 public:
  explicit ServerApp(runtime::Config config);
  ~ServerApp();

  // Opens the database, brings its schema up to date, starts the threads and listens.
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool is_secure() const;
  // Reads again what may change while it runs: the certificate.
  void reload();
  // Readiness says no from now on; everything else goes on, until stop().
  void leave();
  // Graceful: readiness off, requests finished, the writer drained and checkpointed.
  void stop();

  // The API document; needs no database.
  [[nodiscard]] static std::string openapi_document();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ruck::app

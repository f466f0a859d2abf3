#pragma once
// A client that does what the mobile app does: the same calls, the same fields, the same batches
// (contract core §3). Blocking; one connection.
#include "base/error.hpp"
#include "http/client/client.hpp"
#include "http/json/tree.hpp"
#include "rucking/track_point.hpp"

#include <optional>
#include <span>
#include <string>

namespace ruck::load {

inline constexpr std::size_t kPhoneBatchPoints = 100;   // contract core §3.5
inline constexpr std::size_t kPhoneChunkSamples = 100;  // contract core §3.6

struct Account {
  std::string email;
  std::string password;
  std::string token;
};

class Phone {
 public:
  explicit Phone(http::Url url);

  // Signs in, or registers where there is no such account.
  [[nodiscard]] Result<Account> sign_in(const std::string& email, const std::string& password);

  // Creates and starts a ruck. One that is still active from an earlier run is completed first.
  [[nodiscard]] Result<> begin(double load_kg, UtcMs started_at);
  [[nodiscard]] Result<> send_points(std::span<const rucking::TrackPoint> points);
  [[nodiscard]] Result<> send_heart_rate(std::span<const rucking::HeartRateSample> samples);
  [[nodiscard]] Result<> pause(UtcMs at);
  [[nodiscard]] Result<> resume(UtcMs at);

  struct Claims {  // what the app shows on its own
    double distance_m = 0;
    double duration_s = 0;
    double paused_s = 0;
    UtcMs started_at{};
    UtcMs completed_at{};
  };
  // The server's ruck, completed.
  [[nodiscard]] Result<json::Tree> complete(const Claims& claims);
  [[nodiscard]] Result<json::Tree> fetch();
  // What was said to the rucker so far, the newest first.
  [[nodiscard]] Result<json::Tree> cheers();

  [[nodiscard]] std::int64_t ruck_id() const { return ruck_id_; }

 private:
  [[nodiscard]] Result<json::Tree> get(const std::string& target);
  [[nodiscard]] Result<json::Tree> post(const std::string& target, const std::string& body);

  http::Client client_;
  std::int64_t ruck_id_ = 0;
};

}  // namespace ruck::load

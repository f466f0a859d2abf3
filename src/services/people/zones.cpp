#include "services/people/zones.hpp"

#include "crypto/digest.hpp"
#include "services/people/store.hpp"

#include <cstring>

namespace ruck::people {
namespace {
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::string_view kPurpose = "privacy circles 1";  // other uses of the secret say others
}  // namespace

std::optional<rucking::PrivacyKey> privacy_key(std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return std::nullopt;
  const std::string bytes = crypto::hmac_sha256(secret, kPurpose);
  rucking::PrivacyKey key;
  std::memcpy(&key.k0, bytes.data(), sizeof key.k0);
  std::memcpy(&key.k1, bytes.data() + sizeof key.k0, sizeof key.k1);
  return key;
}

rucking::HiddenPlaces OwnerPrivacy::of_finished(RuckId ruck,
                                                std::span<const rucking::TrackPoint> line) const {
  rucking::HiddenPlaces::Known known{.key = key, .zones = zones, .ruck_id = ruck.value()};
  if (!line.empty()) {
    known.first = line.front().position();
    known.last = line.back().position();
  }
  return rucking::HiddenPlaces::of_finished(known);
}

rucking::HiddenPlaces OwnerPrivacy::of_live(RuckId ruck,
                                            std::optional<rucking::Position> first) const {
  return rucking::HiddenPlaces::of_live(
      {.key = key, .zones = zones, .ruck_id = ruck.value(), .first = first});
}

std::unordered_map<UserId, OwnerPrivacy> privacy_of_owners(db::Session& q,
                                                           const std::vector<UserId>& owners) {
  std::unordered_map<UserId, OwnerPrivacy> all;
  for (const store::PrivacyRow& row : store::privacy_rows(q, owners)) {
    OwnerPrivacy& owner = all[row.user_id];
    if (!owner.zones) owner.zones.emplace();
    if (row.secret) owner.key = privacy_key(row.secret->data);
    if (!row.lat || !row.lng || !row.radius_m) continue;
    owner.zones->push_back(
        {.centre = {.lat_deg = *row.lat, .lng_deg = *row.lng}, .radius_m = *row.radius_m});
  }
  return all;
}

OwnerPrivacy privacy_of(db::Session& q, UserId owner) {
  auto all = privacy_of_owners(q, {owner});
  const auto found = all.find(owner);
  return found == all.end() ? OwnerPrivacy() : std::move(found->second);
}

}  // namespace ruck::people

#include "services/people/zones.hpp"

#include "crypto/digest.hpp"
#include "services/people/store.hpp"
#include "services/stats/service.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

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

rucking::HiddenPlaces OwnerPrivacy::hide(RuckId ruck, std::vector<rucking::RuckEnd> ends) const {
  return rucking::HiddenPlaces::of({.key = key,
                                    .zones = zones,
                                    .anchors = anchors,
                                    .ends = std::move(ends),
                                    .ruck = ruck.value()});
}

OwnerPrivacy privacy_of(db::Session& q, UserId owner) {
  auto rows = store::privacy_rows(q, owner);
  std::ranges::stable_sort(
      rows, {}, [](const store::PrivacyRow& row) { return std::pair(row.part, row.number); });
  OwnerPrivacy out;
  for (const store::PrivacyRow& row : rows) {
    const rucking::Position at{.lat_deg = row.lat, .lng_deg = row.lng};
    switch (static_cast<store::PrivacyPart>(row.part)) {
      case store::PrivacyPart::kOwner:
        if (row.secret) out.key = privacy_key(row.secret->data);
        out.zones.emplace();
        out.anchors.emplace();
        out.show_full_totals = row.show_full_totals;
        out.epoch = row.epoch;
        break;
      case store::PrivacyPart::kZone:
        if (out.zones) out.zones->push_back({.centre = at, .radius_m = row.size_m});
        break;
      case store::PrivacyPart::kAnchor:
        if (out.anchors) out.anchors->push_back({.at = at, .need_m = row.size_m});
        break;
    }
  }
  return out;
}

void keep_anchors(db::Session& q, UserId owner, std::span<const rucking::Anchor> anchors) {
  for (const rucking::Anchor& anchor : anchors) store::add_anchor(q, owner, anchor);
}

std::vector<UserId> owners_of_former_zones(db::Session& q, UtcUs now, std::int64_t limit) {
  return store::owners_of_former_zones(q, now, limit);
}

void drop_former_zones(db::Session& q, UserId owner, UtcUs now) {
  if (store::remove_former_zones(q, owner, now) == 0) return;  // done with another of them
  begin_refresh(q, owner, now);
}

void begin_refresh(db::Session& q, UserId owner, UtcUs now) {
  store::next_privacy_epoch(q, owner);
  stats::hide_days(q, owner);
  store::add_refresh(q, owner, now);
}

std::vector<UserId> waiting_refreshes(db::Session& q, std::int64_t limit) {
  return store::refreshes(q, limit);
}

bool end_refresh(db::Session& q, UserId owner, std::int64_t epoch) {
  return store::remove_refresh(q, owner, epoch);
}

}  // namespace ruck::people

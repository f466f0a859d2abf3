#include "chaos/phone.hpp"

#include "base/clock.hpp"
#include "http/json/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

namespace ruck::test {
namespace {
constexpr auto kTimeout = std::chrono::seconds(8);  // generous: sanitizers, a loaded machine
constexpr std::int64_t kBeginMs = 1'763'790'000'000;
constexpr std::int64_t kBetweenWalksMs = 3'600'000;
constexpr std::size_t kRefusalsMax = 20;

std::string json_of(const rucking::TrackPoint& point) {
  return fmt::format(R"({{"lat":{:.7f},"lng":{:.7f},"altitude":{:.1f},"timestamp":"{}",)"
                     R"("accuracy":{:.1f}}})",
                     point.lat_e7 * 1e-7, point.lng_e7 * 1e-7, point.altitude_dm * 0.1,
                     to_iso8601(utc_ms(point.time_ms)), point.accuracy_hm * 0.5);
}
std::string json_of(const Points& points) {
  std::string text = "{\"points\":[";
  for (const auto& point : points) {
    if (text.back() != '[') text += ',';
    text += json_of(point);
  }
  return text + "]}";
}
std::string json_of(const std::vector<rucking::HeartRateSample>& samples) {
  std::string text = "{\"heart_rate_samples\":[";
  for (const auto& sample : samples) {
    if (text.back() != '[') text += ',';
    text += fmt::format(R"({{"timestamp":"{}","bpm":{}}})", to_iso8601(utc_ms(sample.time_ms)),
                        sample.bpm);
  }
  return text + "]}";
}
}  // namespace

Phone::Phone(Options options)
    : options_(std::move(options)),
      ledger_(options_.user),
      random_(options_.seed),
      direct_(*http::parse_url(options_.direct_url), kTimeout),
      next_start_ms_(kBeginMs) {
  direct_.set_token(options_.token);
  if (options_.chaos_url.empty()) return;
  chaos_.emplace(*http::parse_url(options_.chaos_url), kTimeout);
  chaos_->set_token(options_.token);
}

void Phone::walk_until(const std::atomic<bool>& stopped) {
  while (!stopped) walk(stopped);
}

Phone::Counts Phone::counts() const {
  return {.walks = counts_.walks,
          .requests = counts_.requests,
          .retries = counts_.retries,
          .late_batches = counts_.late_batches,
          .offline_walks = counts_.offline_walks};
}

std::map<int, std::uint64_t> Phone::retried() const {
  const std::scoped_lock lock(mutex_);
  return retried_;
}

std::optional<Phone::Reply> Phone::post(const std::string& target, const std::string& body,
                                        const std::atomic<bool>& stopped) {
  for (int attempt = 0;; ++attempt) {
    if (attempt > 0) {
      if (stopped) return std::nullopt;
      ++counts_.retries;
      std::this_thread::sleep_for(std::chrono::milliseconds(5 + random_.below(60)));
    }
    ++counts_.requests;
    const auto answer = line_->send(http::Method::kPost, target, body);
    if (!answer || answer->status >= 500) {
      const std::scoped_lock lock(mutex_);
      ++retried_[answer ? answer->status : 0];
      continue;
    }
    if (answer->status >= 400 && refusals_.size() < kRefusalsMax) {
      refusals_.push_back(
          fmt::format("{} was answered {}: {}", target, answer->status, answer->body));
    }
    return Reply{answer->status, answer->body};
  }
}

// The id as the phone will use it; made by the server, or by the phone while it was offline.
std::optional<std::string> Phone::new_ruck(const std::atomic<bool>& stopped) {
  if (random_.chance(0.3)) {
    ++counts_.offline_walks;
    return fmt::format("offline_{}", next_start_ms_);
  }
  const auto created = post("/api/rucks", R"({"ruck_weight_kg":15})", stopped);
  if (!created || created->status >= 400) return std::nullopt;
  const json::Tree ruck = json::Tree::parse(created->body);
  const std::string id = std::to_string(ruck["id"].integer());
  if (random_.chance(0.7) && !post("/api/rucks/" + id + "/start", "{}", stopped)) {
    return std::nullopt;
  }
  return id;
}

bool Phone::send(const std::string& ruck, const Points& batch, const std::atomic<bool>& stopped) {
  ledger_.sent(batch);
  const auto reply = post("/api/rucks/" + ruck + "/location", json_of(batch), stopped);
  if (!reply || reply->status >= 400) return false;
  const json::Tree counts = json::Tree::parse(reply->body);
  const auto told = counts["inserted"].integer() + counts["duplicates"].integer();
  if (told == static_cast<std::int64_t>(batch.size())) {
    ledger_.acknowledged(batch);
    return true;
  }
  if (refusals_.size() < kRefusalsMax) refusals_.push_back("not all taken: " + reply->body);
  return false;
}

// Samples outside the ruck's times are rejected by name; only those that were taken count.
bool Phone::send_heart_rate(const std::string& ruck, const Points& batch,
                            const std::atomic<bool>& stopped) {
  std::vector<rucking::HeartRateSample> samples;
  for (const auto& point : batch) {
    samples.push_back({point.time_ms, static_cast<std::uint16_t>(100 + point.time_ms / 1000 % 60)});
  }
  ledger_.sent(samples);
  const auto reply = post("/api/rucks/" + ruck + "/heart-rate-chunk", json_of(samples), stopped);
  if (!reply || reply->status >= 400) return false;
  if (json::Tree::parse(reply->body)["rejected"].integer() == 0) ledger_.acknowledged(samples);
  return true;
}

void Phone::walk(const std::atomic<bool>& stopped) {
  line_ = chaos_ && random_.chance(options_.chaos_share) ? &*chaos_ : &direct_;
  const auto ruck = new_ruck(stopped);
  const Points points = wander(random_, next_start_ms_, static_cast<int>(20 + random_.below(250)));
  next_start_ms_ += kBetweenWalksMs;
  if (!ruck) return;
  ++counts_.walks;
  std::vector<Points> batches = random_batches(random_, points);
  std::vector<Points> late;
  if (random_.chance(0.4)) {
    const std::size_t kept = random_.below(batches.size());
    std::move(batches.begin() + static_cast<std::ptrdiff_t>(kept), batches.end(),
              std::back_inserter(late));
    batches.resize(kept);
  }
  for (const Points& batch : batches) {
    if (stopped) return;
    send(*ruck, batch, stopped);
    if (random_.chance(0.15)) send_heart_rate(*ruck, batch, stopped);
    std::this_thread::sleep_for(options_.pause);
  }
  if (late.empty() && random_.chance(0.15)) return;  // forgotten; the next walk goes on with it
  if (stopped || !post("/api/rucks/" + *ruck + "/complete", R"({"notes":"x"})", stopped)) return;
  for (const Points& batch : late) {
    if (stopped) return;
    ++counts_.late_batches;
    send(*ruck, batch, stopped);
  }
  if (random_.chance(0.3)) post("/api/rucks/" + *ruck + "/complete", R"({"rating":4})", stopped);
}

}  // namespace ruck::test

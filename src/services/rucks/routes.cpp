#include "http/endpoint.hpp"
#include "services/rucks/service.hpp"

namespace ruck::rucks {

namespace {
constexpr http::Limit kUploads = http::per_hour(3600);
constexpr std::size_t kLarge = http::kIngestBodyBytesMax;

void add_ruck_routes(http::Router& r, RuckService& s) {
  http::get(r, "/api/rucks", "rucks.list",
            {.summary = "List your own rucks, newest first", .cached = true}, &s,
            &RuckService::list);
  http::get(r, "/api/rucks/records", "rucks.records",
            {.summary = "Get personal records: longest, fastest, heaviest", .cached = true}, &s,
            &RuckService::records);
  http::post(r, "/api/rucks", "rucks.create",
             {.summary = "Create a ruck, or a completed one entered by hand",
              .body_bytes_max = kLarge,
              .keeps_data = true},
             &s, &RuckService::create);
  http::get(
      r, "/api/rucks/{id}", "rucks.get",
      {.summary = "Get a ruck with its points; other users get the public fields and a cut route"},
      &s, &RuckService::get);
  http::patch(r, "/api/rucks/{id}", "rucks.patch",
              {.summary = "Update a ruck's notes, rating, visibility and other details"}, &s,
              &RuckService::patch_details);
  http::del(r, "/api/rucks/{id}", "rucks.delete", {.summary = "Delete a ruck and everything in it"},
            &s, &RuckService::remove);
  http::get(r, "/api/rucks/{id}/details", "rucks.details",
            {.summary = "Get a ruck with its route, owner and reactions"}, &s,
            &RuckService::details);
  http::get(r, "/api/rucks/{id}/preview", "rucks.preview",
            {.summary = "Preview your own ruck as others see it, and what is hidden"}, &s,
            &RuckService::preview);
  http::patch(r, "/api/rucks/{id}/details", "rucks.patch_details",
              {.summary = "Update a ruck's notes, rating, visibility and other details"}, &s,
              &RuckService::patch_details);
  http::put(r, "/api/rucks/{id}/edit", "rucks.edit",
            {.summary = "Trim the end of a ruck and correct its totals; the recording is kept"}, &s,
            &RuckService::edit);
}

void add_recording_routes(http::Router& r, RuckService& s) {
  http::post(r, "/api/rucks/{id}/start", "rucks.start",
             {.summary = "Start a created ruck", .keeps_data = true}, &s, &RuckService::start);
  http::post(r, "/api/rucks/{id}/pause", "rucks.pause",
             {.summary = "Pause a ruck", .keeps_data = true}, &s, &RuckService::pause);
  http::post(r, "/api/rucks/{id}/resume", "rucks.resume",
             {.summary = "Resume a paused ruck", .keeps_data = true}, &s, &RuckService::resume);
  http::post(r, "/api/rucks/{id}/load", "rucks.change_load",
             {.summary = "Record a change of the carried load", .keeps_data = true}, &s,
             &RuckService::change_load);
  http::post(r, "/api/rucks/{id}/complete", "rucks.complete",
             {.summary = "Complete a ruck; may be repeated to add missing fields",
              .body_bytes_max = kLarge,
              .keeps_data = true},
             &s, &RuckService::complete);

  http::post(r, "/api/rucks/{id}/location", "rucks.locate",
             {.summary = "Store a batch of points; sending one again changes nothing",
              .limit = kUploads,
              .body_bytes_max = kLarge,
              .keeps_data = true},
             &s, &RuckService::locate);
  r.alias("/api/rucks/{id}/location-batch");
  http::post(r, "/api/rucks/{id}/heart-rate-chunk", "rucks.add_heart_rate",
             {.summary = "Store a chunk of heart-rate samples",
              .limit = kUploads,
              .body_bytes_max = kLarge,
              .keeps_data = true},
             &s, &RuckService::add_heart_rate);
  http::get(r, "/api/rucks/{id}/heartrate", "rucks.heart_rate",
            {.summary = "List heart-rate samples, up to 400 or all; owner only"}, &s,
            &RuckService::heart_rate);
  http::post(r, "/api/rucks/{id}/heartrate", "rucks.add_heart_rate_samples",
             {.summary = "Store heart-rate samples",
              .limit = kUploads,
              .body_bytes_max = kLarge,
              .keeps_data = true},
             &s, &RuckService::add_heart_rate);
}
}  // namespace

// Contract core §3. On the routes that keep data a client is never told 4xx for what a retry mends.
void add_routes(http::Router& r, RuckService& s) {
  add_ruck_routes(r, s);
  add_recording_routes(r, s);
}

}  // namespace ruck::rucks

#include "gpx/document.hpp"
#include "services/gpx/service.hpp"

namespace ruck::gpx_import {

void add_routes(http::Router& r, GpxService& s) {
  http::post(r, "/api/gpx/import", "gpx.import",
             {.summary = "Make a completed ruck of a GPX file, sent as it is or in a form",
              .limit = http::per_hour(600),
              .body = http::BodyType::kFile,
              .body_bytes_max = gpx::kBytesMax + (1 << 20)},
             &s, &GpxService::import);
  http::get(
      r, "/api/rucks/{id}/gpx", "gpx.export",
      {.summary = "The recording as a GPX file; the owner's only", .limit = http::per_hour(600)},
      &s, &GpxService::export_ruck);
}

}  // namespace ruck::gpx_import

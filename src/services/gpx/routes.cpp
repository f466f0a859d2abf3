#include "gpx/document.hpp"
#include "http/endpoint.hpp"
#include "services/gpx/service.hpp"

namespace ruck::gpx_import {

void add_routes(http::Router& r, GpxService& s) {
  http::post(r, "/api/gpx/import", "gpx.import",
             {.summary = "Import a GPX file as a completed ruck, as the body or a form field",
              .limit = http::per_hour(600),
              .body = http::BodyType::kFile,
              .body_bytes_max = gpx::kBytesMax + (1 << 20)},
             &s, &GpxService::import);
  http::get(
      r, "/api/rucks/{id}/gpx", "gpx.export",
      {.summary = "Export the recording as a GPX file; owner only", .limit = http::per_hour(600)},
      &s, &GpxService::export_ruck);
}

}  // namespace ruck::gpx_import

#include "http/endpoint.hpp"
#include "services/media/service.hpp"

namespace ruck::photos {
namespace {
void add_photo_routes(http::Router& r, MediaService& s) {
  // Contract core §6.
  constexpr http::Limit kPhotos = http::per_minute(100);
  http::get(r, "/api/ruck-photos", "media.list",
            {.summary = "List the photos of a ruck that you may see", .limit = kPhotos}, &s,
            &MediaService::list);
  http::post(r, "/api/ruck-photos", "media.upload",
             {.summary = "Add up to five photos to your ruck; sending one again changes nothing",
              .limit = kPhotos,
              .body = http::BodyType::kFile,
              .body_bytes_max = kUploadBytesMax},
             &s, &MediaService::upload);
  http::patch(
      r, "/api/ruck-photos/{id}", "media.change",
      {.summary = "Say what a photo of yours shows, for those who cannot see it", .limit = kPhotos},
      &s, &MediaService::change);
  http::del(r, "/api/ruck-photos", "media.remove",
            {.summary = "Delete a photo of yours and its files", .limit = kPhotos}, &s,
            &MediaService::remove);
}

void add_avatar_routes(http::Router& r, MediaService& s) {
  constexpr http::Limit kAvatars = http::per_hour(60);  // people try some pictures
  http::post(r, "/api/users/me/avatar", "media.set_avatar",
             {.summary = "Upload your picture; it is cut to a square",
              .limit = kAvatars,
              .body = http::BodyType::kFile,
              .body_bytes_max = kAvatarFormBytesMax},
             &s, &MediaService::set_avatar);
  http::del(r, "/api/users/me/avatar", "media.remove_avatar",
            {.summary = "Remove your picture", .limit = kAvatars}, &s,
            &MediaService::remove_avatar);
  // Contract core §2.2.
  http::post(r, "/api/auth/avatar", "media.set_avatar_text",
             {.summary = "Upload your picture as base64",
              .limit = kAvatars,
              .body_bytes_max = kAvatarTextMax + kFormExtraBytes},
             &s, &MediaService::set_avatar_text);
}

// Not typed: conditions, ranges and formats are the request's own fields.
void add_file_routes(http::Router& r, const MediaService& s) {
  constexpr http::Limit kFiles = http::per_hour(20'000);  // a feed is sixty thumbnails
  http::OperationDoc doc;
  doc.path_schemas = {r.openapi().schemas().of<Uuid>(), r.openapi().schemas().of<std::string>()};
  doc.replies.push_back({.status = 200, .schema = {}});
  r.add(
      http::Method::kGet, "/media/{id}/{file}", "media.file",
      {.summary = "Get a picture: a size with its format (large.jpg), or without one, as Accept "
                  "says; what not everybody may see has a signed address",
       .auth = http::Auth::kNone,
       .limit = kFiles},
      [&serving = s.serving()](http::Call& call) { return serving.answer(call); }, std::move(doc));
}
}  // namespace

void add_routes(http::Router& r, MediaService& s) {
  add_photo_routes(r, s);
  add_avatar_routes(r, s);
  add_file_routes(r, s);
}

}  // namespace ruck::photos

#pragma once
// Photos and avatars on the wire (contract core §2, §6; more fields are ours).
#include "http/values.hpp"
#include "services/media/limits.hpp"
#include "services/rucks/types.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ruck::photos {

using PhotoId = Id<struct PhotoIdTag, Uuid>;

// One size of a photo: its addresses by format. Every client shows JPEG; the others are smaller.
struct PhotoSize {
  std::string name;  // large, medium, small
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string jpg;
  std::string webp;
  std::optional<std::string> avif;  // null where this server cannot make it
};
BOOST_DESCRIBE_STRUCT(PhotoSize, (), (name, width, height, jpg, webp, avif))

// Where it was taken, WGS 84: exact for the owner; for others a point of the line that they see.
struct PhotoPlace {
  double lat = 0;
  double lng = 0;
};
BOOST_DESCRIBE_STRUCT(PhotoPlace, (), (lat, lng))

struct Photo : rucks::RuckPhoto {
  std::vector<PhotoSize> sizes;  // the largest first
  std::optional<PhotoPlace> place;
  std::optional<std::string> original_url;  // for the owner, where it was kept
};
BOOST_DESCRIBE_STRUCT(Photo, (rucks::RuckPhoto), (sizes, place, original_url))

struct PhotosQuery {
  std::string ruck_id;
};
BOOST_DESCRIBE_STRUCT(PhotosQuery, (), (ruck_id))
struct PhotosReply {
  bool success = true;
  std::vector<Photo> data;
};
BOOST_DESCRIBE_STRUCT(PhotosReply, (), (success, data))

// What an upload's form may hold; for the API document alone, since it is read while it comes.
struct PhotosForm {
  std::string ruck_id;
  std::vector<http::FormFile> photos;
  std::vector<std::string> alt_text;
  std::optional<bool> keep_original;
};
BOOST_DESCRIBE_STRUCT(PhotosForm, (), (ruck_id, photos, alt_text, keep_original))

struct PhotosAdded {
  std::int64_t count = 0;
  std::vector<Photo> photos;
};
BOOST_DESCRIBE_STRUCT(PhotosAdded, (), (count, photos))
struct RefusedFile {
  std::string filename;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(RefusedFile, (), (filename, reason))
struct UploadReply {
  bool success = true;
  PhotosAdded data;
  std::vector<Photo> photos;  // the same again, as the app reads it
  std::vector<RefusedFile> refused;
};
BOOST_DESCRIBE_STRUCT(UploadReply, (), (success, data, photos, refused))

struct PhotoQuery {
  Uuid photo_id;
};
BOOST_DESCRIBE_STRUCT(PhotoQuery, (), (photo_id))
struct PhotoChange {
  std::string alt_text;
};
BOOST_DESCRIBE_STRUCT(PhotoChange, (), (alt_text))
struct PhotoReply {
  bool success = true;
  Photo data;
};
BOOST_DESCRIBE_STRUCT(PhotoReply, (), (success, data))
struct PhotoRemoved {
  bool success = true;
};
BOOST_DESCRIBE_STRUCT(PhotoRemoved, (), (success))

struct AvatarForm {
  http::FormFile image;
};
BOOST_DESCRIBE_STRUCT(AvatarForm, (), (image))
struct AvatarText {
  std::string image;
};
BOOST_DESCRIBE_STRUCT(AvatarText, (), (image))
struct AvatarReply {
  std::string message;
  std::optional<std::string> avatar_url;
};
BOOST_DESCRIBE_STRUCT(AvatarReply, (), (message, avatar_url))

}  // namespace ruck::photos

template <>
struct ruck::http::PathParam<ruck::photos::PhotoId> {
  static std::optional<ruck::photos::PhotoId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional(ruck::photos::PhotoId(*uuid)) : std::nullopt;
  }
};

namespace ruck::http {
template <>
struct RulesOf<photos::PhotosQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("ruck_id", "Of the ruck, or the name a phone gave it offline")
                               .length(1, 40)
                               .required()});
};
template <>
struct RulesOf<photos::PhotosForm> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("ruck_id", "Of the ruck, or the name a phone gave it offline").length(1, 40).required(),
       rule("photos", "JPEG, PNG, WebP, HEIC or AVIF, 10 MB each")
           .length(1, photos::kFilesMax)
           .required(),
       rule("alt_text", "What each photo shows, in the order of the files")
           .length(0, photos::kFilesMax),
       rule("keep_original", "Keep the file as it is as well, for yourself alone")});
};
template <>
struct RulesOf<photos::PhotoQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("photo_id", "Of the photo").also("id").required()});
};
template <>
struct RulesOf<photos::PhotoChange> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("alt_text", "What it shows, for those who cannot see it")
                               .length(0, photos::kAltTextLengthMax)
                               .required()});
};
template <>
struct RulesOf<photos::AvatarForm> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("image", "JPEG, PNG, WebP, HEIC or AVIF, 10 MB; cut to a square").required()});
};
template <>
struct RulesOf<photos::AvatarText> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("image", "The file in base64, or a data: URL of it")
                               .length(1, photos::kAvatarTextMax)
                               .required()
                               .verbatim()});
};
}  // namespace ruck::http

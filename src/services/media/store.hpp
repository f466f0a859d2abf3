#pragma once
// SQL of photos, avatars and who needs which blob; nothing else.
#include "db/session.hpp"
#include "services/media/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::photos {

namespace status {
inline constexpr std::string_view kWaiting = "waiting";
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kRefused = "refused";
}  // namespace status

namespace store {

struct MediaRow {
  PhotoId id;
  UserId user_id;
  std::optional<RuckId> ruck_id;  // nothing: an avatar
  std::string status;
  db::Bytes source_hash;
  std::int64_t source_bytes = 0;
  std::string incoming_key;
  bool keep_original = false;
  std::optional<std::string> original_key;
  std::string filename;
  std::string alt_text;
  std::optional<std::string> reason;
  std::string variants;
  std::int64_t width = 0;
  std::int64_t height = 0;
  db::Bytes thumb_hash;
  std::optional<double> taken_lat;
  std::optional<double> taken_lng;
  std::optional<UtcUs> taken_at;
  UtcUs created_at{};
  UtcUs updated_at{};
};
BOOST_DESCRIBE_STRUCT(MediaRow, (),
                      (id, user_id, ruck_id, status, source_hash, source_bytes, incoming_key,
                       keep_original, original_key, filename, alt_text, reason, variants, width,
                       height, thumb_hash, taken_lat, taken_lng, taken_at, created_at, updated_at))

[[nodiscard]] std::optional<MediaRow> find(db::Session& q, PhotoId id);
// Nothing also where its owner's account is being deleted.
[[nodiscard]] std::optional<MediaRow> find_shown(db::Session& q, PhotoId id);
// The one that the same file became before: of the ruck, or as an avatar, the latest.
[[nodiscard]] std::optional<MediaRow> find_source(db::Session& q, UserId user,
                                                  std::optional<RuckId> ruck,
                                                  std::string_view source_hash);
// Those that are ready and those that wait.
[[nodiscard]] std::int64_t count(db::Session& q, RuckId ruck);
[[nodiscard]] bool has_ready(db::Session& q, RuckId ruck);
// False: the ruck has this file already.
bool insert(db::Session& q, const MediaRow& row);
// One that was refused is tried again.
void wait_again(db::Session& q, const MediaRow& row);

// False from these two: it does not wait for this file any more, and nothing was changed.
bool make_ready(db::Session& q, const MediaRow& row);
bool refuse(db::Session& q, PhotoId id, std::string_view incoming, std::string_view reason,
            UtcUs now);

void set_alt_text(db::Session& q, PhotoId id, std::string_view text, UtcUs now);
void remove(db::Session& q, PhotoId id);

// What is ready, in the order it came.
[[nodiscard]] std::vector<MediaRow> of_ruck(db::Session& q, RuckId ruck);
// Whatever its state; all of a ruck, all avatars of a user.
[[nodiscard]] std::vector<MediaRow> all_of_ruck(db::Session& q, RuckId ruck);
[[nodiscard]] std::vector<MediaRow> avatars(db::Session& q, UserId user);

// What is ready of many rucks, the first `each` of each, and whether everybody may see the ruck.
struct CardRow : MediaRow {
  bool is_open = false;
};
BOOST_DESCRIBE_STRUCT(CardRow, (MediaRow), (is_open))
inline constexpr std::size_t kRucksMax = 50;  // a page of the feed
[[nodiscard]] std::vector<CardRow> of_rucks(db::Session& q, const std::vector<RuckId>& rucks,
                                            std::int64_t each);

// Waiting or refused since before then, the oldest first.
[[nodiscard]] std::vector<MediaRow> unfinished(db::Session& q, UtcUs before, std::int64_t limit);

// ---- who needs a blob --------------------------------------------------------------------------

struct Blob {
  UserId user;
  std::string blob;  // the key after the user's id
};
BOOST_DESCRIBE_STRUCT(Blob, (), (user, blob))
void need(db::Session& q, const Blob& blob, PhotoId holder);
[[nodiscard]] bool is_needed(db::Session& q, const Blob& blob);
[[nodiscard]] std::vector<Blob> needed_by(db::Session& q, PhotoId holder);
void need_nothing(db::Session& q, PhotoId holder);
// While it is being removed nobody puts it.
[[nodiscard]] bool is_being_removed(db::Session& q, const Blob& blob);
void begin_removal(db::Session& q, const Blob& blob);
void end_removal(db::Session& q, const Blob& blob);
// Of an account that is gone.
void forget_blobs(db::Session& q, UserId user);

}  // namespace store
}  // namespace ruck::photos

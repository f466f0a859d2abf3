// Avatars: one a person; its address is part of the profile, and another one with each picture.
#include "base/bytes.hpp"
#include "services/media/removal.hpp"
#include "services/media/service.hpp"
#include "services/media/variants.hpp"
#include "services/profile/service.hpp"

namespace ruck::photos {
namespace {
constexpr std::string_view kDataUrl = "data:";

// Bare base64, or a data: URL (RFC 2397) of it.
std::optional<std::string> decoded(std::string_view text) {
  if (text.starts_with(kDataUrl)) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
  return from_base64(text);
}
}  // namespace

task<Result<AvatarReply>> MediaService::set_avatar(Viewer viewer,
                                                   http::FormStream<AvatarForm> form) {
  Result<Received> received = co_await uploads_.receive(std::move(form.body), 1);
  if (!received) co_return fail(intake_.count_failure(std::move(received).error()));
  if (received->files.empty()) {
    co_return fail(ErrorCode::kInvalidInput, "form.image: expected a file, got nothing");
  }
  co_return co_await add_avatar(viewer.user, std::move(*received));
}

task<Result<AvatarReply>> MediaService::set_avatar_text(Viewer viewer, AvatarText avatar) {
  auto bytes = decoded(avatar.image);
  if (!bytes) co_return fail(ErrorCode::kInvalidInput, "$.image: expected a picture in base64");
  Result<Received> received = co_await uploads_.keep(std::move(*bytes));
  if (!received) co_return fail(intake_.count_failure(std::move(received).error()));
  co_return co_await add_avatar(viewer.user, std::move(*received));
}

task<Result<AvatarReply>> MediaService::add_avatar(UserId user, Received received) {
  const Result<std::vector<PhotoId>> taken =
      co_await intake_.take({.user = user, .ruck = {}}, received);
  co_await uploads_.discard(std::move(received));
  if (!taken) co_return fail(intake_.count_failure(taken.error()));
  const auto rows = co_await intake_.wait_for(*taken);
  if (!rows) co_return fail(intake_.count_failure(rows.error()));
  const std::optional<store::MediaRow>& row = rows->front();
  if (row && row->status == status::kRefused) {
    co_return fail(intake_.count_failure(
        {.code = ErrorCode::kInvalidInput, .message = row->reason.value_or("")}));
  }
  // As the profile has it: another picture may have been sent meanwhile.
  const auto profile =
      co_await deps_.database.read([user](db::Session& q) { return profile::find_user(q, user); });
  if (!profile) co_return fail(profile.error());
  if (!*profile) co_return fail(ErrorCode::kUserNotFound);
  co_return AvatarReply{.message = "Your picture has been changed",
                        .avatar_url = (*profile)->avatar_url};
}

task<Result<AvatarReply>> MediaService::remove_avatar(Viewer viewer) {
  co_return co_await deps_.revisions.write(
      viewer.user,
      [user = viewer.user, now = deps_.clock.now()](db::Session& q) -> Result<AvatarReply> {
        on_avatar_cleared(q, user, now);
        profile::set_avatar(q, user, std::nullopt, now);
        return AvatarReply{.message = "Your picture has been removed", .avatar_url = {}};
      });
}

}  // namespace ruck::photos

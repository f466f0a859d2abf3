// Likes and comments.
#include "services/feed/service.hpp"

#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/feed/jobs.hpp"
#include "services/feed/store.hpp"
#include "services/people/visibility.hpp"

#include <algorithm>

namespace ruck::feed {
namespace {
LikeView view_of(const store::LikeRow& row, RuckId ruck) {
  return {.id = row.id.to_string(),
          .ruck_id = ruck,
          .user_id = row.user_id,
          .user_display_name = row.username,
          .user_avatar_url = row.avatar_url,
          .created_at = row.created_at};
}

CommentView view_of(const store::CommentRow& row) {
  return {.id = row.id.value().to_string(),
          .ruck_id = row.ruck_id,
          .user_id = row.user_id,
          .user_display_name = row.username,
          .user_avatar_url = row.avatar_url,
          .content = row.content,
          .created_at = row.created_at,
          .updated_at = row.updated_at};
}

void enqueue_like(db::Session& q, RuckId ruck, UserId user, UtcUs now) {
  const LikeChanged change{.ruck = ruck, .user = user};
  jobs::enqueue(q, {.kind = kLikeChangedJob, .payload = json::to_text(change), .user = user}, now);
}
void enqueue_comment(db::Session& q, const CommentChanged& change, UtcUs now) {
  jobs::enqueue(
      q, {.kind = kCommentChangedJob, .payload = json::to_text(change), .user = change.user}, now);
}

// Whoever may not see the ruck may not react to it either; under way it is its owner's only.
bool may_see(const people::RuckAccess& access) {
  return access.access == people::Access::kOwner || access.status == "completed";
}
Result<> see(db::Session& q, UserId viewer, RuckId ruck) {
  const auto access = people::access_to_ruck(q, viewer, ruck);
  if (!access || !may_see(*access)) return fail(ErrorCode::kRuckNotFound);
  return {};
}

Result<std::vector<RuckId>> ids_in(std::string_view list) {
  std::vector<RuckId> ids;
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const std::string_view item = trim(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (item.empty()) continue;
    const auto id = parse_number<std::int64_t>(item);
    if (!id) return fail(ErrorCode::kInvalidInput, "query.ruck_ids: expected ids with commas");
    if (std::ranges::find(ids, RuckId(*id)) == ids.end()) ids.emplace_back(*id);
    if (ids.size() > kLikesBatchMax)
      return fail(ErrorCode::kInvalidInput, "query.ruck_ids: expected at most 50 ids");
  }
  return ids;
}

Result<> check(const std::string& content) {
  if (trim(content).empty())
    return fail(ErrorCode::kInvalidInput, "$.content: expected a comment, got blanks");
  return {};
}

// The comment, if it is on that ruck and the viewer wrote it. What the viewer may not see is
// unknown.
Result<store::CommentRow> own_comment(db::Session& q, UserId viewer, CommentId id,
                                      std::optional<RuckId> ruck) {
  auto row = store::comment(q, id);
  if (!row || (ruck && row->ruck_id != *ruck)) {
    return fail(ErrorCode::kNotFound, "Comment not found");
  }
  if (row->user_id == viewer) return std::move(*row);
  if (!see(q, viewer, row->ruck_id)) return fail(ErrorCode::kNotFound, "Comment not found");
  return fail(ErrorCode::kForbidden, "You can only change your own comments");
}
}  // namespace

rucks::Reactions reactions(db::Session& q, UserId viewer, RuckId ruck) {
  const store::CountsRow row = store::counts(q, viewer, ruck);
  return {.likes = row.likes, .comments = row.comments, .is_liked = row.is_liked};
}

bool has_comment(db::Session& q, CommentId comment) {
  return store::comment(q, comment).has_value();
}
Received received(db::Session& q, UserId owner, const Span& span) {
  const store::ReceivedRow row = store::received(q, owner, span.from, span.until);
  return {.likes = row.likes, .comments = row.comments};
}

std::vector<UserId> reacted(db::Session& q, RuckId ruck, std::int64_t limit) {
  return store::reacted(q, ruck, limit);
}

void on_hidden(db::Session& q, UserId user) { store::count_of(q, user, -1); }
void on_shown(db::Session& q, UserId user) { store::count_of(q, user, 1); }

task<Result<LikesReply>> FeedService::likes(Viewer viewer, RuckQuery query) {
  co_return co_await database_.read(
      [me = viewer.user, ruck = query.ruck_id](db::Session& q) -> Result<LikesReply> {
        if (const Result<> seen = see(q, me, ruck); !seen) return fail(seen.error());
        LikesReply reply;
        for (const store::LikeRow& row : store::likes(q, me, ruck)) {
          reply.data.push_back(view_of(row, ruck));
        }
        return reply;
      });
}

task<Result<HasLikedReply>> FeedService::has_liked(Viewer viewer, RuckQuery query) {
  co_return co_await database_.read(
      [me = viewer.user, ruck = query.ruck_id](db::Session& q) -> Result<HasLikedReply> {
        if (const Result<> seen = see(q, me, ruck); !seen) return fail(seen.error());
        return HasLikedReply{.data = {.has_liked = store::counts(q, me, ruck).is_liked}};
      });
}

// Ids that do not exist, or that the viewer may not see, are left out.
task<Result<LikesBatchReply>> FeedService::likes_batch(Viewer viewer, LikesBatchQuery query) {
  const Result<std::vector<RuckId>> ids = ids_in(query.ruck_ids);
  if (!ids) co_return fail(ids.error());
  co_return co_await database_.read([me = viewer.user, ids = *ids](db::Session& q) {
    std::vector<RuckId> seen;
    for (const people::RuckAccess& access : people::access_to_rucks(q, me, ids)) {
      if (may_see(access)) seen.push_back(access.ruck);
    }
    LikesBatchReply reply;
    json::Writer w(reply.data.text);
    w.begin_object();
    for (const store::CountsRow& row : store::counts(q, me, seen)) {
      w.key(std::to_string(row.ruck_id.value()));
      json::write(w, RuckReactions{.likes = row.likes,
                                   .like_count = row.likes,
                                   .likes_count = row.likes,
                                   .comments_count = row.comments,
                                   .user_has_liked = row.is_liked});
    }
    w.end_object();
    return reply;
  });
}

task<Result<FeedService::LikeOutcome>> FeedService::like(Viewer viewer, LikeRequest request) {
  co_return co_await revisions_.write(
      viewer.user,
      [me = viewer.user, ruck = request.ruck_id,
       now = clock_.now()](db::Session& q) -> Result<LikeOutcome> {
        if (const Result<> seen = see(q, me, ruck); !seen) return fail(seen.error());
        const bool is_new = store::like(q, me, ruck, now);
        if (is_new) enqueue_like(q, ruck, me, now);
        LikedReply reply{.message = is_new ? "Ruck liked" : "You liked this ruck before",
                         .like_count = store::counts(q, me, ruck).likes};
        if (!is_new) return LikeOutcome(std::move(reply));
        return LikeOutcome(http::Created<LikedReply>{std::move(reply)});
      });
}

task<Result<LikedReply>> FeedService::unlike(Viewer viewer, RuckQuery query) {
  co_return co_await revisions_.write(viewer.user,
                                      [me = viewer.user, ruck = query.ruck_id,
                                       now = clock_.now()](db::Session& q) -> Result<LikedReply> {
                                        if (const Result<> seen = see(q, me, ruck); !seen)
                                          return fail(seen.error());
                                        if (store::unlike(q, me, ruck))
                                          enqueue_like(q, ruck, me, now);
                                        return LikedReply{
                                            .message = "Like removed",
                                            .like_count = store::counts(q, me, ruck).likes};
                                      });
}

task<Result<CommentsReply>> FeedService::comments(Viewer viewer, RuckId ruck) {
  co_return co_await database_.read(
      [me = viewer.user, ruck](db::Session& q) -> Result<CommentsReply> {
        if (const Result<> seen = see(q, me, ruck); !seen) return fail(seen.error());
        CommentsReply reply;
        for (const store::CommentRow& row : store::comments(q, me, ruck)) {
          reply.data.push_back(view_of(row));
        }
        return reply;
      });
}

task<Result<http::Created<CommentReply>>> FeedService::add_comment(Viewer viewer, RuckId ruck,
                                                                   CommentRequest request) {
  if (const Result<> fine = check(request.content); !fine) co_return fail(fine.error());
  co_return co_await revisions_.write(
      viewer.user,
      [me = viewer.user, ruck, content = std::move(request.content),
       now = clock_.now()](db::Session& q) -> Result<http::Created<CommentReply>> {
        if (const Result<> seen = see(q, me, ruck); !seen) return fail(seen.error());
        const CommentId id(Uuid::make_v7(to_ms(now)));
        store::add_comment(q, {.id = id, .ruck_id = ruck, .user_id = me, .content = content}, now);
        enqueue_comment(q, {.comment = id, .ruck = ruck, .user = me}, now);
        const auto row = store::comment(q, id);
        if (!row) return fail(ErrorCode::kUserNotFound);
        return http::Created<CommentReply>{{.data = view_of(*row)}};
      });
}

task<Result<CommentReply>> FeedService::change(Viewer viewer, CommentId id, std::string content,
                                               std::optional<RuckId> ruck) {
  if (const Result<> fine = check(content); !fine) co_return fail(fine.error());
  co_return co_await revisions_.write(viewer.user,
                                      [me = viewer.user, id, ruck, content = std::move(content),
                                       now = clock_.now()](db::Session& q) -> Result<CommentReply> {
                                        Result<store::CommentRow> row =
                                            own_comment(q, me, id, ruck);
                                        if (!row) return fail(std::move(row).error());
                                        if (!see(q, me, row->ruck_id))
                                          return fail(ErrorCode::kNotFound, "Comment not found");
                                        store::change_comment(q, id, content, now);
                                        row->content = content;
                                        row->updated_at = now;
                                        return CommentReply{.data = view_of(*row)};
                                      });
}

// Also on a ruck that one may not see any longer: the words are one's own.
task<Result<CommentDeleted>> FeedService::remove(Viewer viewer, CommentId id,
                                                 std::optional<RuckId> ruck) {
  co_return co_await revisions_.write(
      viewer.user,
      [me = viewer.user, id, ruck, now = clock_.now()](db::Session& q) -> Result<CommentDeleted> {
        const Result<store::CommentRow> row = own_comment(q, me, id, ruck);
        if (!row) return fail(row.error());
        store::remove_comment(q, *row);
        enqueue_comment(q, {.comment = id, .ruck = row->ruck_id, .user = me}, now);
        return CommentDeleted{.message = "Comment deleted"};
      });
}

task<Result<CommentReply>> FeedService::change_comment_of(Viewer viewer, RuckId ruck,
                                                          CommentEdit edit) {
  return change(viewer, CommentId(edit.comment_id), std::move(edit.content), ruck);
}
task<Result<CommentReply>> FeedService::change_comment(Viewer viewer, CommentId id,
                                                       CommentRequest request) {
  return change(viewer, id, std::move(request.content), std::nullopt);
}
task<Result<CommentDeleted>> FeedService::remove_comment_of(Viewer viewer, RuckId ruck,
                                                            CommentQuery query) {
  return remove(viewer, CommentId(query.comment_id), ruck);
}
task<Result<CommentDeleted>> FeedService::remove_comment(Viewer viewer, CommentId id) {
  return remove(viewer, id, std::nullopt);
}

}  // namespace ruck::feed

#include "services/live/service.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/live/jobs.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/recording/topics.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

namespace ruck::live {
namespace {
LinkView view_of(const store::LinkRow& row) {
  return {.id = row.id,
          .ruck_id = row.ruck_id,
          .created_at = row.created_at,
          .expires_at = row.expires_at};
}

// Who is told of it where no phone listens.
void enqueue_cheered(db::Session& q, const store::CheerRow& cheer, UtcUs now) {
  const Cheered news{.rucker = cheer.user_id, .ruck = cheer.ruck_id, .cheer = cheer.id};
  jobs::enqueue(q, {.kind = kCheeredJob, .payload = json::to_text(news), .user = cheer.user_id},
                now);
}

// The viewer's own ruck; another's is unknown here.
Result<rucks::LiveState> own_ruck(db::Session& q, UserId user, RuckId ruck) {
  const auto state = rucks::live_state(q, ruck);
  if (!state || state->owner != user) return fail(ErrorCode::kRuckNotFound);
  return *state;
}

// A cheer from the viewer, if they may send one now.
Result<store::CheerRow> new_cheer(db::Session& q, UserId sender, RuckId ruck,
                                  const CheerRequest& request, UtcUs now) {
  const Result<Grant> granted = grant(q, {.user = sender}, ruck);
  if (!granted) return fail(granted.error());
  if (granted->audience == Audience::kOwner) {
    return fail(ErrorCode::kForbidden, "403: only followers can send messages");
  }
  const auto last = store::last_cheer_of(q, sender);
  if (last && now - *last < kCheerEvery) {
    const auto wait = std::chrono::ceil<seconds>(kCheerEvery - (now - *last));
    return fail(Error{.code = ErrorCode::kTooManyRequests,
                      .message = "One message every 30 seconds, please wait",
                      .retry_after_s = static_cast<int>(wait.count())});
  }
  const auto user = profile::find_user(q, sender);
  if (!user) return fail(ErrorCode::kUserNotFound);
  const UtcUs due = now + minutes(request.delay_minutes.value_or(0));
  store::CheerRow cheer{.user_id = granted->state.owner,
                        .ruck_id = ruck,
                        .id = Uuid::make_v7(to_ms(now)),
                        .sender_id = sender,
                        .message = std::string(trim(request.message)),
                        .voice_id = request.voice_id,
                        .created_at = now,
                        .due_at = due,
                        .username = user->username,
                        .avatar_url = user->avatar_url};
  if (due <= now) cheer.delivered_at = now;
  store::add_cheer(q, cheer);
  if (cheer.delivered_at) enqueue_cheered(q, cheer, now);
  return cheer;
}
}  // namespace

std::optional<CheerView> find_cheer(db::Session& q, UserId rucker, RuckId ruck, const Uuid& id) {
  const auto row = store::cheer(q, rucker, ruck, id);
  return row ? std::optional(view_of(*row)) : std::nullopt;
}

LiveService::LiveService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      hub_({.bus = deps_.bus,
            .database = deps_.database,
            .cores = deps_.cores,
            .clock = deps_.clock,
            .metrics = deps_.metrics}),
      clients_{.hub = hub_,
               .database = deps_.database,
               .authenticator = deps_.authenticator,
               .clock = deps_.clock} {}

void LiveService::start() {
  hub_.start();
  due_ = std::make_unique<runtime::Periodic>(
      "cheers", deps_.cores.at(0), kDueEvery, [this] { return deliver_due(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("live.cheers_failed", name, failure);
      });
}

void LiveService::stop() {
  due_.reset();
  hub_.stop();
}

std::shared_ptr<http::SocketHandler> LiveService::open(http::Socket& socket, std::string_view) {
  return std::make_shared<Client>(socket, clients_);
}

task<Result<http::Response>> LiveService::follow(Viewer viewer, RuckId ruck) {
  Result<std::string> body = co_await hub_.look({.user = viewer.user}, ruck);
  if (!body) co_return fail(std::move(body).error());
  co_return http::Response{.body = std::move(*body)};
}

task<Result<http::Response>> LiveService::follow_link(std::string token) {
  const auto link = co_await deps_.database.read(
      [token, now = deps_.clock.now()](db::Session& q) { return store::find_link(q, token, now); });
  if (!link) co_return fail(link.error());
  if (!*link) co_return fail(ErrorCode::kNotFound, "This link is unknown or has expired");
  Result<std::string> body = co_await hub_.look({.link_hash = store::hash_of(token),
                                                 .link_ruck = (*link)->ruck_id,
                                                 .link_expires_at = (*link)->expires_at},
                                                (*link)->ruck_id);
  if (!body) co_return fail(std::move(body).error());
  co_return http::Response{.body = std::move(*body)};
}

task<Result<http::Created<NewLinkReply>>> LiveService::add_link(Viewer viewer, RuckId ruck,
                                                                LinkRequest request) {
  const std::string token = to_base64url(random_bytes(kLinkTokenBytes));
  const UtcUs now = deps_.clock.now();
  const store::LinkRow row{.id = Uuid::make_v7(to_ms(now)),
                           .user_id = viewer.user,
                           .ruck_id = ruck,
                           .created_at = now,
                           .expires_at = now + std::chrono::hours(request.hours)};
  const Result<> added = co_await deps_.database.write([row, token,
                                                        now](db::Session& q) -> Result<> {
    const Result<rucks::LiveState> own = own_ruck(q, row.user_id, row.ruck_id);
    if (!own) return fail(own.error());
    const auto anybody = people::standing_of(q, std::nullopt, row.user_id);
    if (!anybody) return fail(ErrorCode::kUserNotFound);
    if (anybody->live_audience == people::LiveAudience::kNobody) {
      return fail(ErrorCode::kInvalidState,
                  "Your settings let nobody follow you live, so there are no share links; change"
                  " who sees you live first");
    }
    const people::Standing invited = standing_of_link(anybody->live_audience);
    if (const Result<> open = still_granted(*own, invited, Audience::kLink); !open) {
      return fail(ErrorCode::kInvalidState,
                  own->is_under_way ? "A private ruck, or one that nobody may follow live, has no"
                                      " share links"
                                    : std::string(open.error().client_text()));
    }
    if (store::links(q, row.user_id, row.ruck_id, now).size() >= kLinksPerRuckMax) {
      return fail(ErrorCode::kInvalidState,
                  fmt::format("A ruck can have {} share links at most", kLinksPerRuckMax));
    }
    store::add_link(q, row, store::hash_of(token));
    return {};
  });
  if (!added) co_return fail(added.error());
  NewLink link{view_of(row)};
  link.token = token;
  link.url = deps_.public_url + "/live/" + token;
  co_return http::Created<NewLinkReply>{{.data = std::move(link)}};
}

task<Result<LinksReply>> LiveService::links(Viewer viewer, RuckId ruck) {
  co_return co_await deps_.database.read(
      [user = viewer.user, ruck, now = deps_.clock.now()](db::Session& q) -> Result<LinksReply> {
        const Result<rucks::LiveState> own = own_ruck(q, user, ruck);
        if (!own) return fail(own.error());
        LinksReply reply;
        for (const auto& row : store::links(q, user, ruck, now)) reply.data.push_back(view_of(row));
        return reply;
      });
}

task<Result<LinkRevoked>> LiveService::remove_link(Viewer viewer, RuckId ruck, LinkId link) {
  const Result<> removed =
      co_await deps_.database.write([user = viewer.user, ruck, link](db::Session& q) -> Result<> {
        if (!store::remove_link(q, user, ruck, link)) return fail(ErrorCode::kNotFound);
        return {};
      });
  // Also after a failure: a COMMIT whose answer was lost may have happened.
  rucks::publish_changed(deps_.bus, ruck);
  if (!removed) co_return fail(removed.error());
  co_return LinkRevoked{.message = "The link shows nothing any more"};
}

task<Result<http::Created<CheerReply>>> LiveService::cheer(Viewer viewer, RuckId ruck,
                                                           CheerRequest request) {
  if (trim(request.message).empty()) {
    co_return fail(ErrorCode::kInvalidInput, "$.message: expected some words, got blanks");
  }
  const Result<store::CheerRow> cheer = co_await deps_.database.write(
      [sender = viewer.user, ruck, request = std::move(request), now = deps_.clock.now()](
          db::Session& q) { return new_cheer(q, sender, ruck, request, now); });
  if (!cheer) co_return fail(cheer.error());
  if (cheer->delivered_at) deliver(*cheer);
  co_return http::Created<CheerReply>{
      {.message = cheer->delivered_at ? "Message sent" : "Message scheduled",
       .response = view_of(*cheer)}};
}

// The rucker sees what is due; a sender sees their own.
task<Result<CheersReply>> LiveService::cheers(Viewer viewer, RuckId ruck) {
  co_return co_await deps_.database.read(
      [user = viewer.user, ruck, now = deps_.clock.now()](db::Session& q) -> Result<CheersReply> {
        const auto state = rucks::live_state(q, ruck);
        const auto standing =
            state ? people::standing_of(q, user, state->owner) : std::optional<people::Standing>();
        const bool is_hidden =
            !standing || people::access_to(*standing, state->visibility) == people::Access::kHidden;
        if (is_hidden) return fail(ErrorCode::kRuckNotFound);
        const auto sender = standing->is_self ? std::optional<UserId>() : std::optional(user);
        CheersReply reply;
        for (const auto& row : store::cheers(q, state->owner, ruck, sender, now)) {
          reply.messages.push_back(live::view_of(row));
        }
        return reply;
      });
}

task<Result<CheersRead>> LiveService::read_cheers(Viewer viewer, RuckId ruck) {
  co_return co_await deps_.database.write(
      [user = viewer.user, ruck, now = deps_.clock.now()](db::Session& q) -> Result<CheersRead> {
        const Result<rucks::LiveState> own = own_ruck(q, user, ruck);
        if (!own) return fail(own.error());
        return CheersRead{.read = store::read_cheers(q, user, ruck, now)};
      });
}

void LiveService::deliver(const store::CheerRow& cheer) {
  hub_.tell_user(cheer.user_id, json::to_text(CheerMessage{.data = live::view_of(cheer)}));
}

task<> LiveService::deliver_due() {
  const UtcUs now = deps_.clock.now();
  // A look first: a unit of work that writes costs the disk a sync.
  const auto due =
      co_await deps_.database.read([now](db::Session& q) { return store::is_any_due(q, now); });
  if (!due || !*due) co_return;
  const auto taken = co_await deps_.database.write([now](db::Session& q) {
    std::vector<store::CheerRow> due = store::take_due(q, now, kDueAtOnce);
    for (const store::CheerRow& cheer : due) enqueue_cheered(q, cheer, now);
    return due;
  });
  if (!taken) co_return;
  for (const store::CheerRow& cheer : *taken) deliver(cheer);
}

}  // namespace ruck::live

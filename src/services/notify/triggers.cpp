#include "services/notify/triggers.hpp"

#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "runtime/cancelled.hpp"
#include "services/auth/jobs.hpp"
#include "services/feed/jobs.hpp"
#include "services/feed/service.hpp"
#include "services/live/jobs.hpp"
#include "services/live/service.hpp"
#include "services/live/topics.hpp"
#include "services/notify/devices.hpp"
#include "services/notify/topics.hpp"
#include "services/people/jobs.hpp"
#include "services/people/visibility.hpp"
#include "services/rucks/recording/jobs.hpp"
#include "services/rucks/recording/live_source.hpp"

#include <fmt/format.h>

namespace ruck::notify {
namespace {
AllTold of_follow(db::Session& q, const people::FollowChanged& change, UtcUs now) {
  using people::FollowNews;
  Telling telling(q, now);
  const auto name_of = [](Kind kind) { return row_of(kind).name; };
  switch (change.news) {
    case FollowNews::kFollowed:
    case FollowNews::kRequested: {
      const bool is_follow = change.news == FollowNews::kFollowed;
      telling.tell(change.followed, {.kind = is_follow ? Kind::kFollow : Kind::kFollowRequest,
                                     .actor = change.follower,
                                     .object = change.follower.value()});
      break;
    }
    case FollowNews::kApproved:
      // Who has approved knows it: the request has been answered.
      store::forget(q, change.followed, name_of(Kind::kFollowRequest), change.follower);
      telling.tell(change.follower, {.kind = Kind::kFollowApproved,
                                     .actor = change.followed,
                                     .object = change.followed.value()});
      break;
    case FollowNews::kEnded:
      store::forget(q, change.followed, name_of(Kind::kFollow), change.follower);
      store::forget(q, change.followed, name_of(Kind::kFollowRequest), change.follower);
      store::forget(q, change.follower, name_of(Kind::kFollowApproved), change.followed);
      break;
  }
  return telling.take();
}

// The owner of the ruck, and those who reacted to it before.
struct Reaction {
  UserId actor;
  RuckId ruck;
  Uuid object;
  Kind to_owner = Kind::kRuckLike;
  Kind to_others = Kind::kActivityLike;
};
AllTold of_reaction(db::Session& q, const Reaction& reaction, UtcUs now) {
  Telling telling(q, now);
  const auto access = people::access_to_ruck(q, reaction.actor, reaction.ruck);
  if (!access) return telling.take();
  News news{.kind = reaction.to_owner,
            .actor = reaction.actor,
            .object = reaction.object,
            .ruck = reaction.ruck};
  if (access->owner != reaction.actor) telling.tell(access->owner, news);
  news.kind = reaction.to_others;
  for (const UserId user : feed::reacted(q, reaction.ruck, kReactedMax)) {
    if (user != reaction.actor && user != access->owner) telling.tell(user, news);
  }
  return telling.take();
}

AllTold of_like(db::Session& q, const feed::LikeChanged& change, UtcUs now) {
  if (!feed::reactions(q, change.user, change.ruck).is_liked) {
    store::forget_like(q, change.ruck, change.user);
    return {};
  }
  return of_reaction(q,
                     {.actor = change.user,
                      .ruck = change.ruck,
                      .object = object_of(change.ruck),
                      .to_owner = Kind::kRuckLike,
                      .to_others = Kind::kActivityLike},
                     now);
}

AllTold of_comment(db::Session& q, const feed::CommentChanged& change, UtcUs now) {
  if (!feed::has_comment(q, change.comment)) {
    store::forget_comment(q, change.ruck, change.comment.value());
    return {};
  }
  return of_reaction(q,
                     {.actor = change.user,
                      .ruck = change.ruck,
                      .object = change.comment.value(),
                      .to_owner = Kind::kRuckComment,
                      .to_others = Kind::kActivityComment},
                     now);
}

// Of an own ruck: nobody else's doing.
AllTold of_own_ruck(db::Session& q, Kind kind, const rucks::RuckNews& news, UtcUs now) {
  Telling telling(q, now);
  telling.tell(
      news.owner,
      {.kind = kind, .actor = news.owner, .object = object_of(news.ruck), .ruck = news.ruck});
  return telling.take();
}

AllTold of_cheer(db::Session& q, const live::CheerView& cheer, UserId rucker, UtcUs now) {
  Telling telling(q, now);
  TextPairs data{{"message_id", cheer.id.to_string()}, {"message", cheer.message}};
  if (cheer.voice_id) data.emplace_back("voice_id", *cheer.voice_id);
  data.emplace_back("has_audio", "false");  // the phone says the words itself
  telling.tell(rucker, {.kind = Kind::kRuckMessage,
                        .actor = cheer.sender_id,
                        .object = cheer.id,
                        .ruck = cheer.ruck_id,
                        .data = std::move(data)});
  return telling.take();
}

AllTold of_new_device(db::Session& q, const auth::NewDevice& news, UtcUs now) {
  Telling telling(q, now);
  telling.tell(news.user, {.kind = Kind::kNewSignIn,
                           .actor = news.user,
                           .object = news.session,
                           .data = {{"session_id", news.session.to_string()},
                                    {"device", news.device.empty() ? "unknown" : news.device}}});
  return telling.take();
}

// Whether followers are to hear of it at all: what was recorded offline and has been uploaded now
// started long ago.
bool is_news(const std::optional<rucks::LiveState>& state, UserId owner, UtcUs now) {
  return state && state->owner == owner && state->is_under_way && state->allow_live_following &&
         state->visibility != people::Visibility::kPrivate && state->started_at &&
         now - *state->started_at <= kStartIsNews;
}

jobs::Outcome failed(const Error& error) {
  return jobs::retry(std::string(error_row(error.code).id));
}
}  // namespace

std::vector<jobs::Kind> Triggers::kinds() {
  using Handler = task<Outcome> (Triggers::*)(jobs::RunningJob);
  const auto kind = [this](std::string_view name, Handler handler) {
    return jobs::Kind{.name = name, .run = [this, handler](jobs::RunningJob job) {
                        return (this->*handler)(std::move(job));
                      }};
  };
  std::vector<jobs::Kind> all = {
      kind(people::kFollowChangedJob, &Triggers::follow_changed),
      kind(feed::kLikeChangedJob, &Triggers::like_changed),
      kind(feed::kCommentChangedJob, &Triggers::comment_changed),
      kind(rucks::kStartedJob, &Triggers::ruck_started),
      kind(rucks::kClosedJob, &Triggers::ruck_closed),
      kind(rucks::kImportedJob, &Triggers::ruck_imported),
      kind(live::kCheeredJob, &Triggers::cheered),
      kind(auth::kNewDeviceJob, &Triggers::new_device),
      kind(auth::kSignInsEndedJob, &Triggers::sign_ins_ended),
  };
  for (jobs::Kind& each : all) {
    const bool is_urgent = each.name == live::kCheeredJob || each.name == auth::kSignInsEndedJob;
    if (is_urgent) each.priority = jobs::Priority::kHigh;
  }
  jobs::Kind chunk = kind(kStartedChunkJob, &Triggers::ruck_started);
  chunk.concurrency_max = kFanOutsAtOnce;
  all.push_back(std::move(chunk));
  jobs::Kind prune = kind(kPruneJob, &Triggers::prune);
  prune.priority = jobs::Priority::kLow;
  prune.concurrency_max = 1;
  prune.is_recurring = true;
  all.push_back(std::move(prune));
  return all;
}

task<jobs::Outcome> Triggers::run(std::function<AllTold(db::Session&)> unit) {
  const Result<AllTold> told = co_await deps_.database.write(std::move(unit));
  if (!told) co_return failed(told.error());
  co_await tell_sockets(*told);
  co_return jobs::done();
}

// Those who listen at this moment; the others find it in their list.
task<> Triggers::tell_sockets(AllTold told) {
  for (const Told& each : told) {
    if (!live::hears(deps_.bus, each.user)) continue;
    const auto entries = co_await deps_.database.read(
        [user = each.user](db::Session& q) { return entries_of(store::unread(q, user)); });
    if (!entries) continue;
    for (const Entry& entry : *entries) {
      if (entry.newest.id != each.notification) continue;
      publish_new(deps_.bus, each.user, view_of(entry, each.user), std::ssize(*entries));
    }
  }
}

task<jobs::Outcome> Triggers::follow_changed(jobs::RunningJob job) {
  const auto change = http::from_stored<people::FollowChanged>(job.payload);
  co_return co_await run(
      [change, now = deps_.clock.now()](db::Session& q) { return of_follow(q, change, now); });
}

task<jobs::Outcome> Triggers::like_changed(jobs::RunningJob job) {
  const auto change = http::from_stored<feed::LikeChanged>(job.payload);
  co_return co_await run(
      [change, now = deps_.clock.now()](db::Session& q) { return of_like(q, change, now); });
}

task<jobs::Outcome> Triggers::comment_changed(jobs::RunningJob job) {
  const auto change = http::from_stored<feed::CommentChanged>(job.payload);
  co_return co_await run(
      [change, now = deps_.clock.now()](db::Session& q) { return of_comment(q, change, now); });
}

// Several steps of so many followers, each a unit of work; then a job for the next. A run that is
// repeated tells nobody twice.
task<jobs::Outcome> Triggers::ruck_started(jobs::RunningJob job) {
  auto at = http::from_stored<StartedChunk>(job.payload);
  for (int step = 0; step < kFanOutStepsOfRun && !co_await runtime::is_cancelled(); ++step) {
    const auto next = co_await tell_of_start(at);
    if (!next) co_return failed(next.error());
    if (!*next) co_return jobs::done();
    at = **next;
  }
  co_return jobs::done([at, now = deps_.clock.now()](db::Session& q) {
    jobs::enqueue(
        q,
        {.kind = kStartedChunkJob,
         .payload = json::to_text(at),
         .key = fmt::format("{}:{}:{}", at.ruck.value(), at.after_us, at.after.to_string()),
         .user = at.owner},
        now);
  });
}

task<Result<std::optional<StartedChunk>>> Triggers::tell_of_start(StartedChunk at) {
  const UtcUs now = deps_.clock.now();
  using Page = std::vector<store::FollowerRow>;
  const Result<Page> page = co_await deps_.database.read([at, now](db::Session& q) {
    if (!is_news(rucks::live_state(q, at.ruck), at.owner, now)) return Page();
    return store::followers(q, at.owner, at.ruck,
                            {.followed_at = utc_us(at.after_us), .follower = UserId(at.after)},
                            kFollowersAtOnce);
  });
  if (!page) co_return fail(page.error());
  const Result<AllTold> told =
      co_await deps_.database.write([page = *page, at, now](db::Session& q) {
        const News news{.kind = Kind::kRuckStarted,
                        .actor = at.owner,
                        .object = object_of(at.ruck),
                        .ruck = at.ruck,
                        .data = {}};
        std::vector<const store::RecipientRow*> who;
        for (const store::FollowerRow& follower : page) {
          if (follower.may_watch) who.push_back(&follower);
        }
        Telling telling(q, now);
        telling.tell_all_who_may(who, news);
        return telling.take();
      });
  if (!told) co_return fail(told.error());
  co_await tell_sockets(*told);
  if (std::ssize(*page) < kFollowersAtOnce) co_return std::nullopt;
  const store::FollowerRow& last = page->back();
  at.after_us = last.followed_at.time_since_epoch().count();
  at.after = last.user.value();
  co_return at;
}

task<jobs::Outcome> Triggers::ruck_closed(jobs::RunningJob job) {
  const auto news = http::from_stored<rucks::RuckNews>(job.payload);
  co_return co_await run([news, now = deps_.clock.now()](db::Session& q) {
    const auto state = rucks::live_state(q, news.ruck);
    if (!state || state->is_under_way) return AllTold();
    const bool is_completed = state->status == "completed";
    return of_own_ruck(q, is_completed ? Kind::kRuckCompleted : Kind::kRuckCancelled, news, now);
  });
}

task<jobs::Outcome> Triggers::ruck_imported(jobs::RunningJob job) {
  const auto news = http::from_stored<rucks::RuckNews>(job.payload);
  co_return co_await run([news, now = deps_.clock.now()](db::Session& q) {
    return rucks::live_state(q, news.ruck) ? of_own_ruck(q, Kind::kRuckImported, news, now)
                                           : AllTold();
  });
}

// A phone that is connected, and shows them, has heard it.
task<jobs::Outcome> Triggers::cheered(jobs::RunningJob job) {
  const auto news = http::from_stored<live::Cheered>(job.payload);
  if (live::hears_cheers(deps_.bus, news.rucker)) co_return jobs::done();
  co_return co_await run([news, now = deps_.clock.now()](db::Session& q) {
    const auto cheer = live::find_cheer(q, news.rucker, news.ruck, news.cheer);
    return cheer && !cheer->is_read ? of_cheer(q, *cheer, news.rucker, now) : AllTold();
  });
}

task<jobs::Outcome> Triggers::new_device(jobs::RunningJob job) {
  const auto news = http::from_stored<auth::NewDevice>(job.payload);
  co_return co_await run(
      [news, now = deps_.clock.now()](db::Session& q) { return of_new_device(q, news, now); });
}

task<jobs::Outcome> Triggers::sign_ins_ended(jobs::RunningJob job) {
  const auto news = http::from_stored<auth::SignInsEnded>(job.payload);
  co_return co_await run([news, now = deps_.clock.now()](db::Session& q) {
    remove_signed_out(q, news.user, now);
    return AllTold();
  });
}

task<jobs::Outcome> Triggers::prune(jobs::RunningJob) {
  const UtcUs now = deps_.clock.now();
  for (int round = 0; round < kPruneRoundsMax && !co_await runtime::is_cancelled(); ++round) {
    const Result<std::int64_t> gone = co_await deps_.database.write(
        [now](db::Session& q) { return store::prune(q, now - kKeptFor, kPrunedAtOnce); });
    if (!gone) co_return failed(gone.error());
    if (*gone < kPrunedAtOnce) break;
  }
  co_return jobs::again_at(now + kPruneEvery);
}

}  // namespace ruck::notify

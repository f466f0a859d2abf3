// Photos from an upload to their end.
#include "services/media/service.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "http/json/writer.hpp"
#include "services/media/intake.hpp"
#include "services/media/jobs.hpp"
#include "services/media/processing.hpp"
#include "services/media/store.hpp"
#include "services/media/tests/fixture.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/track/progress.hpp"

#include <gmock/gmock.h>

namespace ruck::photos {
namespace {
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const db::Sql kProcess{"test.next_process",
                       "SELECT id, kind, payload, attempts FROM jobs WHERE kind = $1"};

class MediaServiceTest : public MediaTest {};

TEST_P(MediaServiceTest, AnUploadIsAnsweredWhenItsPhotosAreReady) {
  const Uploaded reply = upload(anna_, {{"alt_text", "A lake"}},
                                {{.name = "IMG_1.jpg", .bytes = "picture lake at 47.5 8.25"},
                                 {.name = "IMG_2.jpg", .bytes = "picture hill"}},
                                {{"ruck_id", text(ruck_)}});
  ASSERT_TRUE(reply) << reply.error().client_text();
  const UploadReply& got = reply->value;
  EXPECT_TRUE(got.success);
  EXPECT_EQ(got.data.count, 2);
  ASSERT_THAT(got.photos, SizeIs(2));
  EXPECT_THAT(got.data.photos, SizeIs(2));
  EXPECT_THAT(got.refused, IsEmpty());
  const Photo& lake = got.photos[0];
  EXPECT_EQ(lake.ruck_id, ruck_);
  EXPECT_EQ(lake.user_id, anna_);
  EXPECT_EQ(lake.filename, "IMG_1.jpg");
  EXPECT_EQ(lake.original_filename, "IMG_1.jpg");
  EXPECT_EQ(lake.content_type, "image/jpeg");
  EXPECT_EQ(lake.size, std::ssize(std::string("lake large jpg")));
  EXPECT_EQ(lake.alt_text, "A lake");
  EXPECT_EQ(lake.width, 4000);
  EXPECT_EQ(lake.thumb_hash, to_base64("hash"));
  EXPECT_EQ(lake.original_url, std::nullopt);
  ASSERT_TRUE(lake.place);
  EXPECT_EQ(lake.place->lat, 47.5);
  EXPECT_EQ(lake.place->lng, 8.25);
  ASSERT_THAT(lake.sizes, SizeIs(3));
  EXPECT_EQ(lake.sizes[0].name, "large");
  EXPECT_EQ(lake.sizes[0].jpg, lake.url);
  EXPECT_EQ(lake.sizes[2].jpg, lake.thumbnail_url);
  EXPECT_EQ(got.photos[1].place, std::nullopt);
  EXPECT_EQ(got.photos[1].alt_text, "");

  EXPECT_TRUE(has_photos(anna_, ruck_));
  EXPECT_THAT(blobs_.keys("incoming/"), IsEmpty());
  EXPECT_THAT(blobs_.keys(anna_.value().to_string() + "/"), SizeIs(12));
  EXPECT_THAT(uploads(), IsEmpty());
  const auto photos = list(anna_, ruck_);
  ASSERT_THAT(photos, SizeIs(2));
  EXPECT_EQ(photos[0].id, lake.id) << "in the order of the form";
}

// An id or a name that held the moment would tell when the rucker was where (docs/privacy.md).
TEST_P(MediaServiceTest, OthersAreToldNoNameNoMomentAndNoPlaceOffTheLine) {
  static_cast<void>(add_photo(ruck_, "picture lake at 47.5 8.25"));
  const Photo seen = list(add_user("ben"), ruck_).at(0);
  EXPECT_EQ(seen.filename, "photo.jpg");
  EXPECT_EQ(seen.original_filename, "photo.jpg");
  EXPECT_EQ(seen.created_at, UtcUs(std::chrono::floor<std::chrono::days>(clock_.now())));
  EXPECT_EQ(seen.id.bytes()[6] >> 4, 4) << "random";
  EXPECT_EQ(seen.place, std::nullopt) << "a ruck without a line";
}

TEST_P(MediaServiceTest, TheSameFileAgainIsTheSamePhoto) {
  const Photo first = add_photo(ruck_, "picture lake");
  const int calls = images_.calls;
  const Photo second = add_photo(ruck_, "picture lake");
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(images_.calls, calls) << "nothing is made again";
  const Uploaded twice = upload(ruck_, {{.name = "a.jpg", .bytes = "picture hill"},
                                        {.name = "b.jpg", .bytes = "picture hill"}});
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->value.photos.at(0).id, twice->value.photos.at(1).id);
  EXPECT_THAT(list(anna_, ruck_), SizeIs(2));
  const RuckId other = add_ruck(anna_, "public");
  EXPECT_NE(add_photo(other, "picture lake").id, first.id) << "of another ruck it is another";
  EXPECT_THAT(blobs_.keys("incoming/"), IsEmpty());
}

TEST_P(MediaServiceTest, ABadPictureIsRefusedWithItsReasonAndTheOthersStay) {
  const Uploaded some = upload(ruck_, {{.name = "notes.jpg", .bytes = "a text"},
                                       {.name = "a.jpg", .bytes = "picture lake"}});
  ASSERT_TRUE(some);
  EXPECT_THAT(some->value.photos, SizeIs(1));
  ASSERT_THAT(some->value.refused, SizeIs(1));
  EXPECT_EQ(some->value.refused[0].filename, "notes.jpg");
  EXPECT_EQ(some->value.refused[0].reason, "This is no picture");

  const Uploaded none = upload(ruck_, {{.name = "notes.jpg", .bytes = "a text"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(none.error().message, HasSubstr("This is no picture"));
  EXPECT_THAT(blobs_.keys("incoming/"), IsEmpty());
  EXPECT_THAT(list(anna_, ruck_), SizeIs(1));
}

TEST_P(MediaServiceTest, OnlyTheOwnerOfARuckMayAddToIt) {
  const UserId ben = add_user("ben");
  const auto error_of = [&](const Fields& fields) {
    const Uploaded reply = upload(ben, fields, {{.name = "a.jpg", .bytes = "picture lake"}});
    return reply ? ErrorCode::kInternal : reply.error().code;
  };
  EXPECT_EQ(error_of({{"ruck_id", text(ruck_)}}), ErrorCode::kRuckNotFound);
  EXPECT_EQ(error_of({{"ruck_id", "999"}}), ErrorCode::kRuckNotFound);
  EXPECT_EQ(error_of({{"ruck_id", "x"}}), ErrorCode::kRuckNotFound);
  EXPECT_EQ(error_of({}), ErrorCode::kRuckNotFound);
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  EXPECT_THAT(uploads(), IsEmpty());
  const Uploaded nothing = upload(anna_, {{"ruck_id", text(ruck_)}}, {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::kInvalidInput);
}

TEST_P(MediaServiceTest, ARuckHasSoManyPhotosAndNoMore) {
  for (std::int64_t i = 0; i < kPhotosPerRuck; ++i) {
    ASSERT_TRUE(upload(ruck_, {{.name = "a.jpg", .bytes = "picture p" + std::to_string(i)}}));
  }
  const Uploaded more = upload(ruck_, {{.name = "a.jpg", .bytes = "picture more"}});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kInvalidInput);
  EXPECT_TRUE(upload(ruck_, {{.name = "a.jpg", .bytes = "picture p0"}})) << "it is there already";
  EXPECT_THAT(blobs_.keys("incoming/"), IsEmpty());
}

TEST_P(MediaServiceTest, ADeletedPhotoIsGoneWithItsFiles) {
  const Photo photo = add_photo(ruck_, "picture lake");
  EXPECT_EQ(remove(add_user("ben"), photo.id).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(remove(anna_, photo.id));
  EXPECT_EQ(remove(anna_, photo.id).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(list(anna_, ruck_), IsEmpty());
  EXPECT_FALSE(has_photos(anna_, ruck_));
  EXPECT_EQ(status_of(photo.url), 404);
  run_jobs();
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  EXPECT_EQ(kept(), 0);
}

// Two files of one person may become the same bytes.
TEST_P(MediaServiceTest, AFileThatAnotherPhotoNeedsStays) {
  const RuckId other = add_ruck(anna_, "public");
  const Photo first = add_photo(ruck_, "picture lake");
  const Photo second = add_photo(other, "picture lake with another text");
  EXPECT_THAT(blobs_.keys(), SizeIs(6)) << "once";
  ASSERT_TRUE(remove(anna_, first.id));
  run_jobs();
  EXPECT_THAT(blobs_.keys(), SizeIs(6));
  EXPECT_EQ(get(second.url).body, "lake large jpg");
  ASSERT_TRUE(remove(anna_, second.id));
  run_jobs();
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  EXPECT_EQ(kept(), 0);
}

// The removal of the first and the making of the second meet: nothing is lost.
TEST_P(MediaServiceTest, AFileIsNotPutWhileItIsBeingRemoved) {
  const Photo first = add_photo(ruck_, "picture lake");
  ASSERT_TRUE(remove(anna_, first.id));
  const auto removal = next_job();
  ASSERT_TRUE(removal);
  const jobs::Outcome removed = run(*removal);  // its end is not written yet

  const RuckId other = add_ruck(anna_, "public");
  auto second = begin_upload(other, {{.name = "a.jpg", .bytes = "picture lake"}});
  const auto next_process = [&]() -> std::optional<StoredJob> {
    return look([&](db::Session& q) { return q.optional<StoredJob>(kProcess, kProcessJob); });
  };
  std::optional<StoredJob> making;
  while (!making) making = next_process();
  EXPECT_EQ(run(*making).kind, jobs::Outcome::Kind::kRetry);
  EXPECT_THAT(blobs_.keys(anna_.value().to_string()), IsEmpty());
  end(*removal, removed);
  while (second.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) run_jobs();
  const Uploaded reply = second.get();
  ASSERT_TRUE(reply) << reply.error().client_text();
  EXPECT_EQ(get(reply->value.photos.at(0).url).body, "lake large jpg");
}

TEST_P(MediaServiceTest, APhotoDeletedWhileItIsMadeLeavesNoFile) {
  images_.meanwhile = [&] {
    change([&](db::Session& q) {
      for (const auto& row : store::all_of_ruck(q, ruck_)) store::remove(q, row.id);
    });
  };
  const Uploaded reply = upload(ruck_, {{.name = "a.jpg", .bytes = "picture lake"}});
  EXPECT_FALSE(reply);
  run_jobs();
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  EXPECT_EQ(kept(), 0);
}

TEST_P(MediaServiceTest, ADeletedRuckTakesItsPhotosWithIt) {
  static_cast<void>(add_photo(ruck_, "picture lake"));
  static_cast<void>(add_photo(ruck_, "picture hill"));
  const RuckId other = add_ruck(anna_, "public");
  const Photo stays = add_photo(other, "picture tree");
  change([&](db::Session& q) {
    on_ruck_removed(q, ruck_, clock_.now());
    static_cast<void>(rucks::remove_ruck(q, {anna_, ruck_}));
  });
  run_jobs();
  EXPECT_THAT(blobs_.keys(), SizeIs(6));
  EXPECT_EQ(status_of(stays.url), 200);
}

TEST_P(MediaServiceTest, ADeletedAccountTakesAllItsFilesWithIt) {
  static_cast<void>(add_photo(ruck_, "picture lake"));
  ASSERT_TRUE(set_avatar(anna_, "picture anna"));
  const UserId ben = add_user("ben");
  ASSERT_TRUE(set_avatar(ben, "picture ben"));
  blobs_.add(anna_.value().to_string() + "/left.jpg");
  // One that waits: its job finds nothing of it.
  change([&](db::Session& q) {
    store::MediaRow row{.id = PhotoId(Uuid::make_v7(to_ms(clock_.now()))),
                        .user_id = anna_,
                        .ruck_id = ruck_,
                        .status = "waiting",
                        .source_hash = {"hash"},
                        .incoming_key = "incoming/waits",
                        .variants = "{}"};
    store::insert(q, row);
    const ProcessJob job{.photo = row.id.value(), .incoming = row.incoming_key};
    jobs::enqueue(q, {.kind = kProcessJob, .payload = json::to_text(job)}, clock_.now());
  });
  blobs_.add("incoming/waits");
  change([&](db::Session& q) {
    on_account_removed(q, anna_, clock_.now());
    profile::remove_user(q, anna_);
  });
  run_jobs();
  EXPECT_THAT(blobs_.keys(), SizeIs(4)) << "Ben's";
  EXPECT_EQ(blobs_.keys(ben.value().to_string()).size(), 4U);
  EXPECT_THAT(dead_, IsEmpty());
}

// ---- a store or a worker that does not work ----------------------------------------------------

TEST_P(MediaServiceTest, AWorkerThatIsAwayIsAskedAgain) {
  images_.failure = Error{.code = ErrorCode::kUnavailable, .detail = "no libvips"};
  auto upload_reply = begin_upload(ruck_, {{.name = "a.jpg", .bytes = "picture lake"}});
  while (images_.calls < 2) {
    run_jobs();
    clock_.advance(std::chrono::seconds(2));
  }
  EXPECT_THAT(blobs_.keys("incoming/"), SizeIs(1)) << "kept until it is made";
  images_.failure.reset();
  while (upload_reply.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    run_jobs();
    clock_.advance(std::chrono::seconds(2));
  }
  EXPECT_TRUE(upload_reply.get());
  EXPECT_THAT(blobs_.keys("incoming/"), IsEmpty());
}

TEST_P(MediaServiceTest, InTheEndAPictureThatCannotBeMadeIsRefused) {
  images_.failure = Error{.code = ErrorCode::kUnavailable, .detail = "out of memory"};
  auto reply = begin_upload(ruck_, {{.name = "a.jpg", .bytes = "picture lake"}});
  while (reply.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    run_jobs();
    clock_.advance(std::chrono::seconds(2));
  }
  const Uploaded got = reply.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(got.error().message, HasSubstr("could not be processed"));
  EXPECT_EQ(images_.calls, kProcessAttemptsMax);
  EXPECT_THAT(dead_, ElementsAre("out of memory")) << "for operators";
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  // Sent again it is tried again.
  images_.failure.reset();
  EXPECT_EQ(add_photo(ruck_, "picture lake").sizes.size(), 3U);
}

TEST_P(MediaServiceTest, AFullStoreSaysSoAndKeepsNothing) {
  blobs_.failure = Error{.code = ErrorCode::kStorageFull, .detail = "ENOSPC"};
  const Uploaded reply = upload(ruck_, {{.name = "a.jpg", .bytes = "picture lake"}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kStorageFull);
  EXPECT_EQ(kept(), 0);
  EXPECT_THAT(uploads(), IsEmpty());
  blobs_.failure.reset();
  EXPECT_TRUE(upload(ruck_, {{.name = "a.jpg", .bytes = "picture lake"}}));
}

// ---- upkeep ------------------------------------------------------------------------------------

TEST_P(MediaServiceTest, TidyingRemovesWhatNobodyWaitsFor) {
  static_cast<void>(upload(ruck_, {{.name = "notes.jpg", .bytes = "a text"}}));
  EXPECT_EQ(kept(), 1) << "refused, so that its sender is told why";
  blobs_.add("incoming/left");
  EXPECT_EQ(tidy().kind, jobs::Outcome::Kind::kAgain);
  EXPECT_EQ(kept(), 1);
  EXPECT_THAT(blobs_.keys(), ElementsAre("incoming/left")) << "it may be in use";
  clock_.advance(kIncomingKept + hours(1));
  EXPECT_EQ(tidy().next_at, clock_.now() + kTidyEvery);
  EXPECT_EQ(kept(), 0);
  EXPECT_THAT(blobs_.keys(), IsEmpty());
}

// ---- what is said of a photo -------------------------------------------------------------------

TEST_P(MediaServiceTest, ItsOwnerSaysWhatItShows) {
  const Photo photo = add_photo(ruck_, "picture lake");
  const auto change_text = [&](UserId user, const std::string& words) {
    return cores_.run(service_->change({.user = user}, PhotoId(photo.id), {.alt_text = words}));
  };
  const auto changed = change_text(anna_, "A lake at dawn");
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->data.alt_text, "A lake at dawn");
  const UserId ben = add_user("ben");
  EXPECT_EQ(list(ben, ruck_).at(0).alt_text, "A lake at dawn");
  EXPECT_EQ(change_text(ben, "x").error().code, ErrorCode::kNotFound);
}

TEST_P(MediaServiceTest, CardsHaveTheFirstFewOfEachRuck) {
  const RuckId other = add_ruck(anna_, "private");
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(add_photo(ruck_, "picture p" + std::to_string(i)));
    clock_.advance(std::chrono::seconds(1));
  }
  static_cast<void>(add_photo(other, "picture hill"));
  const auto photos =
      look([&](db::Session& q) { return service_->of_rucks(q, anna_, {ruck_, other}, 3); });
  ASSERT_THAT(photos, SizeIs(4));
  const auto all = list(anna_, ruck_);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(photos[i].id, all[i].id);
    EXPECT_FALSE(photos[i].url.contains('?'));
  }
  EXPECT_TRUE(photos[3].url.contains("?v=")) << "of a private ruck";
  EXPECT_EQ(status_of(photos[3].thumbnail_url), 200);
}

// ---- avatars -----------------------------------------------------------------------------------

TEST_P(MediaServiceTest, AnAvatarIsInTheProfileAndTheOneBeforeIsGone) {
  const auto first = set_avatar(anna_, "picture young");
  ASSERT_TRUE(first) << first.error().client_text();
  ASSERT_TRUE(first->avatar_url);
  EXPECT_EQ(avatar_of(anna_), first->avatar_url);
  clock_.advance(std::chrono::seconds(1));
  const auto second = set_avatar(anna_, "picture old");
  ASSERT_TRUE(second);
  EXPECT_NE(second->avatar_url, first->avatar_url);
  EXPECT_EQ(avatar_of(anna_), second->avatar_url);
  run_jobs();
  EXPECT_EQ(status_of(*first->avatar_url), 404);
  EXPECT_EQ(get(*second->avatar_url).body, "old large jpg");
  EXPECT_THAT(blobs_.keys(), SizeIs(4)) << "two sizes in two formats";
  EXPECT_EQ(set_avatar(anna_, "picture old")->avatar_url, second->avatar_url) << "the same file";

  const auto removed = cores_.run(service_->remove_avatar({.user = anna_}));
  ASSERT_TRUE(removed);
  EXPECT_EQ(avatar_of(anna_), std::nullopt);
  run_jobs();
  EXPECT_THAT(blobs_.keys(), IsEmpty());
  EXPECT_EQ(kept(), 0);
}

TEST_P(MediaServiceTest, AnAvatarMayComeAsBase64) {
  const auto send = [&](const std::string& text) { return set_avatar_text(anna_, text); };
  const auto plain = send(to_base64("picture anna"));
  ASSERT_TRUE(plain) << plain.error().client_text();
  EXPECT_EQ(get(*plain->avatar_url).body, "anna large jpg");
  EXPECT_TRUE(send("data:image/png;base64," + to_base64("picture me")));
  EXPECT_EQ(send("no base64!").error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(send("data:image/png").error().code, ErrorCode::kInvalidInput);
  const auto bad = send(to_base64("a text"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "This is no picture");
}

RUCK_ON_BOTH_DATABASES(MediaServiceTest);

}  // namespace
}  // namespace ruck::photos

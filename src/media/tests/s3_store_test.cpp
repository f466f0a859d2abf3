// What is asked of S3, and what its answers mean. Against a store that others wrote: tests/media.
#include "media/store/s3_store.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "push/tests/scripted_outbound.hpp"
#include "support/run.hpp"

#include <gmock/gmock.h>

namespace ruck::media {
namespace {
using push::test::header_of;
using testing::HasSubstr;

std::string error_xml(const std::string& code) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><Error><Code>)" + code +
         "</Code><Message>text</Message></Error>";
}

class S3StoreTest : public testing::Test {
 protected:
  Error error_of_put(int status, const std::string& code,
                     std::optional<std::chrono::seconds> retry_after = {}) {
    outbound_.answer(status, error_xml(code), retry_after);
    const Result<> put = cores_.run(store_.put("user/photo.jpg", "bytes"));
    EXPECT_FALSE(put);
    return put ? Error{} : put.error();
  }

  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "files", .threads = 1, .queue_max = 4}};
  push::test::ScriptedOutbound outbound_;
  S3Store store_{{.endpoint = "https://s3.example.org",
                  .region = "eu-central-1",
                  .bucket = "photos",
                  .prefix = "prod/"},
                 {.access_key = "AKIDEXAMPLE", .secret_key = "hidden"},
                 pool_,
                 outbound_};
};

TEST_F(S3StoreTest, APutIsSignedWithTheHashOfItsBody) {
  outbound_.answer(200);
  ASSERT_TRUE(cores_.run(store_.put("user/photo.jpg", "bytes")));
  const http::OutboundRequest asked = outbound_.last();
  EXPECT_EQ(asked.method, "PUT");
  EXPECT_EQ(asked.url, "https://s3.example.org/photos/prod/user/photo.jpg");
  EXPECT_EQ(asked.body, "bytes");
  EXPECT_EQ(header_of(asked, "x-amz-content-sha256"), to_hex(crypto::sha256("bytes")));
  EXPECT_TRUE(asked.is_idempotent);
  EXPECT_EQ(asked.address_from, http::AddressFrom::kOperator);
  ASSERT_TRUE(asked.signature);
  EXPECT_EQ(asked.signature->scope, "aws:amz:eu-central-1:s3");
  EXPECT_EQ(asked.signature->access_key, "AKIDEXAMPLE");
  EXPECT_EQ(asked.signature->secret_key, "hidden");
}

TEST_F(S3StoreTest, AListAsksBehindTheLastKey) {
  outbound_.answer([](const http::OutboundRequest& request) -> Result<http::OutboundReply> {
    const bool is_first = !request.url.contains("start-after");
    const std::string key = is_first ? "prod/user/a" : "prod/user/b";
    return http::OutboundReply{
        .status = 200,
        .headers = {},
        .body =
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>" +
            std::string(is_first ? "true" : "false") +
            "</IsTruncated><Contents><Key>prod/user/Others</Key><Size>1</Size>"
            "<LastModified>2026-11-01T10:00:00.000Z</LastModified></Contents><Contents><Key>" +
            key +
            "</Key><Size>12</Size><LastModified>2026-11-01T10:00:00.000Z</LastModified>"
            "</Contents></ListBucketResult>",
        .retry_after = {}};
  });
  const auto listed = cores_.run(store_.list("user/", "", 2));
  ASSERT_TRUE(listed) << listed.error().detail;
  ASSERT_EQ(listed->size(), 2U) << "without keys that are none of ours";
  EXPECT_EQ((*listed)[0].key, "user/a");
  EXPECT_EQ((*listed)[1].key, "user/b");
  EXPECT_EQ((*listed)[1].bytes, 12U);
  EXPECT_EQ((*listed)[1].written_at.time_since_epoch(), std::chrono::seconds(1793527200));
  const auto seen = outbound_.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].url,
            "https://s3.example.org/photos?list-type=2&max-keys=2&prefix=prod%2Fuser%2F");
  EXPECT_EQ(seen[1].url,
            "https://s3.example.org/photos?list-type=2&max-keys=1&prefix=prod%2Fuser%2F"
            "&start-after=prod%2Fuser%2Fa");
}

TEST_F(S3StoreTest, AnAnswerThatIsNoListIsAnError) {
  for (const char* wrong : {"", "<html>", "<Error/>", "<a><b></a>"}) {
    outbound_.answer(200, wrong);
    EXPECT_FALSE(cores_.run(store_.list("", "", 10))) << wrong;
  }
}

TEST_F(S3StoreTest, WhatIsNotThereIsNoErrorButAMissingBucketIs) {
  outbound_.answer(404, error_xml("NoSuchKey"));
  const auto got = cores_.run(store_.get("user/photo.jpg"));
  ASSERT_TRUE(got);
  EXPECT_FALSE(*got);
  EXPECT_TRUE(cores_.run(store_.remove("user/photo.jpg")));
  outbound_.answer(404, error_xml("NoSuchBucket"));
  const auto lost = cores_.run(store_.get("user/photo.jpg"));
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().detail, HasSubstr("there is no such bucket"));
  EXPECT_FALSE(cores_.run(store_.remove("user/photo.jpg")));
}

TEST_F(S3StoreTest, ABusyStoreSaysWhenToComeAgain) {
  EXPECT_EQ(error_of_put(503, "SlowDown").code, ErrorCode::kUnavailable);
  EXPECT_EQ(error_of_put(503, "SlowDown").retry_after_s, 5);
  EXPECT_EQ(error_of_put(503, "SlowDown", std::chrono::seconds(17)).retry_after_s, 17);
  EXPECT_EQ(error_of_put(429, "TooManyRequests").retry_after_s, 5);
  EXPECT_EQ(error_of_put(500, "InternalError").retry_after_s, std::nullopt);
}

TEST_F(S3StoreTest, AWrongKeyHasAReasonForTheOperatorWithoutTheSecret) {
  const Error wrong = error_of_put(403, "SignatureDoesNotMatch");
  EXPECT_EQ(wrong.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(wrong.message.empty()) << "nothing for clients";
  EXPECT_THAT(wrong.detail, HasSubstr("403 SignatureDoesNotMatch: media_secret_key"));
  EXPECT_THAT(error_of_put(403, "InvalidAccessKeyId").detail, HasSubstr("media_access_key"));
  EXPECT_THAT(error_of_put(403, "AccessDenied").detail, HasSubstr("policy"));
  EXPECT_THAT(error_of_put(403, "RequestTimeTooSkewed").detail, HasSubstr("clock"));
  EXPECT_THAT(error_of_put(301, "PermanentRedirect").detail, HasSubstr("region"));
  for (const char* code : {"SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied"}) {
    EXPECT_THAT(error_of_put(403, code).detail, testing::Not(HasSubstr("hidden")));
  }
  EXPECT_THAT(error_of_put(403, "a b\nc").detail, HasSubstr("403 (no code)"));
}

TEST_F(S3StoreTest, AFullStoreIsFull) {
  EXPECT_EQ(error_of_put(507, "").code, ErrorCode::kStorageFull);
  EXPECT_EQ(error_of_put(403, "QuotaExceeded").code, ErrorCode::kStorageFull);
}

TEST_F(S3StoreTest, WhatTheClientSaysIsForOperators) {
  outbound_.answer([](const http::OutboundRequest&) -> Result<http::OutboundReply> {
    return fail({.code = ErrorCode::kUnavailable,
                 .message = "s3.example.org: cannot connect",
                 .detail = {},
                 .retry_after_s = 30});
  });
  const Result<> put = cores_.run(store_.put("a", "b"));
  ASSERT_FALSE(put);
  EXPECT_TRUE(put.error().message.empty());
  EXPECT_EQ(put.error().detail, "S3: s3.example.org: cannot connect");
  EXPECT_EQ(put.error().retry_after_s, 30);
}

TEST_F(S3StoreTest, NoKeyIsAsked) {
  EXPECT_EQ(cores_.run(store_.put("../a", "b")).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(cores_.run(store_.get("A")).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(cores_.run(store_.remove("")).error().code, ErrorCode::kInvalidInput);
  EXPECT_TRUE(outbound_.seen().empty());
}

}  // namespace
}  // namespace ruck::media

// The table of errors of Firebase's reference, row by row.
#include "push/fcm_errors.hpp"

#include <gtest/gtest.h>

namespace ruck::push {
namespace {
using std::chrono::seconds;

// As Firebase answers.
std::string error_body(const std::string& status, const std::string& code,
                       const std::string& field = {}) {
  std::string details =
      R"({"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":")" + code +
      R"("})";
  if (!field.empty()) {
    details += R"(,{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[)"
               R"({"field":")" +
               field + R"(","description":"Invalid value"}]})";
  }
  return R"({"error":{"code":400,"message":"token dGhlIHRva2Vu is wrong","status":")" + status +
         R"(","details":[)" + details + "]}}";
}

Report report(int status, std::string body = {}, std::optional<seconds> retry_after = {}) {
  return report_of_fcm(
      {.status = status, .headers = {}, .body = std::move(body), .retry_after = retry_after});
}

TEST(FcmErrors, AMessageIsAccepted) {
  EXPECT_EQ(report(200, R"({"name":"projects/ruck-test/messages/1"})").fate, Fate::kAccepted);
}

TEST(FcmErrors, ADeviceThatIsGoneIsSaidByItsCode) {
  EXPECT_EQ(report(404, error_body("NOT_FOUND", "UNREGISTERED")).fate, Fate::kGone);
  EXPECT_EQ(report(403, error_body("PERMISSION_DENIED", "SENDER_ID_MISMATCH")).fate, Fate::kGone);
}

// A wrong project, a wrong address, an API that is not switched on: every device would be removed.
TEST(FcmErrors, AStatusAloneRemovesNobody) {
  EXPECT_EQ(report(404).fate, Fate::kRefused);
  EXPECT_EQ(report(404, "<html>404</html>").fate, Fate::kRefused);
  EXPECT_EQ(report(404, error_body("NOT_FOUND", "")).fate, Fate::kRefused);
  EXPECT_EQ(report(403, error_body("PERMISSION_DENIED", "")).fate, Fate::kRefused);
  EXPECT_EQ(report(410).fate, Fate::kRefused);
}

TEST(FcmErrors, AnInvalidArgumentRemovesADeviceOnlyIfItIsTheToken) {
  EXPECT_EQ(report(400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token")).fate,
            Fate::kGone);
  EXPECT_EQ(report(400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT")).fate, Fate::kRefused);
  EXPECT_EQ(
      report(400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data[0].value")).fate,
      Fate::kRefused);
  EXPECT_EQ(report(400).fate, Fate::kRefused);
}

TEST(FcmErrors, CredentialsThatAreNotTakenAreTriedLater) {
  EXPECT_EQ(report(401, error_body("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")).fate,
            Fate::kRetry);
  EXPECT_EQ(report(401).fate, Fate::kRetry);
}

TEST(FcmErrors, AQuotaThatIsUsedUpIsWaitedFor) {
  const std::string body = error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
  EXPECT_EQ(report(429, body).fate, Fate::kRetry);
  EXPECT_EQ(report(429, body).retry_after, seconds(60));
  EXPECT_EQ(report(429, body, seconds(7)).retry_after, seconds(7));
  EXPECT_EQ(report(429, body, seconds(1'000'000)).retry_after, seconds(3600));
}

TEST(FcmErrors, FailuresOfFirebaseAreTriedLater) {
  EXPECT_EQ(report(500, error_body("INTERNAL", "INTERNAL")).fate, Fate::kRetry);
  EXPECT_EQ(report(500).retry_after, std::nullopt);
  EXPECT_EQ(report(503, error_body("UNAVAILABLE", "UNAVAILABLE")).fate, Fate::kRetry);
  EXPECT_EQ(report(503, "", seconds(20)).retry_after, seconds(20));
  EXPECT_EQ(report(502).fate, Fate::kRetry);
}

TEST(FcmErrors, AReasonHasTheCodeAndNoText) {
  EXPECT_EQ(report(404, error_body("NOT_FOUND", "UNREGISTERED")).reason, "404 UNREGISTERED");
  EXPECT_EQ(report(400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token")).reason,
            "400 INVALID_ARGUMENT: the token");
  EXPECT_EQ(report(400, error_body("dGhlIHRva2Vu 17", "a token: 1")).reason, "400");
  EXPECT_EQ(report(400, error_body("", std::string(100, 'A'))).reason, "400");
}

TEST(FcmErrors, WhatIsNoErrorIsAnEmptyOne) {
  for (const char* body : {"", "{", "null", "[]", "{}", R"({"error":17})", R"({"error":[]})",
                           R"({"error":{"details":17}})", R"({"error":{"details":[17,null,{}]}})",
                           R"({"error":{"details":[{"@type":17,"errorCode":"X"}]}})",
                           R"({"error":{"details":[{"@type":"google.rpc.BadRequest"}]}})",
                           R"({"error":{"details":[{"@type":"google.rpc.BadRequest",)"
                           R"("fieldViolations":[17,{"field":17}]}]}})"}) {
    const FcmError error = parse_fcm_error(body);
    EXPECT_EQ(error.code, "") << body;
    EXPECT_FALSE(error.names_token) << body;
  }
}

}  // namespace
}  // namespace ruck::push

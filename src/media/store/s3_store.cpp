#include "media/store/s3_store.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "crypto/digest.hpp"
#include "media/limits.hpp"
#include "media/store/files.hpp"
#include "media/store/s3_xml.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ruck::media {
namespace {
constexpr int kOk = 200;
constexpr int kNoContent = 204;
constexpr int kMovedPermanently = 301;
constexpr int kTemporaryRedirect = 307;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kTooMany = 429;
constexpr int kServerError = 500;
constexpr int kNoRoom = 507;
constexpr int kBusyRetryS = 5;  // where the store says that it is busy, and not for how long
constexpr std::string_view kHashHeader = "x-amz-content-sha256";

Error unavailable(std::string detail) {
  return {.code = ErrorCode::kUnavailable,
          .message = {},
          .detail = std::move(detail),
          .retry_after_s = {}};
}
Error no_key() {
  return {.code = ErrorCode::kInvalidInput,
          .message = {},
          .detail = "a key that is none",
          .retry_after_s = {}};
}
Error pool_is_full(Error refusal) {
  Error error = unavailable("too many files are under way");
  error.retry_after_s = refusal.retry_after_s.value_or(kBusyRetryS);
  return error;
}

// All but the unreserved characters of RFC 3986: others may have put any key into the bucket.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    const bool is_unreserved = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                               std::string_view("-._~").contains(c);
    if (is_unreserved) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<> write_new(const std::string& path, std::string_view bytes) {
  Result<File> made = create(path);
  if (!made) return fail(made.error());
  Result<> written = write_all(*made, bytes);
  if (written && !made->close()) written = file_error("closing a file", errno);
  if (!written) ::unlink(path.c_str());
  return written;
}

// What an operator does about it.
std::string advice(int status, std::string_view code) {
  if (code == "RequestTimeTooSkewed") return "the clock of this machine is wrong";
  if (code == "SignatureDoesNotMatch") return "media_secret_key is not the one of this access key";
  if (code == "InvalidAccessKeyId") return "the store does not know media_access_key";
  if (code == "NoSuchBucket") return "there is no such bucket";
  if (status == kForbidden) return "the key may not do this: look at the policy of the bucket";
  if (status == kMovedPermanently || status == kTemporaryRedirect) {
    return "the bucket is in another region";
  }
  if (status == kTooMany || status >= kServerError) return "the store is busy or out of order";
  return "the store does not take the request";
}
}  // namespace

S3Store::S3Store(S3Address address, Keys keys, runtime::BlockingPool& files,
                 http::Outbound& outbound)
    : address_(std::move(address)), keys_(std::move(keys)), files_(files), outbound_(outbound) {}

http::OutboundRequest S3Store::request(std::string method, std::string_view key) const {
  std::string url = address_.endpoint + "/" + address_.bucket;
  if (!key.empty()) url += "/" + address_.prefix + std::string(key);
  return {.method = std::move(method),
          .url = std::move(url),
          .headers = {},
          .body = {},
          .address_from = http::AddressFrom::kOperator,
          .is_idempotent = true,  // a blob has one content
          .total_max = kS3Time,
          .reply_bytes_max = kS3ErrorBytesMax,
          .signature = http::OutboundSignature{.scope = "aws:amz:" + address_.region + ":s3",
                                               .access_key = keys_.access_key,
                                               .secret_key = keys_.secret_key}};
}

task<Result<http::OutboundReply>> S3Store::send(http::OutboundRequest request) {
  // libcurl 7.88 signs the hash of the body but does not say it, and stores ask for it.
  if (request.body.empty()) {
    request.headers.emplace_back(kHashHeader, to_hex(crypto::sha256("")));
  } else {
    // 12 MiB take 40 ms: too long for a core.
    const auto hashed = co_await files_.run(
        [body = std::string_view(request.body)] { return to_hex(crypto::sha256(body)); });
    if (!hashed) co_return fail(pool_is_full(hashed.error()));
    request.headers.emplace_back(kHashHeader, *hashed);
  }
  if (request.method == "PUT") {
    request.headers.emplace_back("content-type", "application/octet-stream");
  }
  Result<http::OutboundReply> reply = co_await outbound_.send(std::move(request));
  if (reply) co_return reply;
  Error error = unavailable("S3: " + std::move(reply.error().message));
  error.retry_after_s = reply.error().retry_after_s;
  co_return fail(std::move(error));
}

Error S3Store::error_of(const http::OutboundReply& reply, std::string_view doing) const {
  const std::string code = read_error_code(reply.body);
  Error error = unavailable(fmt::format("S3: {} in bucket {}: {} {}: {}", doing, address_.bucket,
                                        reply.status, code.empty() ? "(no code)" : code,
                                        advice(reply.status, code)));
  const bool is_full =
      reply.status == kNoRoom || code == "QuotaExceeded" || code == "XMinioStorageFull";
  if (is_full) error.code = ErrorCode::kStorageFull;
  if (reply.retry_after) {
    error.retry_after_s = static_cast<int>(reply.retry_after->count());
  } else if (code == "SlowDown" || reply.status == kTooMany) {
    error.retry_after_s = kBusyRetryS;
  }
  return error;
}

task<Result<>> S3Store::put(std::string key, std::string bytes) {
  if (!is_key(key)) co_return fail(no_key());
  http::OutboundRequest asked = request("PUT", key);
  asked.body = std::move(bytes);
  const Result<http::OutboundReply> reply = co_await send(std::move(asked));
  if (!reply) co_return fail(reply.error());
  if (reply->status != kOk) co_return fail(error_of(*reply, "PUT"));
  co_return Result<>();
}

task<Result<>> S3Store::put_file(std::string key, std::string path) {
  if (!is_key(key)) co_return fail(no_key());
  auto read =
      co_await files_.run([path = std::move(path)] { return read_whole(path, kBlobBytesMax); });
  if (!read) co_return fail(pool_is_full(read.error()));
  if (!*read) co_return fail(read->error());
  if (!**read) co_return fail(unavailable("the file to keep is gone"));
  co_return co_await put(std::move(key), std::move(***read));
}

task<Result<std::optional<std::string>>> S3Store::get(std::string key) {
  if (!is_key(key)) co_return fail(no_key());
  http::OutboundRequest asked = request("GET", key);
  asked.reply_bytes_max = kBlobBytesMax;
  Result<http::OutboundReply> reply = co_await send(std::move(asked));
  if (!reply) co_return fail(reply.error());
  if (reply->status == kOk) co_return std::optional<std::string>(std::move(reply->body));
  const bool has_bucket = read_error_code(reply->body) != "NoSuchBucket";
  if (reply->status == kNotFound && has_bucket) co_return std::optional<std::string>();
  co_return fail(error_of(*reply, "GET"));
}

task<Result<bool>> S3Store::get_file(std::string key, std::string path) {
  Result<std::optional<std::string>> got = co_await get(std::move(key));
  if (!got) co_return fail(got.error());
  if (!*got) co_return false;
  const auto written = co_await files_.run(
      [path = std::move(path), bytes = std::move(**got)] { return write_new(path, bytes); });
  if (!written) co_return fail(pool_is_full(written.error()));
  if (!*written) co_return fail(written->error());
  co_return true;
}

task<Result<>> S3Store::remove(std::string key) {
  if (!is_key(key)) co_return fail(no_key());
  const Result<http::OutboundReply> reply = co_await send(request("DELETE", key));
  if (!reply) co_return fail(reply.error());
  const bool is_gone = reply->status == kOk || reply->status == kNoContent ||
                       (reply->status == kNotFound && read_error_code(reply->body) == "NoSuchKey");
  if (!is_gone) co_return fail(error_of(*reply, "DELETE"));
  co_return Result<>();
}

task<Result<std::vector<BlobStore::Entry>>> S3Store::list(std::string prefix, std::string after,
                                                          std::size_t limit) {
  limit = std::min(limit, kListedMax);
  std::vector<Entry> found;
  while (found.size() < limit) {
    const std::size_t wanted = std::min(limit - found.size(), kS3ListedMax);
    auto some = co_await list_some(prefix, after, wanted);
    if (!some) co_return fail(some.error());
    if (some->empty()) break;
    after = some->back().key;
    std::ranges::move(*some, std::back_inserter(found));
  }
  co_return found;
}

// Empty where there are no more.
task<Result<std::vector<BlobStore::Entry>>> S3Store::list_some(std::string prefix,
                                                               std::string after,
                                                               std::size_t limit) {
  std::vector<Entry> found;
  for (std::string from = std::move(after);;) {
    http::OutboundRequest asked = request("GET", "");
    // The names are sorted, and none is without a value: so libcurl signs them as the store does.
    asked.url += fmt::format("?list-type=2&max-keys={}", limit);
    const std::string whole_prefix = address_.prefix + prefix;
    if (!whole_prefix.empty()) asked.url += "&prefix=" + escape(whole_prefix);
    if (!from.empty()) asked.url += "&start-after=" + escape(address_.prefix + from);
    asked.reply_bytes_max = kS3ListBytesMax;
    const Result<http::OutboundReply> reply = co_await send(std::move(asked));
    if (!reply) co_return fail(reply.error());
    if (reply->status != kOk) co_return fail(error_of(*reply, "LIST"));
    const std::optional<S3Listing> listing = read_listing(reply->body);
    if (!listing) co_return fail(unavailable("S3: LIST: the answer is no list"));
    for (const S3Object& object : listing->objects) {
      if (!object.key.starts_with(address_.prefix)) continue;
      from = object.key.substr(address_.prefix.size());
      const auto written_at = parse_iso8601(object.written_at);
      if (!is_key(from) || !written_at) continue;  // somebody else's
      found.push_back({.key = from, .bytes = object.bytes, .written_at = written_at->time});
    }
    // Where others' objects fill a whole answer, what is ours may be behind them.
    if (!found.empty() || !listing->is_truncated || listing->objects.empty()) co_return found;
  }
}

}  // namespace ruck::media

#pragma once
// Blobs as objects of a bucket, in a store that speaks the protocol of Amazon S3 (also MinIO, Ceph,
// Garage, Cloudflare R2 and others): path-style addresses, Signature Version 4, every body signed.
// The store is durable when it has answered 200; a blob is written whole or not at all.
#include "http/client/outbound.hpp"
#include "media/blob_store.hpp"
#include "media/store/s3_address.hpp"
#include "runtime/blocking_pool.hpp"

#include <string>

namespace ruck::media {

class S3Store final : public BlobStore {
 public:
  struct Keys {
    std::string access_key;
    std::string secret_key;
  };
  // Hashing and files go to the pool. It and `outbound` must outlive the store.
  S3Store(S3Address address, Keys keys, runtime::BlockingPool& files, http::Outbound& outbound);

  [[nodiscard]] task<Result<>> put(std::string key, std::string bytes) override;
  [[nodiscard]] task<Result<>> put_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<std::optional<std::string>>> get(std::string key) override;
  [[nodiscard]] task<Result<bool>> get_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<>> remove(std::string key) override;
  [[nodiscard]] task<Result<std::vector<Entry>>> list(std::string prefix, std::string after,
                                                      std::size_t limit) override;

 private:
  // Of an object, or with an empty key of the bucket.
  [[nodiscard]] http::OutboundRequest request(std::string method, std::string_view key) const;
  // Adds the hash of the body to what is signed, and sends. A kUnavailable has its reason as its
  // detail.
  [[nodiscard]] task<Result<http::OutboundReply>> send(http::OutboundRequest request);
  [[nodiscard]] task<Result<std::vector<Entry>>> list_some(std::string prefix, std::string after,
                                                           std::size_t limit);
  [[nodiscard]] Error error_of(const http::OutboundReply& reply, std::string_view doing) const;

  const S3Address address_;
  const Keys keys_;
  runtime::BlockingPool& files_;
  http::Outbound& outbound_;
};

}  // namespace ruck::media

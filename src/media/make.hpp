#pragma once
// The media module's parts as the program puts them together.
#include "http/client/outbound.hpp"
#include "media/blob_store.hpp"
#include "media/image.hpp"
#include "runtime/blocking_pool.hpp"
#include "telemetry/metrics.hpp"

#include <memory>

namespace ruck::media {

struct StoreSettings {
  std::string url;  // "folder:PATH" or "s3://BUCKET[/PREFIX]?region=R[&endpoint=http://HOST:PORT]"
  std::string access_key;  // of S3
  std::string secret_key;
};
// kInvalidInput for an address that cannot be used. What it is given must outlive it.
[[nodiscard]] Result<std::unique_ptr<BlobStore>> make_blob_store(const StoreSettings& settings,
                                                                 runtime::BlockingPool& files,
                                                                 http::Outbound& outbound);

// Runs `program image-worker` for each picture, at most kImagesAtOnce together; others wait.
[[nodiscard]] std::unique_ptr<ImageWorker> make_image_worker(std::string program,
                                                             telemetry::Metrics& metrics);

// The verb `image-worker`: reads one request from the standard input, writes the reply to the
// standard output. Its exit code.
int run_image_worker();

}  // namespace ruck::media

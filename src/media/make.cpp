#include "media/make.hpp"

#include "media/store/folder_store.hpp"
#include "media/store/s3_store.hpp"
#include "media/worker/process_worker.hpp"

namespace ruck::media {
namespace {
constexpr std::string_view kFolder = "folder:";
constexpr std::string_view kS3 = "s3://";
}  // namespace

Result<std::unique_ptr<BlobStore>> make_blob_store(const StoreSettings& settings,
                                                   runtime::BlockingPool& files,
                                                   http::Outbound& outbound) {
  const std::string_view url = settings.url;
  if (url.starts_with(kFolder) && url.size() > kFolder.size()) {
    auto opened = FolderStore::open(std::string(url.substr(kFolder.size())), files);
    if (!opened) return fail(opened.error());
    return std::move(*opened);
  }
  if (!url.starts_with(kS3)) {
    return fail(ErrorCode::kInvalidInput, "media_url: must be folder:PATH or begin with s3://");
  }
  Result<S3Address> address = parse_s3_address(url);
  if (!address) return fail(address.error());
  if (settings.access_key.empty() || settings.secret_key.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "media_url: an S3 store needs media_access_key and media_secret_key");
  }
  return std::make_unique<S3Store>(
      std::move(*address),
      S3Store::Keys{.access_key = settings.access_key, .secret_key = settings.secret_key}, files,
      outbound);
}

std::unique_ptr<ImageWorker> make_image_worker(std::string program, telemetry::Metrics& metrics) {
  return std::make_unique<ProcessImageWorker>(
      ProcessImageWorker::Options{.program = std::move(program)}, metrics);
}

}  // namespace ruck::media

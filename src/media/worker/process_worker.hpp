#pragma once
// The image worker of the server: a process for each picture, at most so many at once.
#include "media/image.hpp"
#include "media/limits.hpp"
#include "media/worker/slots.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <string_view>

namespace ruck::media {

class ProcessImageWorker final : public ImageWorker {
 public:
  struct Options {
    std::string program;  // run with the verb `image-worker`
    std::size_t at_once = kImagesAtOnce;
    std::size_t waiting_max = kImagesWaitingMax;
    std::chrono::milliseconds wall_max = kImageWallTime;
    std::size_t resident_max = kImageResidentMax;
    std::size_t reply_bytes_max = kImageReplyBytesMax;
  };
  // `metrics` must outlive it, and it the last process().
  ProcessImageWorker(Options options, telemetry::Metrics& metrics);

  // Where the caller is cancelled, the process is killed, and the error is kUnavailable.
  [[nodiscard]] task<Result<Image>> process(ImageJob job) override;

 private:
  [[nodiscard]] task<Result<Image>> run(ImageJob job, std::string_view& outcome);
  [[nodiscard]] telemetry::Counter& counter(std::string_view outcome);

  const Options options_;
  telemetry::Metrics& metrics_;
  Slots slots_;
  telemetry::Histogram& seconds_;
  telemetry::Histogram& cpu_seconds_;
  telemetry::Gauge& waiting_;
};

}  // namespace ruck::media

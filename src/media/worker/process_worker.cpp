#include "media/worker/process_worker.hpp"

#include "media/worker/child_process.hpp"
#include "media/worker/exchange.hpp"
#include "runtime/cancelled.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

namespace ruck::media {
namespace {
constexpr const char* kVerb = "image-worker";
constexpr int kBusyRetryS = 10;
// What becomes of pictures, as ruck_media_images_total counts it.
constexpr std::string_view kDone = "done";
constexpr std::string_view kRefused = "refused";
constexpr std::string_view kFailed = "failed";
constexpr std::string_view kOutOfTime = "out_of_time";
constexpr std::string_view kOutOfMemory = "out_of_memory";
constexpr std::string_view kStopped = "stopped";
constexpr std::string_view kBusy = "busy";
constexpr auto kOutcomes = std::to_array<std::string_view>(
    {kDone, kRefused, kFailed, kOutOfTime, kOutOfMemory, kStopped, kBusy});

std::unexpected<Error> unavailable(std::string detail) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = "the image worker " + std::move(detail),
               .retry_after_s = {}});
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}
}  // namespace

ProcessImageWorker::ProcessImageWorker(Options options, telemetry::Metrics& metrics)
    : options_(std::move(options)),
      metrics_(metrics),
      slots_(options_.at_once, options_.waiting_max),
      seconds_(metrics.histogram("ruck_media_image_seconds",
                                 "Pictures decoded and encoded, with waiting for a place")),
      cpu_seconds_(metrics.histogram("ruck_media_image_cpu_seconds",
                                     "Processor time of a picture's process")),
      waiting_(metrics.gauge("ruck_media_images_waiting", "Pictures that wait for a process", {})) {
  for (const std::string_view outcome : kOutcomes) static_cast<void>(counter(outcome));
}

telemetry::Counter& ProcessImageWorker::counter(std::string_view outcome) {
  return metrics_.counter("ruck_media_images_total", "Pictures, by what became of them",
                          {{"outcome", std::string(outcome)}});
}

task<Result<Image>> ProcessImageWorker::process(ImageJob job) {
  const telemetry::Stopwatch watch(seconds_);
  std::string_view outcome = kFailed;
  Result<Image> image = co_await run(std::move(job), outcome);
  counter(outcome).add();
  co_return image;
}

task<Result<Image>> ProcessImageWorker::run(ImageJob job, std::string_view& outcome) {
  const std::string request = write_request({.path = job.path, .sizes = job.sizes});
  if (request.size() > kImageRequestBytesMax) co_return unavailable("was asked for too much");
  waiting_.add(1);
  const Slots::Place place = co_await slots_.enter();
  waiting_.add(-1);
  if (!place) {
    outcome = kBusy;
    Result<Image> refusal = unavailable("is busy: too many pictures wait");
    refusal.error().retry_after_s = kBusyRetryS;
    co_return refusal;
  }
  if (co_await runtime::is_cancelled()) {
    outcome = kStopped;
    co_return unavailable("is stopping");
  }
  const Result<ChildOutcome> child =
      co_await run_child({.program = options_.program,
                          .verb = kVerb,
                          .request = request,
                          .working_folder = job.temporary,
                          .wall_max = options_.wall_max,
                          .watch_every = kImageWatchEvery,
                          .resident_max = options_.resident_max,
                          .reply_bytes_max = options_.reply_bytes_max});
  if (!child) co_return fail(child.error());
  cpu_seconds_.record(child->cpu);
  switch (child->end) {
    case ChildEnd::kOutOfTime:
      outcome = kOutOfTime;
      co_return unavailable("took too long");
    case ChildEnd::kOutOfMemory:
      outcome = kOutOfMemory;
      co_return unavailable("took too much memory");
    case ChildEnd::kStopped:
      outcome = kStopped;
      co_return unavailable("is stopping");
    case ChildEnd::kTooLong:
      co_return unavailable("answers with too much");
    case ChildEnd::kByItself:
      break;
  }
  if (WIFSIGNALED(child->status) && WTERMSIG(child->status) == SIGXCPU) {
    outcome = kOutOfTime;
    co_return unavailable("took too much processor time");
  }
  if (child->reply.empty()) co_return unavailable(how_it_ended(child->status));
  Result<Image> image = read_reply(child->reply, job.sizes);
  if (image) {
    outcome = kDone;
  } else if (image.error().code == ErrorCode::kInvalidInput) {
    outcome = kRefused;
  }
  co_return image;
}

}  // namespace ruck::media

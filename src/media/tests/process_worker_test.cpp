// The server's side of the image worker, with programs that behave badly in its place. With
// pictures: tests/media.
#include "media/worker/process_worker.hpp"

#include "media/make.hpp"
#include "support/process.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

namespace ruck::media {
namespace {
using std::chrono::milliseconds;
using testing::HasSubstr;

class ProcessWorkerTest : public testing::Test {
 protected:
  // A program that does what the shell is told, and is passed the verb.
  std::string program(const std::string& script) {
    const std::string path = folder_.path() + "/worker" + std::to_string(++programs_);
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }
  ProcessImageWorker::Options options(const std::string& script) {
    return {.program = program(script)};
  }
  ImageJob job() {
    return {.path = folder_.path() + "/picture",
            .sizes = {{.name = "large", .pixels = 100}},
            .temporary = folder_.path()};
  }
  std::string why(const ProcessImageWorker::Options& given) {
    ProcessImageWorker worker(given, metrics_);
    const Result<Image> image = cores_.run(worker.process(job()));
    if (image) return "(an image)";
    EXPECT_EQ(image.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(image.error().message.empty()) << "nothing for people";
    return image.error().detail;
  }
  bool has_metric(const std::string& line) { return metrics_.render().contains(line + "\n"); }
  // The processes that a script noted in a file, each in a line, are gone.
  bool all_gone(const std::string& file) {
    std::ifstream in(folder_.path() + "/" + file);
    int count = 0;
    for (pid_t pid = 0; in >> pid; ++count) {
      if (!test::until([&] { return ::kill(pid, 0) != 0; })) return false;
    }
    return count > 0;
  }

  test::TemporaryFolder folder_;
  test::RunningCores cores_{2};
  telemetry::Metrics metrics_;
  int programs_ = 0;
};

TEST_F(ProcessWorkerTest, ItIsRunWithItsVerbAndTheRequest) {
  why(options("echo \"$1\" > verb; cat > request; pwd > where; env > environment"));
  EXPECT_EQ(test::read_file(folder_.path() + "/verb"), "image-worker\n");
  EXPECT_EQ(test::read_file(folder_.path() + "/request"),
            "{\"path\":\"" + folder_.path() +
                "/picture\",\"sizes\":[{\"name\":\"large\",\"pixels\":100,\"fit\":\"inside\"}]}");
  EXPECT_EQ(test::read_file(folder_.path() + "/where"), folder_.path() + "\n");
  const std::string environment = test::read_file(folder_.path() + "/environment");
  EXPECT_THAT(environment, HasSubstr("VIPS_BLOCK_UNTRUSTED=1"));
  EXPECT_THAT(environment, testing::Not(HasSubstr("HOME="))) << "ours holds secrets";
}

TEST_F(ProcessWorkerTest, NothingOfOursIsOpenInIt) {
  // Without close-on-exec, as Asio makes its sockets.
  const int open = ::open((folder_.path() + "/ours").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GT(open, 2);
  why(options("for f in /proc/$$/fd/*; do readlink $f; done > open 2>/dev/null"));
  ::close(open);
  const std::string listed = test::read_file(folder_.path() + "/open");
  EXPECT_THAT(listed, HasSubstr("/open\n")) << "its own output";
  EXPECT_THAT(listed, testing::Not(HasSubstr("/ours"))) << listed;
}

TEST_F(ProcessWorkerTest, AReplyThatIsNoneIsAFailure) {
  EXPECT_THAT(why(options("echo nonsense")), HasSubstr("no JSON"));
  EXPECT_THAT(why(options("true")), HasSubstr("ended with code 0"));
  EXPECT_THAT(why(options("exit 7")), HasSubstr("ended with code 7"));
  EXPECT_THAT(why(options("kill -SEGV $$")), HasSubstr("signal 11"));
  EXPECT_THAT(why(options("echo '{\"failed\":\"no libvips\"}'")), HasSubstr("no libvips"));
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"failed\"} 5"));
}

TEST_F(ProcessWorkerTest, ARefusalIsForThePerson) {
  ProcessImageWorker worker(options("echo '{\"refused\":\"Not a picture.\"}'"), metrics_);
  const Result<Image> image = cores_.run(worker.process(job()));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(image.error().message, "Not a picture.");
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"refused\"} 1"));
}

TEST_F(ProcessWorkerTest, AProgramThatIsNotThereIsAFailure) {
  EXPECT_THAT(why({.program = folder_.path() + "/nothing"}),
              HasSubstr("starting it: No such file"));
}

TEST_F(ProcessWorkerTest, OneThatHangsIsKilledWithAllThatItStarted) {
  auto hanging = options("echo $$ > pids; sleep 1000 & echo $! >> pids; wait");
  hanging.wall_max = milliseconds(500);
  EXPECT_THAT(why(hanging), HasSubstr("took too long"));
  EXPECT_TRUE(all_gone("pids"));
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"out_of_time\"} 1"));
}

TEST_F(ProcessWorkerTest, OneThatClosesItsOutputAndGoesOnIsKilled) {
  EXPECT_THAT(why(options("echo $$ > pids; exec >/dev/null; sleep 1000")), HasSubstr("signal 9"));
  EXPECT_TRUE(all_gone("pids"));
}

TEST_F(ProcessWorkerTest, OneThatGrowsIsKilled) {
  auto growing = options("echo $$ > pids; exec perl -e '$x = \"x\" x 100_000_000; sleep 1000'");
  growing.resident_max = std::size_t{50} << 20;
  EXPECT_THAT(why(growing), HasSubstr("too much memory"));
  EXPECT_TRUE(all_gone("pids"));
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"out_of_memory\"} 1"));
}

TEST_F(ProcessWorkerTest, OneThatSaysTooMuchIsKilled) {
  auto talking = options("echo $$ > pids; exec cat /dev/zero");
  talking.reply_bytes_max = 1'000'000;
  EXPECT_THAT(why(talking), HasSubstr("too much"));
  EXPECT_TRUE(all_gone("pids"));
}

// Each notes when it begins and when it ends.
TEST_F(ProcessWorkerTest, NoMoreThanSoManyRunAtOnce) {
  auto slow = options("echo + >> log; sleep 0.1; echo - >> log; echo '{\"failed\":\"x\"}'");
  slow.at_once = 2;
  ProcessImageWorker worker(slow, metrics_);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i) {
    threads.emplace_back(
        [this, &worker, i] { EXPECT_FALSE(cores_.run(worker.process(job()), i % 2)); });
  }
  for (std::thread& thread : threads) thread.join();
  int running = 0;
  int most = 0;
  for (const char c : test::read_file(folder_.path() + "/log")) {
    running += c == '+' ? 1 : (c == '-' ? -1 : 0);
    most = std::max(most, running);
  }
  EXPECT_EQ(most, 2);
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"failed\"} 8"));
  EXPECT_TRUE(has_metric("ruck_media_images_waiting 0"));
}

TEST_F(ProcessWorkerTest, AQueueHasItsEnd) {
  auto slow =
      options("touch began; while [ ! -e go ]; do sleep 0.02; done; echo '{\"failed\":\"x\"}'");
  slow.at_once = 1;
  slow.waiting_max = 0;
  ProcessImageWorker worker(slow, metrics_);
  std::thread first([&] { EXPECT_FALSE(cores_.run(worker.process(job()))); });
  EXPECT_TRUE(test::until([&] { return std::filesystem::exists(folder_.path() + "/began"); }));
  const Result<Image> second = cores_.run(worker.process(job()), 1);
  EXPECT_FALSE(second);
  EXPECT_THAT(second.error().detail, HasSubstr("busy"));
  EXPECT_TRUE(second.error().retry_after_s);
  std::ofstream(folder_.path() + "/go") << "";
  first.join();
}

// A stop of the server: what runs is killed, what waits does not begin.
TEST_F(ProcessWorkerTest, AStopEndsThoseThatRunAndThoseThatWait) {
  auto hanging = options("echo $$ >> pids; exec sleep 1000");
  hanging.at_once = 1;
  ProcessImageWorker worker(hanging, metrics_);
  runtime::Cores cores(1);
  cores.start();
  {
    runtime::TaskGroup group("test", [](std::string_view, const std::exception_ptr& failure) {
      std::rethrow_exception(failure);
    });
    std::atomic<int> stopped{0};
    for (int i = 0; i < 3; ++i) {
      group.spawn(cores.at(0),
                  [](ProcessImageWorker& w, ImageJob j, std::atomic<int>& n) -> task<> {
                    const Result<Image> image = co_await w.process(std::move(j));
                    if (!image && image.error().detail.contains("stopping")) ++n;
                  }(worker, job(), stopped));
    }
    EXPECT_TRUE(test::until([&] { return !test::read_file(folder_.path() + "/pids").empty(); }));
    group.cancel();
    group.join();
    EXPECT_EQ(stopped, 3);
  }
  cores.stop_and_join();
  EXPECT_TRUE(all_gone("pids"));
  EXPECT_EQ(std::ranges::count(test::read_file(folder_.path() + "/pids"), '\n'), 1);
  EXPECT_TRUE(has_metric("ruck_media_images_total{outcome=\"stopped\"} 3"));
}

}  // namespace
}  // namespace ruck::media

#include "services/media/uploads.hpp"

#include "base/bytes.hpp"
#include "base/clean_text.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "http/multipart.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>

namespace ruck::photos {
namespace {
namespace fs = std::filesystem;
constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kNameBytes = 16;
constexpr auto kFileFields = std::to_array<std::string_view>({"photos", "photos[]", "image"});

Error disk_error(int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return {.code = is_full ? ErrorCode::kStorageFull : ErrorCode::kStorageFailed,
          .detail = std::generic_category().message(error)};
}

// What of a name is a name: without folders, and readable.
std::string plain_name(std::string_view given) {
  const std::size_t slash = given.find_last_of("/\\");
  if (slash != std::string_view::npos) given.remove_prefix(slash + 1);
  const std::string clean = clean_line(mend_utf8(given));
  const std::string name(trim(first_code_points(clean, kFilenameLengthMax)));
  return name.empty() ? "photo" : name;
}

// One file that is being written; used by one thread at a time.
class Writing {
 public:
  Writing() = default;
  ~Writing() { close(); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  Result<> open(const std::string& path) {
    close();
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (descriptor_ < 0) return fail(disk_error(errno));
    hash_ = crypto::Sha256();
    return {};
  }
  Result<> write(std::string_view bytes) {
    hash_.add(bytes);
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail(disk_error(errno));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  // Some file systems say only now that there was no room.
  Result<std::string> finish() {
    const int closed = ::close(std::exchange(descriptor_, -1));
    if (closed != 0) return fail(disk_error(errno));
    return hash_.finish();
  }

 private:
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  int descriptor_ = -1;
  crypto::Sha256 hash_;
};

// What a piece of the body says of files, for the thread that writes them.
struct Step {
  std::string path;  // of a file that begins; empty: bytes of the one before
  std::string bytes;
};

// Reads the parts of a form, and remembers what is to be done.
class Form final : public http::PartSink {
 public:
  Form(std::function<std::string()> new_path, std::size_t files_max)
      : new_path_(std::move(new_path)), files_max_(files_max) {}

  Result<> begin(const http::PartHead& head) override {
    end_field();
    const bool has_name = !head.filename.empty();
    is_file_ = has_name || std::ranges::find(kFileFields, head.name) != kFileFields.end();
    if (!is_file_) {
      field_ = head.name;
      return {};
    }
    std::string name = plain_name(head.filename);
    if (received_.files.size() >= files_max_) {
      return fail(ErrorCode::kInvalidInput,
                  files_max_ == 1
                      ? fmt::format("Send one picture; \"{}\" is another one", name)
                      : fmt::format("Send at most {} photos at a time; \"{}\" is one more",
                                    files_max_, name));
    }
    received_.files.push_back(
        {.file = Temporary(new_path_()), .filename = std::move(name), .sha256 = {}});
    names_.push_back(has_name);
    steps_.push_back({.path = received_.files.back().file.path(), .bytes = {}});
    return {};
  }
  Result<> bytes(std::string_view bytes) override {
    if (!is_file_) {
      // What is beyond the bound is dropped: none of our fields is so long.
      value_ += bytes.substr(0, kFieldBytesMax - value_.size());
      return {};
    }
    ReceivedFile& file = received_.files.back();
    file.bytes += std::ssize(bytes);
    if (file.bytes > static_cast<std::int64_t>(kFileBytesMax)) {
      return fail(ErrorCode::kPayloadTooLarge,
                  fmt::format("\"{}\" is larger than {} MB", file.filename, kFileBytesMax >> 20));
    }
    steps_.push_back({.path = {}, .bytes = std::string(bytes)});
    return {};
  }

  [[nodiscard]] std::vector<Step> take_steps() { return std::exchange(steps_, {}); }
  void set_hash(std::size_t index, std::string hash) {
    received_.files.at(index).sha256 = std::move(hash);
  }
  [[nodiscard]] Received take() {
    end_field();
    // A form with an empty field for files holds a file without a name and without bytes.
    for (std::size_t i = received_.files.size(); i > 0; --i) {
      if (received_.files[i - 1].bytes > 0 || names_[i - 1]) continue;
      received_.files.erase(received_.files.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    return std::move(received_);
  }

 private:
  void end_field() {
    const std::string name = std::exchange(field_, std::string());
    std::string value = std::exchange(value_, std::string());
    if (name == "ruck_id") received_.ruck_id = trim(value);
    if (name == "keep_original")
      received_.keep_original = trim(value) == "true" || trim(value) == "1";
    if ((name == "alt_text" || name == "alt_text[]") && received_.alt_texts.size() < files_max_) {
      const std::string text = clean_line(mend_utf8(value));
      received_.alt_texts.emplace_back(first_code_points(text, kAltTextLengthMax));
    }
  }

  std::function<std::string()> new_path_;
  std::size_t files_max_;
  Received received_;
  std::vector<bool> names_;  // which of the files were named
  std::vector<Step> steps_;
  std::string field_;
  std::string value_;
  bool is_file_ = false;
};

// Does the steps; gives the hashes of files that ended in them.
Result<std::vector<std::string>> write_steps(Writing& writing, bool& is_open,
                                             const std::vector<Step>& steps) {
  std::vector<std::string> hashes;
  for (const Step& step : steps) {
    if (step.path.empty()) {
      if (const Result<> written = writing.write(step.bytes); !written)
        return fail(written.error());
      continue;
    }
    if (is_open) {
      Result<std::string> hash = writing.finish();
      if (!hash) return fail(std::move(hash).error());
      hashes.push_back(std::move(*hash));
    }
    is_open = false;
    if (const Result<> opened = writing.open(step.path); !opened) return fail(opened.error());
    is_open = true;
  }
  return hashes;
}
}  // namespace

Temporary::~Temporary() {
  if (path_.empty()) return;
  std::error_code error;  // what cannot be removed now is removed by the next start
  fs::remove_all(path_, error);
}

std::string Uploads::new_path() const { return folder_ + "/" + to_hex(random_bytes(kNameBytes)); }

Result<> Uploads::clear() const {
  std::error_code error;
  fs::remove_all(folder_, error);
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) {
    return fail(ErrorCode::kStorageFailed,
                "The folder of uploads cannot be made: " + error.message());
  }
  return {};
}

task<Result<Received>> Uploads::receive(http::BodyStream body, std::size_t files_max) const {
  Result<http::MultipartReader> reader = http::MultipartReader::of(body.content_type());
  if (!reader) co_return fail(std::move(reader).error());
  Form form([this] { return new_path(); }, files_max);
  Writing writing;
  bool is_open = false;
  std::size_t finished = 0;
  for (;;) {
    const Result<std::string> piece = co_await body.next();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    if (const Result<> fed = reader->feed(*piece, form); !fed) co_return fail(fed.error());
    const std::vector<Step> steps = form.take_steps();
    if (steps.empty()) continue;
    Result<Result<std::vector<std::string>>> hashes =
        co_await pool_.run([&] { return write_steps(writing, is_open, steps); });
    if (!hashes) co_return fail(std::move(hashes).error());
    if (!*hashes) co_return fail(std::move(*hashes).error());
    for (std::string& hash : **hashes) form.set_hash(finished++, std::move(hash));
  }
  if (const Result<> ended = reader->finish(); !ended) co_return fail(ended.error());
  if (is_open) {
    Result<Result<std::string>> hash = co_await pool_.run([&] { return writing.finish(); });
    if (!hash) co_return fail(std::move(hash).error());
    if (!*hash) co_return fail(std::move(*hash).error());
    form.set_hash(finished, std::move(**hash));
  }
  co_return form.take();
}

task<Result<Received>> Uploads::keep(std::string bytes) const {
  if (bytes.size() > kFileBytesMax) {
    co_return fail(ErrorCode::kPayloadTooLarge,
                   fmt::format("The picture is larger than {} MB", kFileBytesMax >> 20));
  }
  Received received;
  received.files.push_back({.file = Temporary(new_path()),
                            .filename = "photo",
                            .sha256 = {},
                            .bytes = std::ssize(bytes)});
  const std::string path = received.files.front().file.path();
  Result<Result<std::string>> hash = co_await pool_.run([&]() -> Result<std::string> {
    Writing writing;
    Result<> done = writing.open(path);
    if (done) done = writing.write(bytes);
    if (!done) return fail(std::move(done).error());
    return writing.finish();
  });
  if (!hash) co_return fail(std::move(hash).error());
  if (!*hash) co_return fail(std::move(*hash).error());
  received.files.front().sha256 = std::move(**hash);
  co_return Result<Received>(std::move(received));
}

task<Result<Temporary>> Uploads::make_folder() const {
  Temporary folder(new_path());
  const Result<std::error_code> made = co_await pool_.run([path = folder.path()] {
    std::error_code error;
    fs::create_directories(path, error);
    return error;
  });
  if (!made) co_return fail(made.error());
  if (*made) {
    co_return fail(Error{.code = ErrorCode::kUnavailable, .detail = made->message()});
  }
  co_return Result<Temporary>(std::move(folder));
}

task<> Uploads::remove_older(std::chrono::system_clock::time_point before) const {
  static_cast<void>(co_await pool_.run([folder = folder_, before] {
    const auto limit = fs::file_time_type::clock::from_sys(before);
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const auto written = entry.last_write_time(error);
      if (!error && written < limit) fs::remove_all(entry.path(), error);
    }
    return 0;
  }));
}

}  // namespace ruck::photos

#pragma once
// A body that came packed, unpacked while it is read: on the pool, never on a core, piece by piece,
// within a size and a ratio.
#include "http/body.hpp"
#include "http/compress.hpp"
#include "http/limits.hpp"
#include "runtime/blocking_pool.hpp"

namespace ruck::http {

class UnpackingSource final : public BodySource {
 public:
  UnpackingSource(BodySource& packed, std::size_t bytes_max, runtime::BlockingPool& pool,
                  telemetry::Counter& unpacked_bytes)
      : packed_(packed),
        inflater_({.bytes_max = bytes_max, .ratio_max = kUnpackRatioMax}),
        pool_(pool),
        unpacked_bytes_(unpacked_bytes) {}

  task<Result<std::string>> read() override;

 private:
  BodySource& packed_;
  Inflater inflater_;
  runtime::BlockingPool& pool_;
  telemetry::Counter& unpacked_bytes_;
  bool has_ended_ = false;
};

}  // namespace ruck::http

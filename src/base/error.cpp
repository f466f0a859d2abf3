#include "base/error.hpp"

#include <array>

namespace ruck {
namespace {
constexpr auto kRows = std::to_array<ErrorRow>({
#define X(code, status, id, text) {ErrorCode::code, status, id, text},
#include "base/errors.def"
#undef X
});
}  // namespace

const ErrorRow& error_row(ErrorCode code) { return kRows.at(static_cast<std::size_t>(code)); }

}  // namespace ruck

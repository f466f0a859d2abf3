#include "load/report.hpp"

namespace ruck::load {
std::string to_html(const Report& report) { return to_table(report); }
}  // namespace ruck::load

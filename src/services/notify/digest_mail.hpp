#pragma once
// The words of a weekly digest. Pure.
#include "base/time.hpp"
#include "mail/mailer.hpp"
#include "services/feed/service.hpp"
#include "services/stats/types.hpp"

#include <string>

namespace ruck::notify {

struct Digest {
  std::string to;
  std::string name;
  Day first;  // Monday of the week
  bool is_metric = false;
  stats::DayTotals week;
  stats::DayTotals before;  // the week before that
  feed::Received received;
  std::string statistics_url;
  std::string unsubscribe_url;
};
[[nodiscard]] mail::Message digest_mail(const Digest& digest);

}  // namespace ruck::notify

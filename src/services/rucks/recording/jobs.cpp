#include "services/rucks/recording/jobs.hpp"

#include "http/json/writer.hpp"
#include "jobs/job.hpp"

namespace ruck::rucks {

void enqueue_news(db::Session& q, std::string_view kind, const RuckNews& news, UtcUs now) {
  jobs::enqueue(q, {.kind = kind, .payload = json::to_text(news), .user = news.owner}, now);
}

}  // namespace ruck::rucks

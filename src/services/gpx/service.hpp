#pragma once
// GPX files that become rucks.
#include "base/clock.hpp"
#include "http/body.hpp"
#include "http/handler.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/rucks/service.hpp"

namespace ruck::gpx_import {

struct ImportQuery {
  std::optional<double> ruck_weight_kg;
  std::optional<bool> is_public;
  std::optional<people::Visibility> visibility;
  std::optional<std::string> title;
};
BOOST_DESCRIBE_STRUCT(ImportQuery, (), (ruck_weight_kg, is_public, visibility, title))

struct ImportReply {
  bool success = true;
  std::string message;
  bool was_there = false;  // the same file was imported before: this is that ruck
  rucks::RuckView ruck;
  std::vector<std::string> remarks;  // what was odd in the file and what was done about it
};
BOOST_DESCRIBE_STRUCT(ImportReply, (), (success, message, was_there, ruck, remarks))

class GpxService {
 public:
  GpxService(rucks::RuckService& rucks, runtime::BlockingPool& pool, const Clock& clock)
      : rucks_(rucks), pool_(pool), clock_(clock) {}

  using Reply = std::variant<http::Created<ImportReply>, ImportReply>;
  task<Result<Reply>> import(http::Viewer viewer, http::Query<ImportQuery> query,
                             http::BodyStream body);
  // The recording as a file that other programs read.
  task<Result<http::Response>> export_ruck(http::Viewer viewer, rucks::RuckRef ruck);

 private:
  rucks::RuckService& rucks_;
  runtime::BlockingPool& pool_;
  const Clock& clock_;
};

void add_routes(http::Router& router, GpxService& service);

}  // namespace ruck::gpx_import

template <>
struct ruck::http::RulesOf<ruck::gpx_import::ImportQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("ruck_weight_kg", "Carried load, kg")
           .between(0, ruck::rucks::kLoadKgMax)
           .also("load_kg"),
       rule("is_public", "The old form of visibility: false is private and wins"),
       rule("visibility", "Who may see it; the user's default when absent"),
       rule("title", "Name; the track's when absent").length(0, ruck::rucks::kTitleLengthMax)});
};

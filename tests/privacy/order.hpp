#pragma once
// Asks the order of a list for numbers: a ruck of one's own with a known value stands in the list
// before or after another's, and each answer halves what is not known yet.
#include "privacy/sight.hpp"

#include <string>
#include <vector>

namespace ruck::attack {

class OrderOracle {
 public:
  // A new account that follows this owner and nobody else, so that lists are short.
  OrderOracle(const test::RuckServer& server, const std::string& owner_id);

  // By how a feed is sorted; the values it found, for each of the rucks that are listed.
  struct Question {
    std::string sort;  // distance_desc …
    double low = 0;
    double high = 0;
    double exact_to = 1;
  };
  [[nodiscard]] std::map<std::int64_t, double> ask(const Question& question,
                                                   const std::vector<std::int64_t>& rucks);
  // Whether the list has it at all: of some walks there is too little to show.
  [[nodiscard]] bool is_listed(std::int64_t ruck);

 private:
  [[nodiscard]] bool is_in(const std::string& query, std::int64_t ruck);
  [[nodiscard]] bool is_below(const Question& question, std::int64_t ruck, double value);

  test::ApiClient spy_;
};

// What it tells of these rucks, into the sight.
void ask_order(const test::RuckServer& server, const std::string& owner_id, Sight& sight);

}  // namespace ruck::attack

#pragma once
// What the methods that answer requests take and give, without how they are bound to addresses
// (http/endpoint.hpp, for a routes.cpp).
#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::http {

class Router;

// A JSON body read leniently, with what was dropped.
template <class T>
struct Lenient {
  T value;
  std::vector<std::string> warnings;
};
// The query of any method.
template <class T>
struct Query {
  T value;
};
struct RawBody {
  std::string bytes;
  std::string content_type;
};
struct BodyView {
  std::string_view bytes;  // json::kPadding readable bytes stand behind them
};

// Answers 201.
template <class T>
struct Created {
  T value;
};
// Adds headers to the answer.
template <class T>
struct Reply {
  T value;
  HeaderList headers;
};

}  // namespace ruck::http

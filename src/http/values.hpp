#pragma once
// What described structs that travel are made of: everything that a service's types.hpp needs of
// this module, and no more.
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "http/json/values.hpp"
#include "http/rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruck::json {
class Writer;
}

namespace ruck::http {

// A member of an update: absent, null (clear it) or a value.
template <class T>
struct Settable {
  bool given = false;
  std::optional<T> value;
};

// A moment as a client wrote it. Without a zone it may be device-local time (contract core §3.3).
struct Timestamp {
  UtcMs time{};
  bool has_zone = true;
};
void write(json::Writer& w, const Timestamp& value);

// A file of a form, for the API document: it is read while it comes (http/body.hpp).
struct FormFile {};

// How a path segment becomes T; nothing means the address does not exist.
template <class T>
struct PathParam;

namespace detail {
template <class T>
struct IsSettable : std::false_type {};
template <class T>
struct IsSettable<Settable<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct Inner {
  using type = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};
template <class T>
struct Inner<Settable<T>> {
  using type = T;
};
}  // namespace detail

}  // namespace ruck::http

#pragma once
// A database failure. Thrown by a Session inside a unit of work and caught where the unit
// is run, which turns it into an Error; it never leaves the db module otherwise.
#include "base/error.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ruck::db {

enum class FailureKind : std::uint8_t {
  kConstraint,   // a unique, check or foreign key rule
  kConflict,     // serialization failure or deadlock: the unit may be run again
  kTimeout,      // a statement ran longer than it may
  kUnavailable,  // no connection, or it was lost
  kStorage,      // disk full, I/O error, read-only or damaged file
  kMistake,      // SQL or types are wrong: ours
};

class Failure : public std::runtime_error {
 public:
  Failure(FailureKind kind, const std::string& what, std::string statement)
      : std::runtime_error(what), kind_(kind), statement_(std::move(statement)) {}
  [[nodiscard]] FailureKind kind() const { return kind_; }
  [[nodiscard]] const std::string& statement() const { return statement_; }

 private:
  FailureKind kind_;
  std::string statement_;  // its name
};

[[nodiscard]] Error to_error(const Failure& failure);

}  // namespace ruck::db

#include "db/postgres/turns.hpp"

namespace ruck::db::postgres {

void Turns::begin(bool alone) {
  Guard lock(mutex_);
  while (has_one_alone_) changed_.wait(lock);
  if (!alone) {
    ++beside_;
    return;
  }
  has_one_alone_ = true;
  while (beside_ > 0) changed_.wait(lock);
}

void Turns::end(bool alone) {
  const Guard lock(mutex_);
  if (alone) {
    has_one_alone_ = false;
  } else {
    --beside_;
  }
  changed_.notify_all();
}

}  // namespace ruck::db::postgres

#pragma once
// Serializable units of one process: side by side, or one alone. PostgreSQL fails one of two that
// met, and a slow one among many short ones is always the one that fails; run alone it is not.
#include "base/thread_safety.hpp"

namespace ruck::db::postgres {

class Turns {
 public:
  // Held while the unit runs. `alone`: begins when those under way have ended, and keeps back those
  // that come meanwhile.
  class Turn {
   public:
    Turn(Turns& turns, bool alone) : turns_(turns), is_alone_(alone) { turns_.begin(alone); }
    ~Turn() { turns_.end(is_alone_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns& turns_;
    bool is_alone_;
  };

 private:
  void begin(bool alone);
  void end(bool alone);

  Mutex mutex_;
  Condition changed_;
  int beside_ RUCK_GUARDED_BY(mutex_) = 0;  // units that run side by side
  bool has_one_alone_ RUCK_GUARDED_BY(mutex_) = false;
};

}  // namespace ruck::db::postgres

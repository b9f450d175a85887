/// \file
/// What is timed.
#pragma once

#include <cstddef>

namespace bench {

/// Something that is done over and over.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  /// Does it `repetitions` times. The loop is the task's own, so that a virtual call is not part of the time.
  virtual void run(std::size_t repetitions) = 0;
};

/// Makes the compiler believe that somebody reads what `data` points to, and may change it.
inline void keep(const void* data) { asm volatile("" : : "g"(data) : "memory"); }

}  // namespace bench

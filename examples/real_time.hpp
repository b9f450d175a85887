/// \file
/// Threads that must not wait for others, and loops that the operating system wakes at fixed times.
#pragma once

#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace examples {

/// While it lives, this thread goes before all ordinary ones (SCHED_FIFO) and the program's memory stays in RAM, where
/// the system permits it: to root, and to users whom /etc/security/limits.conf gives an `rtprio` and a `memlock`.
class RealTime {
 public:
  RealTime() {
    const sched_param wanted{.sched_priority = 50};
    permitted_ = sched_setscheduler(0, SCHED_FIFO, &wanted) == 0;
    if (permitted_)
      std::printf("scheduled by SCHED_FIFO, priority %d\n", wanted.sched_priority);
    else
      std::printf("SCHED_FIFO is not permitted (%s): the times below have other programs' turns in them\n",
                  std::strerror(errno));
    if (mlockall(MCL_CURRENT) != 0) std::printf("memory is not locked (%s)\n", std::strerror(errno));
  }
  ~RealTime() {
    munlockall();
    const sched_param ordinary{.sched_priority = 0};
    if (permitted_) sched_setscheduler(0, SCHED_OTHER, &ordinary);
  }
  RealTime(const RealTime&) = delete;
  RealTime& operator=(const RealTime&) = delete;

 private:
  bool permitted_;
};

/// Times that are one millisecond apart.
class Milliseconds {
 public:
  Milliseconds() { clock_gettime(CLOCK_MONOTONIC, &next_); }

  /// Sleeps until the next of the times. Returns how many microseconds later it is.
  double wait() {
    next_.tv_nsec += 1'000'000;
    if (next_.tv_nsec >= 1'000'000'000) {
      next_.tv_nsec -= 1'000'000'000;
      ++next_.tv_sec;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next_, nullptr) == EINTR) {
    }
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec - next_.tv_sec) * 1e6 +
           static_cast<double>(now.tv_nsec - next_.tv_nsec) / 1e3;
  }

 private:
  timespec next_{};
};

}  // namespace examples

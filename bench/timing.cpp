#include "timing.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <limits>
#include <system_error>

namespace bench {

namespace {

// Microseconds.
constexpr double turn = 2000, warm_up = 3e5, patience = 1e5;

double time(Task& task, std::size_t repetitions) {
  const auto start = std::chrono::steady_clock::now();
  task.run(repetitions);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// How often the scheduler has given this thread's core to another.
long preemptions() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

struct Turn {
  double microseconds;
  bool disturbed;
};

// The time this thread had a core, in microseconds.
double processor_time() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

// A turn in which the core was lost for a while is taken again. When patience runs out, the time without the core is
// left out instead: long turns are interrupted more often, and must not look slower for it.
Turn take_turn(Task& task, std::size_t repetitions) {
  double quickest = std::numeric_limits<double>::infinity();
  double spent = 0;
  do {
    const long preemptions_before = preemptions();
    const double processor_time_before = processor_time();
    const double elapsed = time(task, repetitions);
    if (preemptions() == preemptions_before) return {elapsed, false};
    quickest = std::min(quickest, processor_time() - processor_time_before);
    spent += elapsed;
  } while (spent < patience);
  return {quickest, true};
}

// Warms the task up and returns how many repetitions fill a turn.
std::size_t repetitions_per_turn(Task& task) {
  std::size_t repetitions = 1;
  double spent = 0;
  for (;;) {
    const double elapsed = time(task, repetitions);
    spent += elapsed;
    if (elapsed < turn)
      repetitions *= 2;
    else if (spent > warm_up)
      return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(repetitions) * turn / elapsed) + 1);
  }
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int pin_to_one_core() {
  const int core = sched_getcpu();
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (core < 0 || sched_setaffinity(0, sizeof cores, &cores) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot bind to one core");
  return core;
}

Timing time_interleaved(std::span<Task* const> tasks, std::size_t rounds) {
  std::vector<std::size_t> repetitions;
  for (Task* task : tasks) repetitions.push_back(repetitions_per_turn(*task));

  std::vector<std::vector<double>> times(tasks.size());
  std::size_t disturbed = 0;
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const std::size_t t = (round + i) % tasks.size();
      const Turn taken = take_turn(*tasks[t], repetitions[t]);
      times[t].push_back(taken.microseconds / static_cast<double>(repetitions[t]));
      disturbed += taken.disturbed;
    }

  Timing timing{{}, static_cast<double>(disturbed) / static_cast<double>(rounds * tasks.size())};
  for (auto& of_task : times) timing.microseconds.push_back(median(of_task));
  return timing;
}

}  // namespace bench

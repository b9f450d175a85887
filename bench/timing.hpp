/// \file
/// How long tasks take, side by side.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "task.hpp"

namespace bench {

/// Binds the calling thread, and with it the threads it will start, to the core it runs on. Returns that core.
int pin_to_one_core();

struct Timing {
  std::vector<double> microseconds;  ///< per repetition, one number per task: medians over the rounds
  double disturbed;                  ///< the share of turns in which other programs took the core
};

/// In a round each task has its turn of a few milliseconds, and each round begins with the next task, so that whatever
/// disturbs the machine disturbs all alike.
Timing time_interleaved(std::span<Task* const> tasks, std::size_t rounds = 25);

}  // namespace bench

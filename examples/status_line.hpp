/// \file
/// The line that says how far a training is.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace examples {

/// Counts steps and shows what is known after one, with the time left: on a terminal in a line that is redrawn in
/// place, elsewhere in as many lines as are asked for.
class StatusLine {
 public:
  StatusLine(std::size_t steps, std::size_t lines) : steps_(steps), lines_(lines) {}

  /// Counts a step. Returns whether it is time to `draw`.
  bool step() {
    ++done_;
    line_ends_ = done_ * lines_ / steps_ > (done_ - 1) * lines_ / steps_;
    return line_ends_ || (terminal_ && Clock::now() - drawn_ > std::chrono::milliseconds(100));
  }

  void draw(const std::string& text) {
    drawn_ = Clock::now();
    std::printf("%s%s  %3.0f s left%s%s", terminal_ ? "\r" : "", text.c_str(), seconds() * (1 / done() - 1),
                terminal_ ? "\033[K" : "",  // clears what a longer line has left
                line_ends_ ? "\n" : "");
    std::fflush(stdout);
  }

  /// The number of steps that are done, and their part of all, from 0 to 1.
  std::size_t count() const { return done_; }
  double done() const { return static_cast<double>(done_) / static_cast<double>(steps_); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;

  std::size_t steps_, lines_, done_ = 0;
  bool terminal_ = isatty(STDOUT_FILENO) != 0, line_ends_ = false;
  Clock::time_point begin_ = Clock::now(), drawn_{};
};

}  // namespace examples

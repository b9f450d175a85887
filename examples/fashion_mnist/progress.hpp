/// \file
/// The line that says how far the training is.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>

namespace fashion_mnist {

/// Shows the loss and the accuracy over the epoch so far, and the time left: on a terminal a line that is redrawn in
/// place, elsewhere one line per epoch.
class Progress {
 public:
  Progress(std::size_t epochs, std::size_t steps) : epochs_(epochs), steps_(steps) {}

  /// After each training step: its mean loss, and how many of its `count` images were classified correctly.
  void step(double loss, std::size_t correct, std::size_t count) {
    ++done_;
    loss_ += loss;
    correct_ += correct;
    count_ += count;
    const bool epoch_ends = done_ % steps_ == 0;
    const auto now = Clock::now();
    if (epoch_ends || (terminal_ && now - drawn_ > std::chrono::milliseconds(100))) {
      drawn_ = now;
      draw(epoch_ends);
    }
    if (epoch_ends) loss_ = 0, correct_ = count_ = 0;
  }

  /// The part of the training that is done, from 0 to 1.
  double done() const { return static_cast<double>(done_) / static_cast<double>(epochs_ * steps_); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;

  void draw(bool epoch_ends) const {
    const std::size_t epoch = (done_ - 1) / steps_, step = done_ - epoch * steps_;
    const double left = seconds() * (1 / done() - 1);
    std::printf("%sepoch %zu/%zu  step %*zu/%zu  loss %.4f  accuracy %5.2f %%  %3.0f s left%s", terminal_ ? "\r" : "",
                epoch + 1, epochs_, digits(steps_), step, steps_, loss_ / static_cast<double>(step),
                100 * static_cast<double>(correct_) / static_cast<double>(count_), left,
                terminal_ ? "\033[K" : "");  // clears what a longer line has left
    if (epoch_ends) std::putchar('\n');
    std::fflush(stdout);
  }

  static int digits(std::size_t number) { return std::snprintf(nullptr, 0, "%zu", number); }

  std::size_t epochs_, steps_;
  bool terminal_ = isatty(STDOUT_FILENO) != 0;
  Clock::time_point begin_ = Clock::now(), drawn_{};
  std::size_t done_ = 0, correct_ = 0, count_ = 0;
  double loss_ = 0;
};

}  // namespace fashion_mnist

/// \file
/// What is shown of the training.
#pragma once

#include <cstddef>
#include <cstdio>

#include "../status_line.hpp"

namespace fashion_mnist {

/// Shows the loss and the accuracy over the epoch so far: where no terminal is, one line per epoch.
class Progress {
 public:
  Progress(std::size_t epochs, std::size_t steps) : epochs_(epochs), steps_(steps), line_(epochs * steps, epochs) {}

  /// After each training step: its mean loss, and how many of its `count` images were classified correctly.
  void step(double loss, std::size_t correct, std::size_t count) {
    loss_ += loss;
    correct_ += correct;
    count_ += count;
    if (line_.step()) draw();
    if (line_.count() % steps_ == 0) loss_ = 0, correct_ = count_ = 0;
  }

  /// The part of the training that is done, from 0 to 1.
  double done() const { return line_.done(); }
  double seconds() const { return line_.seconds(); }

 private:
  void draw() {
    const std::size_t epoch = (line_.count() - 1) / steps_, step = line_.count() - epoch * steps_;
    char text[160];
    std::snprintf(text, sizeof text, "epoch %zu/%zu  step %*zu/%zu  loss %.4f  accuracy %5.2f %%", epoch + 1, epochs_,
                  std::snprintf(nullptr, 0, "%zu", steps_), step, steps_, loss_ / static_cast<double>(step),
                  100 * static_cast<double>(correct_) / static_cast<double>(count_));
    line_.draw(text);
  }

  std::size_t epochs_, steps_;
  examples::StatusLine line_;
  std::size_t correct_ = 0, count_ = 0;
  double loss_ = 0;
};

}  // namespace fashion_mnist

/// \file
/// What the classification of a test set was like.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "dataset.hpp"

namespace fashion_mnist {

/// How often images of each class were taken for each class.
class Confusion {
 public:
  void add(std::size_t label, std::size_t predicted) { ++counts_[label][predicted]; }

  double accuracy() const {
    std::size_t correct = 0, all = 0;
    for (std::size_t c = 0; c < counts_.size(); ++c) correct += counts_[c][c], all += images(c);
    return ratio(correct, all);
  }
  /// Of the images taken for class `c`, the part that belongs to it; NaN where there are none.
  double precision(std::size_t c) const {
    std::size_t taken = 0;
    for (const auto& row : counts_) taken += row[c];
    return ratio(counts_[c][c], taken);
  }
  /// Of the images of class `c`, the part that was recognised; NaN where there are none.
  double recall(std::size_t c) const { return ratio(counts_[c][c], images(c)); }
  std::size_t images(std::size_t c) const {
    std::size_t count = 0;
    for (std::size_t predicted : counts_[c]) count += predicted;
    return count;
  }

  void print() const {
    std::printf("%-10s %7s %10s %8s\n", "class", "images", "precision", "recall");
    for (std::size_t c = 0; c < counts_.size(); ++c)
      std::printf("%-10s %7zu %8.1f %% %6.1f %%\n", class_names[c], images(c), 100 * precision(c), 100 * recall(c));
  }

 private:
  static double ratio(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }

  std::array<std::array<std::size_t, class_count>, class_count> counts_{};  // [label][predicted]
};

}  // namespace fashion_mnist
